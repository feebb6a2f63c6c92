package kernel

import "math"

// Gradient of a convolution's kernel by Winograd's algorithm: where the
// convolution is Aᵀ[(GgGᵀ)⊙(BᵀdB)]A, the gradient of g is Gᵀ[Σ(BᵀdB)⊙(AyAᵀ)]G
// with y the gradient of 4x4 results, summed over tiles by 36 matrix products.

// NewEmptyWinograd returns a convolution for tiles of 4x4 results, for Set or
// Rotate to fill.
func NewEmptyWinograd(cin, cout int) *Winograd { return newWinograd(cin, make([]float32, cout), 4) }

// Set transforms the part of a kernel of shape (3, 3, cin, len(bias)) that input
// channels from to to have: goroutines can share the work. It gives the same
// numbers as NewWinograd.
func (w *Winograd) Set(kernel, bias []float32, cin, from, to int) {
	cout := len(bias)
	if from == 0 {
		copy(w.bias, bias)
	}
	for i := from; i < to; i++ {
		for o := range cout {
			w.set(i, o, func(tap int) float32 { return kernel[(tap*cin+i)*cout+o] })
		}
	}
}

// Rotate transforms the kernel of the convolution that gives the gradient of the
// input of another, whose kernel has shape (3, 3, cin, cout): rotated by half a
// turn, with the channels exchanged. It does input channels from to to, of cout.
func (w *Winograd) Rotate(kernel []float32, cin, cout, from, to int) {
	for i := from; i < to; i++ {
		for o := range cin {
			w.set(i, o, func(tap int) float32 { return kernel[((8-tap)*cin+o)*cout+i] })
		}
	}
}

// set transforms the 3x3 kernel from input channel i to output channel o.
func (w *Winograd) set(i, o int, at func(tap int) float32) {
	var half [6][3]float64
	for x := range 3 {
		for j, v := range w.g(float64(at(x)), float64(at(3+x)), float64(at(6+x))) {
			half[j][x] = v
		}
	}
	n := (o&^15)*w.kernel[0].k + i*16 + o&15
	for y, row := range half[:w.side] {
		u := w.g(row[0], row[1], row[2])
		for x, v := range u[:w.side] {
			w.kernel[w.side*y+x].panels[n] = float32(v)
		}
	}
}

// RunMasked is Run, for tiles of 4x4 results, without bias; results are zero
// where those of mask, which is laid out like dst, are not positive.
func (s *Set) RunMasked(w *Winograd, dst, src Plane, mask []float32, rows, cols int, scratch []float32) {
	last := (4*rows-1)*dst.Pitch + 4*cols*w.out - 1
	_, _ = dst.Data[last], mask[last]
	s.products(w, src, rows, cols, scratch, func(y, x, run int, m *float32, plane int) {
		at := 4 * (y*dst.Pitch + x*w.out)
		s.masked(&dst.Data[at], dst.Pitch, m, plane, &mask[at], w.out, run)
	})
}

// maskedGeneric is the output transform of F(4x4,3x3), without bias, where
// numbers of mask, which is laid out like dst, are positive, and zero elsewhere.
func maskedGeneric(dst *float32, pitch int, m *float32, plane int, mask *float32, channels, tiles int) {
	zeros := make([]float32, channels)
	for c := range zeros {
		zeros[c] = float32(math.Copysign(0, -1)) // which changes no number
	}
	transform(outputF4).output(6, 4, false)(dst, pitch, m, plane, &zeros[0], channels, tiles, Unbounded)
	for y := range 4 {
		maskGeneric(add(dst, y*pitch), add(mask, y*pitch), 4*tiles*channels)
	}
}

// GradientSize returns the numbers of the sums that AddGradient takes.
func (w *Winograd) GradientSize() int { return 36*w.in*w.out + w.out }

// gradientStrip returns the number of tiles that AddGradient does at once: where
// there are many channels more than Run, so that the sums, which are read and
// written for every strip, cost no more than the tiles.
func (w *Winograd) gradientStrip(tiles int) int {
	return min(max(w.strip(tiles), 2*w.in*w.out/(w.in+w.out)), tiles)
}

// GradientScratch returns the numbers of scratch that AddGradient needs for some
// images of tiles each, and for fewer images, which may take longer strips.
func (w *Winograd) GradientScratch(images, tiles int) int {
	return 36 * (longest(images, tiles, w.gradientStrip)*(w.in+w.out) + 2*stripSkew)
}

// AddGradient adds to sums what the gradients of rows x cols tiles of 4x4
// results of some images contribute to the gradient of the kernel, transformed,
// and of the bias. Src are those of Run, grad starts at the first result. The
// sums are of strips of tiles, images one after another, so that how images are
// divided into calls decides their bits.
func (s *Set) AddGradient(w *Winograd, sums []float32, src, grad []Plane, rows, cols int, scratch []float32) {
	s.AddGradientPart(w, sums, src, grad, rows, cols, 0, GradientParts, scratch)
}

// GradientParts is the number of matrices that AddGradient sums, of GradientPart numbers each.
const GradientParts = 36

// GradientPart returns the numbers of one of them. Those of the bias are behind the last.
func (w *Winograd) GradientPart() int { return w.in * w.out }

// AddGradientPart adds the part of AddGradient that matrices from to to have; the bias is the
// last one's. Goroutines can share the work, but each transforms all tiles.
func (s *Set) AddGradientPart(w *Winograd, sums []float32, src, grad []Plane, rows, cols, from, to int, scratch []float32) {
	tiles := rows * cols
	n := w.gradientStrip(len(src) * tiles)
	vPlane, mPlane := n*w.in+stripSkew, n*w.out+stripSkew
	v, m := scratch[:36*vPlane], scratch[36*vPlane:36*(vPlane+mPlane)]
	size := w.in * w.out
	for first := 0; first < len(src)*tiles; first += n {
		count := min(n, len(src)*tiles-first)
		for t, run := 0, 0; t < count; t += run { // runs of tiles in one row
			x, g := src[(first+t)/tiles], grad[(first+t)/tiles]
			row, col := (first+t)%tiles/cols, (first+t)%cols
			run = min(cols-col, count-t, max(1, callPixels/max(w.in, w.out)))
			at := x.Data[4*(row*x.Pitch+col*w.in):][:5*x.Pitch+(4*run+2)*w.in]
			s.f4.input(&v[t*w.in], vPlane, &at[0], x.Pitch, w.in, run)
			at = g.Data[4*(row*g.Pitch+col*w.out):][:3*g.Pitch+4*run*w.out]
			s.gradient(&m[t*w.out], mPlane, &at[0], g.Pitch, w.out, run)
		}
		for p := from; p < to; p++ {
			a := Columns{Data: v[p*vPlane:][:vPlane], Lead: w.in}
			b := Columns{Data: m[p*mPlane:][:mPlane], Lead: w.out}
			s.AddTransposed(sums[p*size:][:size], w.out, w.in, w.out, a, b, 1, count)
		}
		if to == GradientParts { // number (1, 1) of the transform is the sum over the tile
			b := Columns{Data: m[7*mPlane:][:mPlane], Lead: w.out}
			s.AddTransposed(sums[GradientParts*size:], w.out, 1, w.out, Columns{Data: one[:]}, b, 1, count)
		}
	}
}

var one = [1]float32{1}

// Gradient writes the gradient of a kernel of shape (3, 3, cin, cout), for input
// channels from to to, that belongs to the sums of AddGradient.
func (w *Winograd) Gradient(kernel, sums []float32, cin, cout, from, to int) {
	size := w.in * w.out
	for i := from; i < to; i++ {
		for o := range cout {
			var half [3][6]float64
			for x := range 6 {
				var column [6]float64
				for y := range column {
					column[y] = float64(sums[(6*y+x)*size+i*w.out+o])
				}
				for j, v := range kernelGradient(column) {
					half[j][x] = v
				}
			}
			for y, row := range half {
				for x, v := range kernelGradient(row) {
					kernel[((3*y+x)*cin+i)*cout+o] = float32(v)
				}
			}
		}
	}
}

// kernelGradient is Gᵀ of F(4x4,3x3), with every operation rounded by itself.
func kernelGradient(u [6]float64) [3]float64 {
	s, d := u[1]+u[2], u[2]-u[1]
	t, e := u[3]+u[4], u[3]-u[4]
	return [3]float64{
		(u[0]/4 - s/6) + t/24,
		d/6 + e/12,
		(t-s)/6 + u[5],
	}
}

// gradientF4 is A of F(4x4,3x3), from four numbers to six.
func gradientF4(d *[6]block) {
	for c := range d[0] {
		d0, d1, d2, d3 := d[0][c], d[1][c], d[2][c], d[3][c]
		a, b := d0+d2, d1+d3
		e, f := d0+float32(4*d2), d1+float32(4*d3)
		d[1][c], d[2][c] = a+b, a-b
		d[3][c], d[4][c], d[5][c] = e+float32(2*f), e-float32(2*f), d3
	}
}
