package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// transposedProduct is AddTransposed by its definition.
func transposedProduct(c []float32, ldc, rows, cols int, a, b Columns, segs, k int) {
	for i := range rows {
		for j := range cols {
			var s float32
			for t := range segs {
				for p := range k {
					s = exactFMA(a.Data[t*a.Stride+p*a.Lead+i], b.Data[t*b.Stride+p*b.Lead+j], s)
				}
			}
			c[i*ldc+j] += s
		}
	}
}

// TestAddTransposed compares every number of rows around the tiles' with the
// definition, and checks that nothing else is written.
func TestAddTransposed(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(11, 12))
		for rows := range 30 {
			for _, cols := range []int{16, 32, 48, 80} {
				segs, k := 1+rng.IntN(3), 1+rng.IntN(6)
				a := Columns{Lead: 1 + rng.IntN(rows+1), Stride: rng.IntN(9)}
				b := Columns{Lead: cols + rng.IntN(3), Stride: rng.IntN(9)}
				a.Data = numbers(rng, segs*a.Stride+k*a.Lead+rows)
				b.Data = numbers(rng, segs*b.Stride+k*b.Lead+cols)
				ldc := cols + rng.IntN(5)
				got := filled((rows + 1) * ldc)
				want := filled((rows + 1) * ldc)
				for i := range rows {
					row := numbers(rng, cols)
					copy(got[i*ldc:], row)
					copy(want[i*ldc:], row)
				}
				s.AddTransposed(got, ldc, rows, cols, a, b, segs, k)
				transposedProduct(want, ldc, rows, cols, a, b, segs, k)
				sameBits(t, fmt.Sprintf("%d rows, %d columns, %d pieces of %d", rows, cols, segs, k), got, want)
			}
		}
	})
}

// TestGradientTransforms compares the transforms with those in Go, bit for bit.
func TestGradientTransforms(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, channels := range []int{16, 32, 80} {
			for tiles := 1; tiles < 5; tiles++ {
				pitch, plane := 4*tiles*channels+rng.IntN(3), tiles*channels+rng.IntN(20)
				src := numbers(rng, 4*pitch)
				got, want := filled(36*plane+64), filled(36*plane+64)
				s.gradient(&got[0], plane, &src[0], pitch, channels, tiles)
				generic.gradient(&want[0], plane, &src[0], pitch, channels, tiles)
				what := fmt.Sprintf("%d tiles of %d channels", tiles, channels)
				sameBits(t, what, got, want)

				m, mask := numbers(rng, 36*plane), numbers(rng, 4*pitch)
				got, want = filled(5*pitch), filled(5*pitch)
				s.masked(&got[0], pitch, &m[0], plane, &mask[0], channels, tiles)
				maskedGeneric(&want[0], pitch, &m[0], plane, &mask[0], channels, tiles)
				for y := range 4 { // between the rows nothing is written
					copy(want[y*pitch+4*tiles*channels:(y+1)*pitch], filled(pitch))
				}
				sameBits(t, "masked: "+what, got, want)
			}
		}
	})
}

// TestElements compares Adam, Mask and Energy with those in Go, bit for bit, at every
// length around the vectors'.
func TestElements(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(15, 16))
		step := AdamStep{Scale: 0.7, C1: 0.1, C2: 0.001, Rate: 3e-4, Epsilon: 1e-7}
		for n := range 70 {
			var got, want [4][]float32
			for i := range got {
				got[i] = append(numbers(rng, n), guard)
				if i == 2 { // second moments
					for j, v := range got[i] {
						got[i][j] = v * v
					}
				}
				want[i] = append([]float32{}, got[i]...)
			}
			s.Adam(got[0][:n], got[1][:n], got[2][:n], got[3][:n], step)
			generic.Adam(want[0][:n], want[1][:n], want[2][:n], want[3][:n], step)
			for i := range got {
				sameBits(t, fmt.Sprintf("adam: array %d of %d", i, n), got[i], want[i])
			}
			s.Mask(got[0][:n], got[3][:n])
			generic.Mask(want[0][:n], want[3][:n])
			sameBits(t, fmt.Sprintf("mask of %d", n), got[0], want[0])
			if got, want := s.Energy(got[3][:n]), generic.Energy(got[3][:n]); got != want {
				t.Errorf("energy of %d: %v, want %v", n, got, want)
			}
		}
	})
}

// TestMaskSpecial: NaN and zeros of both signs let no gradient pass, the smallest number
// and infinity do; and the gradient may be anything.
func TestMaskSpecial(t *testing.T) {
	inf, nan, negative := float32(math.Inf(1)), float32(math.NaN()), float32(math.Copysign(0, -1))
	special := []float32{nan, inf, -inf, 0, negative, 1e-45, -1e-45, 1, -1}
	const n = 96 // whole blocks of more than all pairs
	y, g, want := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range y {
		y[i], g[i] = special[i%len(special)], special[i/len(special)%len(special)]
		if y[i] > 0 {
			want[i] = g[i]
		}
	}
	each(t, func(t *testing.T, s *Set) {
		got := append([]float32{}, g...)
		s.Mask(got, y)
		sameBits(t, "mask", got, want)
		quarters, sums := make([]float32, n), make([]float32, n)
		for i, v := range want {
			quarters[i] = v / 4
		}
		a, b := filled(2*n), filled(2*n)
		wide := append(append([]float32{}, y...), y...)
		s.Unpool(a, b, g, wide, wide, n, 1)
		for _, row := range [][]float32{a, b} {
			sameBits(t, "unpool, left", row[:n], quarters)
			sameBits(t, "unpool, right", row[n:], quarters)
		}
		// Products of which all but the first are zero: so much is pixel (0, 0), but -0.
		m, dst, mask := make([]float32, 36*n), make([]float32, 16*n), make([]float32, 16*n)
		copy(m, g)
		copy(mask, y)
		s.masked(&dst[0], 4*n, &m[0], n, &mask[0], n, 1)
		for i, v := range want {
			sums[i] = v + 0
		}
		sameBits(t, "masked", dst[:n], sums)
	})
}

// TestUnpool compares the gradient of pooling with that in Go, bit for bit.
func TestUnpool(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(21, 22))
		for _, channels := range []int{16, 48} {
			for pixels := 1; pixels < 4; pixels++ {
				n := pixels * channels
				a, b, small := numbers(rng, 2*n), numbers(rng, 2*n), numbers(rng, n)
				gotA, gotB, wantA, wantB := filled(2*n+1), filled(2*n+1), filled(2*n+1), filled(2*n+1)
				s.Unpool(gotA, gotB, small, a, b, channels, pixels)
				generic.Unpool(wantA, wantB, small, a, b, channels, pixels)
				sameBits(t, "gradient, upper row", gotA, wantA)
				sameBits(t, "gradient, lower row", gotB, wantB)
			}
		}
	})
}

// TestAdam compares with the definition in float64.
func TestAdam(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		const n = 33
		rng := rand.New(rand.NewPCG(17, 18))
		w, m, v, g := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
		var fw, fm, fv [n]float64
		for i := range w {
			w[i] = float32(rng.NormFloat64())
			fw[i] = float64(w[i])
		}
		for step := 1; step <= 20; step++ {
			t1, t2 := 1-math.Pow(0.9, float64(step)), 1-math.Pow(0.999, float64(step))
			rate := 0.01 * math.Sqrt(t2) / t1
			for i := range g {
				g[i] = float32(rng.NormFloat64())
				x := float64(g[i]) * 0.5
				fm[i] = 0.9*fm[i] + 0.1*x
				fv[i] = 0.999*fv[i] + 0.001*x*x
				fw[i] -= rate * fm[i] / (math.Sqrt(fv[i]) + 1e-7)
			}
			s.Adam(w, m, v, g, AdamStep{0.5, 1 - 0.9, 1 - 0.999, float32(rate), 1e-7})
		}
		for i := range w { // 20 steps of at most 0.01, each off by some 1e-6 of itself
			if !(math.Abs(float64(w[i])-fw[i]) <= 1e-6) {
				t.Errorf("weight %d is %v, want %v", i, w[i], fw[i])
			}
		}
	})
}

// TestWinogradGradients compares the gradients of the kernel, of the bias and of
// the input with their definitions in float64.
func TestWinogradGradients(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(19, 20))
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			return x
		}
		for _, c := range []struct{ cin, cout, rows, cols int }{{16, 16, 1, 1}, {16, 32, 3, 5}, {20, 7, 2, 1}, {128, 48, 4, 4}} {
			kernel := random(9 * c.cin * c.cout)
			w, back := NewEmptyWinograd(c.cin, c.cout), NewEmptyWinograd(c.cout, c.cin)
			w.Set(kernel, random(c.cout), c.cin, 0, c.cin)
			back.Rotate(kernel, c.cin, c.cout, 0, c.cout)
			h, width := 4*c.rows, 4*c.cols
			pixels := (h + 2) * (width + 2)
			src := Plane{make([]float32, pixels*w.In()), (width + 2) * w.In()}
			grad := Plane{make([]float32, pixels*w.Out()), (width + 2) * w.Out()}
			for y := 1; y <= h; y++ {
				for x := 1; x <= width; x++ {
					copy(src.Data[y*src.Pitch+x*w.In():], random(c.cin))
					copy(grad.Data[y*grad.Pitch+x*w.Out():], random(c.cout))
				}
			}
			scratch := make([]float32, max(w.GradientScratch(2, c.rows*c.cols), back.Scratch(c.rows, c.cols)))

			sums, got := make([]float32, w.GradientSize()), make([]float32, len(kernel))
			nothing := Plane{make([]float32, len(src.Data)), src.Pitch}
			results := Plane{grad.Data[grad.Pitch+w.Out():], grad.Pitch}
			s.AddGradient(w, sums, []Plane{src, nothing}, []Plane{results, results}, c.rows, c.cols, scratch)
			for o := range w.Out() { // counted twice
				sums[36*w.In()*w.Out()+o] /= 2
			}
			w.Gradient(got, sums, c.cin, c.cout, 0, c.cin)
			want, bias := make([]float64, len(kernel)), make([]float64, c.cout)
			dx, wantDX := make([]float32, h*width*w.In()), make([]float64, h*width*w.In())
			s.Run(back, Plane{dx, width * w.In()}, grad, c.rows, c.cols, false, Unbounded, scratch)
			for y := range h {
				for x := range width {
					for o := range c.cout {
						dy := float64(grad.Data[(y+1)*grad.Pitch+(x+1)*w.Out()+o])
						bias[o] += dy
						for tap := range 9 {
							sy, sx := y+tap/3, x+tap%3
							for i := range c.cin {
								n := (tap*c.cin+i)*c.cout + o
								want[n] += dy * float64(src.Data[sy*src.Pitch+sx*w.In()+i])
								if sy > 0 && sy <= h && sx > 0 && sx <= width {
									wantDX[((sy-1)*width+sx-1)*w.In()+i] += dy * float64(kernel[n])
								}
							}
						}
					}
				}
			}
			near := func(what string, got []float32, want []float64) {
				t.Helper()
				var worst, largest float64
				for i, v := range want {
					worst = max(worst, math.Abs(float64(got[i])-v))
					largest = max(largest, math.Abs(v))
				}
				if !(worst <= 2e-5*largest) {
					t.Errorf("%v: %s: error %.3g of the largest", c, what, worst/largest)
				}
				t.Logf("%v: %s: error %.3g of the largest", c, what, worst/largest)
			}
			near("kernel", got, want)
			near("bias", sums[36*w.In()*w.Out():], bias)
			near("input", dx, wantDX)
		}
	})
}
