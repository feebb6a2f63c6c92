package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// narrowCase is a convolution to few channels of random numbers.
type narrowCase struct {
	cin, cout, pixels int
	kernel, bias      []float32
	src               Plane
}

func newNarrowCase(rng *rand.Rand, cin, cout, pixels int) narrowCase {
	pitch := (pixels+2)*Up16(cin) + rng.IntN(40)
	return narrowCase{cin, cout, pixels, numbers(rng, 9*cin*cout), numbers(rng, cout), Plane{numbers(rng, 3*pitch), pitch}}
}

func (c narrowCase) run(s *Set, lo float32) []float32 {
	dst := filled(c.pixels*c.cout + 20)
	s.RunNarrow(NewNarrow(c.kernel, c.bias, c.cin), dst[:c.pixels*c.cout], c.src, c.pixels, lo)
	return dst
}

// TestNarrow compares rows of every length around the groups' with the generic
// code, bit for bit, and with the definition in float64; nothing past the row
// is written.
func TestNarrow(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, cin := range []int{1, 16, 40} {
			for pixels := 1; pixels < 50; pixels++ {
				c := newNarrowCase(rng, cin, 1+rng.IntN(16), pixels)
				lo := []float32{0, Unbounded}[rng.IntN(2)]
				got := c.run(s, lo)
				what := fmt.Sprintf("%d pixels, %d channels to %d", pixels, cin, c.cout)
				sameBits(t, what, got, c.run(generic, lo))
				for i, v := range got[pixels*c.cout:] {
					if v != guard {
						t.Fatalf("%s: number %d past the row is overwritten", what, i)
					}
				}
				for x := range pixels {
					for o := range c.cout {
						want, size := c.definition(x, o)
						if v := float64(got[x*c.cout+o]); !(math.Abs(v-max(want, float64(lo))) <= 9*float64(cin)*(size/(1<<24)+math.SmallestNonzeroFloat32)) {
							t.Fatalf("%s: number (%d, %d) is %v, want %v", what, x, o, v, want)
						}
					}
				}
			}
		}
	})
}

// definition returns a result, without bound, and the sum of its absolute terms.
func (c narrowCase) definition(x, o int) (v, size float64) {
	v = float64(c.bias[o])
	for k := range 9 {
		for i := range c.cin {
			p := float64(c.src.Data[k/3*c.src.Pitch+(x+k%3)*Up16(c.cin)+i]) * float64(c.kernel[(k*c.cin+i)*c.cout+o])
			v, size = v+p, size+math.Abs(p)
		}
	}
	return v, size + math.Abs(float64(c.bias[o]))
}

// TestNarrowLong does a row of more than one call.
func TestNarrowLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	c := newNarrowCase(rng, 256, 1, 16*callTerms/(9*256)+21)
	want := c.run(generic, 0)
	each(t, func(t *testing.T, s *Set) { sameBits(t, "a long row", c.run(s, 0), want) })
}

// TestNarrowSpecial: NaN and infinities reach the pixels around, and only those.
func TestNarrowSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	each(t, func(t *testing.T, s *Set) {
		for _, v := range []float32{inf, -inf, nan} {
			c := newNarrowCase(rand.New(rand.NewPCG(13, 14)), 16, 1, 37)
			for i := range c.kernel {
				c.kernel[i] = 1
			}
			c.src.Data[c.src.Pitch+20*16+3] = v
			for x, got := range c.run(s, Unbounded)[:c.pixels] {
				finite := !math.IsNaN(float64(got)) && !math.IsInf(float64(got), 0)
				if near := x >= 18 && x <= 20; near == finite || near && v == v && got != v {
					t.Errorf("pixel %d is %v where pixel 20 of the source holds %v", x, got, v)
				}
			}
		}
	})
}

func BenchmarkNarrow(b *testing.B) {
	for _, s := range All() {
		b.Run(s.Name(), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(15, 16))
			c := newNarrowCase(rng, 16, 1, 256)
			for _, x := range [][]float32{c.kernel, c.src.Data} { // subnormal numbers are slow
				for i := range x {
					x[i] = rng.Float32()
				}
			}
			n, dst := NewNarrow(c.kernel, c.bias, c.cin), make([]float32, c.pixels)
			for b.Loop() {
				s.RunNarrow(n, dst, c.src, c.pixels, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*c.pixels), "ns/pixel")
		})
	}
}
