package sample

import "math"

// field is a grid of h rows and w columns of float64, row by row.
type field struct {
	w, h int
	v    []float64
}

func newField(w, h int) *field { return &field{w: w, h: h, v: make([]float64, w*h)} }

// at returns the value at column x, row y, and 0 outside the grid.
func (f *field) at(x, y int) float64 {
	if x < 0 || y < 0 || x >= f.w || y >= f.h {
		return 0
	}
	return f.v[y*f.w+x]
}

// blur smooths the field with a Gaussian of the given sigma in pixels, or rather
// with three box filters whose outermost pixels count in part, so that their
// spread is exactly sigma (Gwosdek, Grewenig, Bruhn & Weickert 2011). Beyond the
// grid the field is zero.
func (f *field) blur(sigma float64) {
	if sigma <= 0 {
		return
	}
	// A box of 2r+1 whole pixels and two of weight edge has to have variance v.
	v := sigma * sigma / 3
	r := int((math.Sqrt(float64(12*v)+1) - 1) / 2)
	whole := float64(r * (r + 1) * (2*r + 1) / 3) // r(r+1)(2r+1) is a multiple of 3
	edge := (float64(v*float64(2*r+1)) - whole) / (2 * (float64((r+1)*(r+1)) - v))
	turned := newField(f.h, f.w)
	blurRows(turned, f, r, edge)
	blurRows(f, turned, r, edge)
}

// blurRows runs three box filters over every row of src and writes the result
// transposed into dst.
func blurRows(dst, src *field, r int, edge float64) {
	scale := 1 / (float64(2*r+1) + float64(2*edge))
	pad := r + 1
	n := src.w
	a := make([]float64, n+2*pad)
	b := make([]float64, n+2*pad)
	for y := range src.h {
		copy(a[pad:], src.v[y*n:(y+1)*n])
		for range 3 {
			sum := 0.0 // of a[i-r … i+r]; the values are small and finite: only rounding adds up
			for i := pad; i < pad+r; i++ {
				sum += a[i]
			}
			for i := range n {
				sum += a[pad+i+r]
				b[pad+i] = float64((sum + float64(edge*(a[i]+a[i+2*pad]))) * scale)
				sum -= a[pad+i-r]
			}
			a, b = b, a
		}
		for x := range n {
			dst.v[x*dst.w+y] = a[pad+x]
		}
	}
}

// cloud returns a w x h random field of mean about 0 and variance about 1,
// smooth at the scale sigma (pixels) and alike in all directions. Large scales
// are drawn on a coarser grid and interpolated.
func cloud(r *rng, w, h int, sigma float64) *field {
	step := 1
	for sigma/float64(step) >= 4 {
		step *= 2
	}
	coarse := newField(w/step+2, h/step+2)
	for i := range coarse.v {
		coarse.v[i] = r.norm()
	}
	coarse.blur(sigma / float64(step))
	sum := 0.0
	for _, v := range coarse.v {
		sum += float64(v * v)
	}
	scale := 1 / math.Sqrt(sum/float64(len(coarse.v)))
	for i, v := range coarse.v {
		coarse.v[i] = float64(v * scale)
	}
	if step == 1 {
		return coarse.crop(w, h)
	}
	return coarse.enlarge(w, h, step)
}

// crop returns the upper left w x h of f.
func (f *field) crop(w, h int) *field {
	out := newField(w, h)
	for y := range h {
		copy(out.v[y*w:(y+1)*w], f.v[y*f.w:])
	}
	return out
}

// enlarge interpolates f linearly, step pixels for one; f has at least one more
// row and column than the result needs.
func (f *field) enlarge(w, h, step int) *field {
	out := newField(w, h)
	inv := 1 / float64(step) // a power of two: exact
	for y := range h {
		top := f.v[y/step*f.w:]
		bottom := f.v[(y/step+1)*f.w:]
		ty := float64(y%step) * inv
		for x := range w {
			i := x / step
			tx := float64(x%step) * inv
			a := mix(top[i], top[i+1], tx)
			b := mix(bottom[i], bottom[i+1], tx)
			out.v[y*w+x] = mix(a, b, ty)
		}
	}
	return out
}

// mix goes from a at t=0 to b at t=1.
func mix(a, b, t float64) float64 { return a + float64((b-a)*t) }

// ramp rises smoothly from 0 at x<=lo to 1 at x>=hi.
func ramp(x, lo, hi float64) float64 {
	t := (x - lo) / (hi - lo)
	if t <= 0 {
		return 0
	}
	if t >= 1 {
		return 1
	}
	return float64(float64(t*t) * (3 - float64(2*t)))
}

// clamp limits x to [lo, hi].
func clamp(x, lo, hi float64) float64 { return max(lo, min(hi, x)) }

// turn is a rotation, kept as cosine and sine. It is made from the tangent of
// half the angle, which needs no trigonometric function.
type turn struct{ cos, sin float64 }

// tilt returns the rotation by 2·atan(t).
func tilt(t float64) turn {
	d := 1 + float64(t*t)
	return turn{cos: (1 - float64(t*t)) / d, sin: 2 * t / d}
}

// apply rotates the vector (x, y).
func (t turn) apply(x, y float64) (float64, float64) {
	return float64(t.cos*x) - float64(t.sin*y), float64(t.sin*x) + float64(t.cos*y)
}
