package model

import (
	"math"

	"exemplar/model/internal/gemm"
)

// denseChunk is the number of terms that a dense layer sums from zero. Summed
// in one go, the 32768 terms of ae1m's would lose a digit.
const denseChunk = 256

// planeOp is a step that works on one image's plane. dst has been reset to the
// step's output shape; scratch is at least scratch() long.
type planeOp interface {
	run(dst, src *plane, scratch []float32)
	scratch() int
}

// newPlaneOp returns the step of a layer that is not dense.
func newPlaneOp(l Layer, kernel, bias []float32) planeOp {
	switch l.Kind {
	case KindConv:
		return newConvOp(l, kernel, bias)
	case KindConvT:
		return newConvTOp(l, kernel, bias)
	case KindPool:
		return poolOp{}
	case KindArea:
		return areaOp{}
	case KindCrop:
		return cropOp{}
	case KindUpsample:
		return newUpsampleOp(l)
	}
	panic("model: no step for layer kind " + l.Kind)
}

// convOp is a convolution 3x3 as one product a row: the row's 3x3
// neighbourhoods, gathered, times the kernel.
type convOp struct {
	in, out Shape
	kernel  *gemm.Matrix // (3·3·in) x out
	bias    []float32
	act     string
}

func newConvOp(l Layer, kernel, bias []float32) *convOp {
	k := 9 * l.In.Channels
	return &convOp{l.In, l.Out, gemm.Pack(kernel, k, l.Out.Channels, k), bias, l.Activation}
}

func (o *convOp) scratch() int { return o.out.Width * o.kernel.K() }

func (o *convOp) run(dst, src *plane, scratch []float32) {
	c, k := o.in.Channels, o.kernel.K()
	for y := range o.out.Height {
		for ky := range 3 {
			line := src.haloRow(y + ky - 1)
			for x := range o.out.Width {
				copy(scratch[x*k+ky*3*c:][:3*c], line[x*c:])
			}
		}
		row := dst.row(y)
		o.kernel.Mul(row, scratch, o.out.Width)
		activate(row, o.bias, o.act)
	}
}

// convTOp is a transposed convolution 3x3 of stride 2, "same": out[2i+k] +=
// in[i]·W[k], the first 2n kept. Even outputs 2i take in[i-1]·W[2] and
// in[i]·W[0], odd ones 2i+1 take in[i]·W[1]; so each of the four parities of
// (row, column) is a convolution by itself.
type convTOp struct {
	in, out Shape
	phases  [2][2]*gemm.Matrix // [row parity][column parity], (taps·in) x out
	bias    []float32
	act     string
}

// tap is one term of a parity: kernel position and offset of the input.
type tap struct{ k, offset int }

var parityTaps = [2][]tap{{{2, -1}, {0, 0}}, {{1, 0}}}

func newConvTOp(l Layer, kernel, bias []float32) *convTOp {
	o := &convTOp{in: l.In, out: l.Out, bias: bias, act: l.Activation}
	cin, cout := l.In.Channels, l.Out.Channels
	for py, rows := range parityTaps {
		for px, cols := range parityTaps {
			var b []float32
			for _, ty := range rows {
				for _, tx := range cols {
					w := kernel[(ty.k*3+tx.k)*cout*cin:][:cout*cin] // out x in
					for i := range cin {
						for j := range cout {
							b = append(b, w[j*cin+i])
						}
					}
				}
			}
			k := len(b) / cout
			o.phases[py][px] = gemm.Pack(b, k, cout, k)
		}
	}
	return o
}

func (o *convTOp) scratch() int {
	return o.in.Width * (4*o.in.Channels + o.out.Channels)
}

func (o *convTOp) run(dst, src *plane, scratch []float32) {
	cin, cout := o.in.Channels, o.out.Channels
	gather, product := scratch[:o.in.Width*4*cin], scratch[o.in.Width*4*cin:][:o.in.Width*cout]
	for y := range o.out.Height {
		row := dst.row(y)
		for px, cols := range parityTaps {
			m := o.phases[y%2][px]
			at := 0
			for _, ty := range parityTaps[y%2] {
				line := src.haloRow(y/2 + ty.offset)
				for _, tx := range cols {
					for x := range o.in.Width {
						copy(gather[x*m.K()+at:][:cin], line[(x+1+tx.offset)*cin:])
					}
					at += cin
				}
			}
			m.Mul(product, gather, o.in.Width)
			activate(product, o.bias, o.act)
			for x := range o.in.Width {
				copy(row[(2*x+px)*cout:][:cout], product[x*cout:])
			}
		}
	}
}

// poolOp is average pooling 2x2.
type poolOp struct{}

func (poolOp) scratch() int { return 0 }

func (poolOp) run(dst, src *plane, _ []float32) {
	c := dst.shape.Channels
	for y := range dst.shape.Height {
		r0, r1, out := src.row(2*y), src.row(2*y+1), dst.row(y)
		for x := range dst.shape.Width {
			a, b := r0[2*x*c:][:2*c], r1[2*x*c:][:2*c]
			for i := range c {
				out[x*c+i] = ((a[i] + a[c+i]) + (b[i] + b[c+i])) * 0.25
			}
		}
	}
}

// areaOp is average pooling to any smaller size.
type areaOp struct{}

func (areaOp) scratch() int { return 0 }

func (areaOp) run(dst, src *plane, _ []float32) { areaPool(dst, src) }

// cropOp keeps the top left.
type cropOp struct{}

func (cropOp) scratch() int { return 0 }

func (cropOp) run(dst, src *plane, _ []float32) {
	for y := range dst.shape.Height {
		copy(dst.row(y), src.row(y))
	}
}

// upsampleOp enlarges a plane by interpolation between two source rows and
// columns an output row and column.
type upsampleOp struct{ rows, cols []blend }

// blend is a weighted pair of source positions: (1-t)·lo + t·hi.
type blend struct {
	lo, hi int
	t      float32
}

func newUpsampleOp(l Layer) upsampleOp {
	return upsampleOp{blends(l.In.Height, l.Out.Height, l.Interpolation), blends(l.In.Width, l.Out.Width, l.Interpolation)}
}

// blends returns the source positions of each of out positions over in ones.
// Pixel i is centred at i+½; edges are clamped.
func blends(in, out int, interpolation string) []blend {
	b := make([]blend, out)
	for i := range b {
		centre := float64((float64(i)+0.5)*float64(in)) / float64(out)
		if interpolation == UpsampleNearest {
			lo := min(int(centre), in-1)
			b[i] = blend{lo, lo, 0}
			continue
		}
		at := min(max(centre-0.5, 0), float64(in-1))
		lo := int(math.Floor(at))
		b[i] = blend{lo, min(lo+1, in-1), float32(at - float64(lo))}
	}
	return b
}

func (upsampleOp) scratch() int { return 0 }

func (o upsampleOp) run(dst, src *plane, _ []float32) {
	c := dst.shape.Channels
	for y, by := range o.rows {
		top, bottom, out := src.row(by.lo), src.row(by.hi), dst.row(y)
		for x, bx := range o.cols {
			for i := range c {
				l, h := bx.lo*c+i, bx.hi*c+i
				a := top[l] + float32((top[h]-top[l])*bx.t)
				b := bottom[l] + float32((bottom[h]-bottom[l])*bx.t)
				out[x*c+i] = a + float32((b-a)*by.t)
			}
		}
	}
}

// denseOp is a dense layer over a batch of vectors.
type denseOp struct {
	kernel *gemm.Matrix
	bias   []float32
	act    string
}

func newDenseOp(l Layer, kernel, bias []float32) denseOp {
	return denseOp{gemm.Pack(kernel, l.In.Size(), l.Out.Size(), denseChunk), bias, l.Activation}
}

func (o denseOp) run(dst, src []float32, n int) {
	dst = dst[:n*o.kernel.N()]
	o.kernel.Mul(dst, src, n)
	activate(dst, o.bias, o.act)
}
