package model

import (
	"math"

	"exemplar/model/internal/kernel"
)

// poolOp is average pooling 2x2, where no convolution has done it.
type poolOp struct {
	rowOp
	set *kernel.Set
}

func (poolOp) reads(from, to int) (int, int) { return 2 * from, 2 * to }

func (o poolOp) run(dst, src *plane, from, to int, _ []float32) {
	for y := from; y < to; y++ {
		in := kernel.Plane{Data: src.from(2 * y)[src.stride:], Pitch: src.pitch()}
		o.set.Average(dst.row(y), in, dst.stride, dst.shape.Width)
	}
}

// areaOp is average pooling to any smaller size.
type areaOp struct {
	rowOp
	in, out int // rows
}

func (o areaOp) reads(from, to int) (int, int) {
	lo, _ := cell(from, o.out, o.in)
	_, hi := cell(to-1, o.out, o.in)
	return lo, hi
}

func (areaOp) run(dst, src *plane, from, to int, _ []float32) { areaPool(dst, src, from, to) }

// cropOp keeps the top left.
type cropOp struct{ rowOp }

func (cropOp) reads(from, to int) (int, int) { return from, to }

func (cropOp) run(dst, src *plane, from, to int, _ []float32) {
	for y := from; y < to; y++ {
		copy(dst.row(y), src.row(y))
	}
}

// upsampleOp enlarges a plane by interpolation between two source rows and
// columns an output row and column.
type upsampleOp struct {
	rowOp
	rows, cols []blend
}

// blend is a weighted pair of source positions: (1-t)·lo + t·hi.
type blend struct {
	lo, hi int
	t      float32
}

func newUpsampleOp(l Layer) upsampleOp {
	return upsampleOp{rows: blends(l.In.Height, l.Out.Height, l.Interpolation), cols: blends(l.In.Width, l.Out.Width, l.Interpolation)}
}

// blends returns the source positions of each of out positions over in ones.
// Pixel i is centered at i+½; edges are clamped.
func blends(in, out int, interpolation string) []blend {
	b := make([]blend, out)
	for i := range b {
		center := float64((float64(i)+0.5)*float64(in)) / float64(out)
		if interpolation == UpsampleNearest {
			lo := min(int(center), in-1)
			b[i] = blend{lo, lo, 0}
			continue
		}
		at := min(max(center-0.5, 0), float64(in-1))
		lo := int(math.Floor(at))
		b[i] = blend{lo, min(lo+1, in-1), float32(at - float64(lo))}
	}
	return b
}

func (o upsampleOp) reads(from, to int) (int, int) { return o.rows[from].lo, o.rows[to-1].hi + 1 }

func (o upsampleOp) run(dst, src *plane, from, to int, _ []float32) {
	c := dst.stride
	for y := from; y < to; y++ {
		by := o.rows[y]
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
