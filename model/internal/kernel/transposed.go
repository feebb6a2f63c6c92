package kernel

// NewTransposed transforms a kernel of shape (3, 3, out, in) of a transposed
// convolution of stride 2, out[2i+k] += in[i]·kernel[k], of which the first 2n
// results are kept. Tiles of 5x5 pixels become 8x8.
//
// In one dimension even results 2i are in[i-1]·kernel[2] + in[i]·kernel[0], a
// convolution of two taps, which F(4,2) does for four of them with five
// multiplications: at four points and at infinity. Odd results 2i+1 are
// in[i]·kernel[1], one tap. Four of them take four multiplications in any form;
// the transformed pixels at the four points will do, because they hold the four
// pixels that matter, and the output transform takes them back. So in two
// dimensions the four phases, of even and odd rows and columns, share 25
// transformed numbers per tile and have 5·5, 5·4, 4·5 and 4·4 of 81 products,
// where 144 would be taken one by one. Numbers at the four points have a product
// for each phase, side by side; those at infinity have fewer.
func NewTransposed(kernel, bias []float32, cin int) *Winograd {
	w := &Winograd{side: 5, step: 4, result: 8, slots: 4, of: func(s *Set) transforms { return s.up }}
	w.shape(cin, bias)
	cout := len(bias)
	for i := range 5 {
		for j := range 5 {
			rows, cols := phases(i), phases(j)
			u := make([]float32, cin*rows*cols*w.out)
			for y := range rows {
				for x := range cols {
					for o := range cout {
						for c := range cin {
							var taps [3]float64 // transformed rows
							for k := range taps {
								at := func(ky int) float64 { return float64(kernel[((ky*3+k)*cout+o)*cin+c]) }
								taps[k] = kernelUp(at(0), at(1), at(2), y)[i]
							}
							v := kernelUp(taps[0], taps[1], taps[2], x)[j]
							u[((c*rows+y)*cols+x)*w.out+o] = float32(v)
						}
					}
				}
			}
			w.kernel = append(w.kernel, Pack(u, cin, rows*cols*w.out, cin))
		}
	}
	return w
}

// kernelUp is G of F(4x4,2x2) over the points 0, 1, -1, 2 and infinity for even
// results, and for odd ones that of a single tap.
func kernelUp(g0, g1, g2 float64, odd int) [5]float64 {
	if odd == 1 {
		return [5]float64{g1 / 2, -g1 / 2, -g1 / 6, g1 / 6}
	}
	return [5]float64{g0 / 2, -(g0 + g2) / 2, -(g0 - g2) / 6, (g0 + float64(2*g2)) / 6, g2}
}

// Tap is one term of a phase in one dimension: which of the kernel, and where the
// input that it takes is.
type Tap struct{ K, Offset int }

// PhaseTaps are the terms of even and odd results 2i and 2i+1, at in[i+Offset].
var PhaseTaps = [2][]Tap{{{2, -1}, {0, 0}}, {{1, 0}}}

// PhaseRows returns the kernel of one phase of a transposed convolution computed
// directly, (taps·stride) x out, of a kernel of shape (3, 3, out, in) for pixels of
// stride numbers. It takes the memory of to, if that is not nil.
func PhaseRows(to, kernel []float32, cin, cout, stride, py, px int) []float32 {
	size := stride * cout
	if to == nil {
		to = make([]float32, len(PhaseTaps[py])*len(PhaseTaps[px])*size)
	}
	for n, ty := range PhaseTaps[py] {
		for m, tx := range PhaseTaps[px] {
			rows, from := to[(n*len(PhaseTaps[px])+m)*size:], kernel[(3*ty.K+tx.K)*cout*cin:]
			for i := range cin {
				for o := range cout {
					rows[i*cout+o] = from[o*cin+i]
				}
			}
		}
	}
	return to
}

// phases returns the phases of one dimension that use a point.
func phases(point int) int {
	if point == 4 { // infinity
		return 1
	}
	return 2
}
