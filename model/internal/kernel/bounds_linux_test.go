package kernel

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// atEnd returns a copy of x whose last byte is the last of a page, before one that cannot be read.
func atEnd[T any](t *testing.T, x []T) []T {
	t.Helper()
	var zero T
	size, page := len(x)*int(unsafe.Sizeof(zero)), os.Getpagesize()
	whole := (size + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, whole+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(memory) })
	if err := syscall.Mprotect(memory[whole:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	y := unsafe.Slice((*T)(unsafe.Pointer(&memory[whole-size])), len(x))
	copy(y, x)
	return y
}

// TestBounds: no kernel with a tail reads or writes behind the end of what it is given. There is
// a page that cannot be read, so one that does ends the program.
func TestBounds(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(77, 78))
		random := func(n int) []float32 { return atEnd(t, numbers(rng, n)) }
		for k := 1; k <= 9; k++ {
			for rows := 1; rows <= 13; rows++ {
				m := Pack(numbers(rng, k*16), k, 16, k)
				m.panels = atEnd(t, m.panels)
				s.Mul(m, random(rows*16), 16, Rows{random(rows * k), rows, k, 1, 0}, random(16), 0)
			}
		}
		for pixels := 1; pixels <= 37; pixels++ {
			for _, channels := range []int{1, 2, 3, 5, 16} {
				pitch := (pixels + 2) * channels
				m := Pack(numbers(rng, 9*channels*16), 9*channels, 16, 9*channels)
				m.panels = atEnd(t, m.panels)
				s.ConvolveImage(m, random(pixels*16), 16, Plane{random(3 * pitch), pitch}, channels, pixels, random(16), 0)
			}
			for _, out := range []int{1, 3} {
				n := NewNarrow(numbers(rng, 9*16*out), numbers(rng, out), 16)
				for i, w := range n.weights {
					n.weights[i] = atEnd(t, w)
				}
				pitch := (pixels + 2) * 16
				s.RunNarrow(n, random(pixels*out), Plane{random(3 * pitch), pitch}, pixels, 0)
			}
		}
		for d := 1; d <= 37; d++ {
			const rows = TileRows
			x, mean, scales := random(rows*d), random(d), random(rows)
			s.Norms(random(rows), x, mean)
			q := atEnd(t, make([]int16, rows*2*Pairs(d)))
			s.Quantize(q, x, mean, scales)
			centers := make([]Center, 17)
			for i := range centers {
				centers[i].Coordinates = make([]int16, d)
			}
			c := PackCenters(centers, d)
			c.blocks = atEnd(t, c.blocks)
			states := atEnd(t, make([]Lanes, rows))
			for i := range states {
				states[i].Reset()
			}
			s.Nearest(c, states, q, random(rows))
			numbers := atEnd(t, make([]int32, rows))
			s.Merge(random(rows), random(rows), numbers, states)
			s.Squares(atEnd(t, make([]float64, rows)), x, d, atEnd(t, make([]float64, 17*d)), d, numbers)
			s.Accumulate(atEnd(t, make([]int64, d)), random(d), 1)
			s.Scale(random(d), atEnd(t, make([]byte, d)))
		}
	})
}
