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

// narrowGroup is the number of pixels that are computed at once.
const narrowGroup = 16

// RunNarrow convolves one row of pixels. Src starts at the pixel above and left
// of the first; dst takes one number per pixel and channel, without gaps. Results
// are at least lo.
func (s *Set) RunNarrow(n *Narrow, dst []float32, src Plane, pixels int, lo float32) {
	channels, step := len(n.bias), n.step()
	_ = src.Data[2*src.Pitch+(pixels+2)*n.in-1]
	_ = dst[pixels*channels-1]
	for from := 0; from < pixels; {
		run := step
		if left := pixels - from; left < step+narrowGroup {
			run = left
		}
		for o := range channels {
			s.narrowRow(n, o, dst[from*channels:], Plane{src.Data[from*n.in:], src.Pitch}, run, lo)
		}
		from += run
	}
}

// step returns the pixels that are computed in one call: of several channels so
// many that what they read, for each channel again, stays in the first-level cache.
func (n *Narrow) step() int {
	const cached = 6144 // numbers
	most := narrowGroup * callTerms / (9 * n.in)
	if len(n.bias) > 1 {
		most = min(most, cached/(3*n.in))
	}
	return max(1, most/narrowGroup) * narrowGroup
}

// narrowRow computes channel o of some pixels, whole groups where there are as many:
// what is left takes some in that are done already.
func (s *Set) narrowRow(n *Narrow, o int, dst []float32, src Plane, pixels int, lo float32) {
	channels := len(n.bias)
	run := func(x, pixels int) {
		s.narrow(&dst[x*channels+o], channels, &src.Data[x*n.in], src.Pitch, n.in, pixels, &n.weights[o][0], n.bias[o], lo)
	}
	whole := pixels / narrowGroup * narrowGroup
	if whole == 0 {
		run(0, pixels)
		return
	}
	run(0, whole)
	if whole < pixels {
		run(pixels-narrowGroup, narrowGroup)
	}
}

// narrowGeneric is a convolution to one channel, of which stride are beside each
// other. Each of the 16 sums is by itself, over blocks, rows and columns in order;
// then the upper half of the sums is added to the lower until one is left.
func narrowGeneric(dst *float32, stride int, src *float32, pitch, channels, pixels int, w *float32, bias, lo float32) {
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
		*add(dst, x*stride) = bounded(lo, l[0]+bias)
	}
}
