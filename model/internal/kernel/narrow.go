package kernel

import "unsafe"

// Narrow is a convolution 3x3 to few channels. A product would compute 16 for
// each pixel; here vectors run along the input's channels instead, and each
// result is the sum of one vector's lanes.
type Narrow struct {
	in      int         // channels, whole blocks of 16
	weights [][]float32 // for each channel out: [block of channels in][row][column][16]
	bias    []float32
}

// NewNarrow packs a kernel of shape (3, 3, in, out). Channels in that are added
// to make whole blocks are zero.
func NewNarrow(kernel, bias []float32, cin int) *Narrow {
	cout := len(bias)
	n := &Narrow{in: Up16(cin), bias: bias}
	for o := range cout {
		w := make([]float32, 9*n.in)
		for i := range cin {
			for k := range 9 {
				w[(i/16*9+k)*16+i%16] = kernel[(k*cin+i)*cout+o]
			}
		}
		n.weights = append(n.weights, w)
	}
	return n
}

// RunNarrow convolves one row of pixels. Src starts at the pixel above and left
// of the first; dst takes one number per pixel and channel, without gaps. Results
// are at least lo. Scratch takes one number per pixel.
func (s *Set) RunNarrow(n *Narrow, dst []float32, src Plane, pixels int, lo float32, scratch []float32) {
	channels := len(n.bias)
	_ = src.Data[2*src.Pitch+(pixels+2)*n.in-1]
	_ = dst[pixels*channels-1]
	row := dst
	if channels > 1 {
		row = scratch[:pixels]
	}
	for o, w := range n.weights {
		s.narrowRow(row[:pixels], src, n.in, w, n.bias[o], lo)
		if channels > 1 {
			for x, v := range row {
				dst[x*channels+o] = v
			}
		}
	}
}

// narrowRow convolves one row of pixels to one channel, 16 pixels at once where
// there are as many: what is left of a row takes some in that are done already.
func (s *Set) narrowRow(dst []float32, src Plane, channels int, w []float32, bias, lo float32) {
	const group = 16
	run := func(x, n int) { s.narrow(&dst[x], &src.Data[x*channels], src.Pitch, channels, n, &w[0], bias, lo) }
	step := max(group, 16*callTerms/len(w)&^(group-1))
	for ; len(dst) > step; dst = dst[step:] {
		run(0, step)
		src.Data = src.Data[step*channels:]
	}
	n := len(dst)
	if n >= group {
		run(0, n&^(group-1))
	}
	switch {
	case n < group:
		run(0, n)
	case n%group > 0:
		run(n-group, group)
	}
}

// narrowGeneric is a convolution to one channel. Each of the 16 sums is by
// itself, over blocks, rows and columns in order; then the upper half of the
// sums is added to the lower until one is left.
func narrowGeneric(dst, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32) {
	for x := range pixels {
		var l [16]float32
		for b := range channels / 16 {
			for k := range 9 {
				v := unsafe.Slice(add(src, k/3*pitch+(x+k%3)*channels+16*b), 16)
				f := unsafe.Slice(add(w, (9*b+k)*16), 16)
				for i := range l {
					l[i] = fma(v[i], f[i], l[i])
				}
			}
		}
		for n := 8; n > 0; n /= 2 {
			for i := range n {
				l[i] += l[i+n]
			}
		}
		*add(dst, x) = bounded(lo, l[0]+bias)
	}
}
