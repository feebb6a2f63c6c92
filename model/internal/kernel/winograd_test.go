package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// forms are Winograd's, as a kernel of zeros makes them.
func forms(cin, cout int) map[string]*Winograd {
	kernel, bias := make([]float32, 9*cin*cout), make([]float32, cout)
	return map[string]*Winograd{
		"F(4x4,3x3)": NewWinograd(kernel, bias, cin, 4),
		"F(2x2,3x3)": NewWinograd(kernel, bias, cin, 2),
		"transposed": NewTransposed(kernel, bias, cin),
	}
}

// TestTransforms compares the transforms with those in Go, bit for bit, and
// checks that nothing else is written.
func TestTransforms(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(5, 6))
		for _, channels := range []int{16, 32, 80} {
			for name, w := range forms(channels, channels) {
				for tiles := 1; tiles < 5; tiles++ {
					testTransforms(t, fmt.Sprintf("%s, %d tiles of %d channels", name, tiles, channels), rng, s, w, tiles)
				}
			}
		}
	})
}

func testTransforms(t *testing.T, what string, rng *rand.Rand, s *Set, w *Winograd, tiles int) {
	of, want := w.of(s), w.of(generic)
	channels, points := w.in, len(w.kernel)
	pitch, plane := (w.step*tiles+w.side)*channels+rng.IntN(3), w.slots*tiles*channels+rng.IntN(20)
	src, m, bias := numbers(rng, w.side*pitch), numbers(rng, points*plane), numbers(rng, channels)
	lo := []float32{0, Unbounded}[tiles%2]
	compare := func(what string, n int, run func(dst *float32, f transforms)) {
		t.Helper()
		a, b := filled(n), filled(n)
		run(&a[0], of)
		run(&b[0], want)
		sameBits(t, what, a, b)
	}
	compare("input: "+what, points*plane+64, func(v *float32, f transforms) { f.input(v, plane, &src[0], pitch, channels, tiles) })
	pitch = w.result*(tiles+1)*channels + rng.IntN(3)
	compare("output: "+what, (w.result+1)*pitch, func(dst *float32, f transforms) {
		f.output(dst, pitch, &m[0], plane, &bias[0], channels, tiles, lo)
	})
	if of.pool != nil {
		compare("pool: "+what, (w.result+1)*pitch, func(dst *float32, f transforms) {
			f.pool(dst, pitch, &m[0], plane, &bias[0], channels, tiles, lo)
		})
	}
}

// TestTransformsSpecial: what is not finite fills its tile, and stays in those
// that hold it.
func TestTransformsSpecial(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	each(t, func(t *testing.T, s *Set) {
		for name, w := range forms(16, 16) {
			for _, special := range []float32{inf, -inf, nan} {
				c := newWinogradCase(rand.New(rand.NewPCG(17, 18)), w, 1, 3)
				at := w.step + w.side/2 // the middle of tile 1
				c.src.Data[w.side/2*c.src.Pitch+at*16+5] = special
				dst := c.run(s, w, false, 0)
				for y := range w.result {
					for x := range 3 * w.result {
						for o := range 16 {
							v := float64(dst.Data[y*dst.Pitch+x*16+o])
							tile := x / w.result
							if holds := at >= w.step*tile && at < w.step*tile+w.side; !holds && (math.IsNaN(v) || math.IsInf(v, 0)) {
								t.Fatalf("%s: %v reached tile %d", name, special, tile)
							} else if tile == 1 && v == v {
								t.Fatalf("%s: %v times zero is %v at (%d, %d)", name, special, v, y, x)
							}
						}
					}
				}
			}
		}
	})
}

// winogradCase is input for a plane of tiles.
type winogradCase struct {
	rows, cols int
	src        Plane
}

// newWinogradCase returns random pixels around one half.
func newWinogradCase(rng *rand.Rand, w *Winograd, rows, cols int) winogradCase {
	pitch := (w.step*cols + w.side - w.step) * w.in
	c := winogradCase{rows, cols, Plane{make([]float32, (w.step*rows+w.side-w.step)*pitch), pitch}}
	for i := range c.src.Data {
		c.src.Data[i] = rng.Float32()
	}
	return c
}

func (c winogradCase) run(s *Set, w *Winograd, pool bool, lo float32) Plane {
	pitch := w.result * c.cols * w.out
	dst := Plane{make([]float32, w.result*c.rows*pitch), pitch}
	s.Run(w, dst, c.src, c.rows, c.cols, pool, lo, make([]float32, w.Scratch(c.rows, c.cols)))
	return dst
}

// TestWinograd compares convolutions of all forms with their definition in
// float64: the error is at most 1e-5 of the largest result.
func TestWinograd(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, c := range []struct{ cin, cout, rows, cols int }{{16, 16, 1, 1}, {16, 32, 3, 5}, {20, 7, 2, 1}, {128, 48, 4, 4}} {
			kernel, bias := make([]float32, 9*c.cin*c.cout), make([]float32, c.cout)
			for i := range kernel {
				kernel[i] = float32(rng.NormFloat64())
			}
			for i := range bias {
				bias[i] = float32(rng.NormFloat64())
			}
			for _, tile := range []int{4, 2} {
				w := NewWinograd(kernel, bias, c.cin, tile)
				in := newWinogradCase(rng, w, c.rows, c.cols)
				checkError(t, fmt.Sprintf("F(%dx%d,3x3) of %v", tile, tile, c), in.run(s, w, false, Unbounded), w, c.rows, c.cols, bias,
					func(y, x, o int) (v float64) {
						for k := range 9 {
							for i := range c.cin {
								v += float64(in.src.Data[(y+k/3)*in.src.Pitch+(x+k%3)*w.in+i]) * float64(kernel[(k*c.cin+i)*c.cout+o])
							}
						}
						return v
					})
			}
			w := NewTransposed(kernel, bias, c.cin)
			in := newWinogradCase(rng, w, c.rows, c.cols)
			checkError(t, fmt.Sprintf("transposed convolution of %v", c), in.run(s, w, false, Unbounded), w, c.rows, c.cols, bias,
				func(y, x, o int) (v float64) {
					for k := range 9 { // pixel (y, x) of the source is one row and column on
						sy, sx := y-k/3, x-k%3
						if sy%2 != 0 || sx%2 != 0 {
							continue
						}
						for i := range c.cin {
							v += float64(in.src.Data[(sy/2+1)*in.src.Pitch+(sx/2+1)*w.in+i]) * float64(kernel[(k*c.cout+o)*c.cin+i])
						}
					}
					return v
				})
		}
	})
}

// checkError compares a plane of tiles with sums, to which the bias is added.
func checkError(t *testing.T, what string, got Plane, w *Winograd, rows, cols int, bias []float32, sum func(y, x, o int) float64) {
	t.Helper()
	var worst, largest float64
	for y := range w.result * rows {
		for x := range w.result * cols {
			for o, b := range bias {
				want := sum(y, x, o) + float64(b)
				worst = max(worst, math.Abs(float64(got.Data[y*got.Pitch+x*w.out+o])-want))
				largest = max(largest, math.Abs(want))
			}
		}
	}
	if !(worst <= 1e-5*largest) {
		t.Errorf("%s: error %.3g of the largest result", what, worst/largest)
	}
	t.Logf("%s: error %.3g of the largest result", what, worst/largest)
}
