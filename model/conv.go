package model

import "exemplar/model/internal/kernel"

// winogradOp is a convolution 3x3, or a transposed one, over planes of whole
// blocks of channels.
type winogradOp struct {
	set      *kernel.Set
	conv     *kernel.Winograd
	in       Shape
	channels int // out
	act      string
	pool     bool // average 2x2 of the results
}

func (c compiler) winograd(l Layer, conv *kernel.Winograd) *winogradOp {
	return &winogradOp{set: c.set, conv: conv, in: l.In, channels: l.Out.Channels, act: l.Activation}
}

// fuse takes over the layer that follows, where it can.
func (o *winogradOp) fuse(next Layer) bool {
	o.pool = next.Kind == KindPool && (o.act == ActReLU || o.act == ActLinear)
	return o.pool
}

// cols returns the columns of tiles.
func (o *winogradOp) cols() int { return o.conv.Tiles(o.in.Width) }

func (o *winogradOp) scratch() int { return o.conv.Scratch(o.conv.Tiles(o.in.Height), o.cols()) }

// grain is the rows that a tile gives.
func (o *winogradOp) grain() int {
	if o.pool {
		return o.conv.Result() / 2
	}
	return o.conv.Result()
}

// tiles returns the rows of tiles that give rows of results.
func (o *winogradOp) tiles(from, to int) (first, end int) {
	g := o.grain()
	return from / g, (to + g - 1) / g
}

func (o *winogradOp) reads(from, to int) (int, int) { return o.conv.Reads(o.tiles(from, to)) }

func (o *winogradOp) run(dst, src *plane, from, to int, scratch []float32) {
	first, end := o.tiles(from, to)
	lo, _ := o.reads(from, to)
	in := kernel.Plane{Data: src.from(lo), Pitch: src.pitch()}
	out := kernel.Plane{Data: dst.from(from)[dst.stride:], Pitch: dst.pitch()}
	o.set.Run(o.conv, out, in, end-first, o.cols(), o.pool, bound(o.act), scratch)
	for y := from; y < to; y++ {
		activate(o.set, dst.row(y), o.channels, dst.stride, o.act)
	}
}

// directOp is a convolution 3x3 one by one, for the few channels of an image and
// for small planes: one product a row of pixels, whose left factor is the plane
// itself, three pieces of three pixels for each.
type directOp struct {
	rowOp
	set    *kernel.Set
	matrix *kernel.Matrix // (3·3·stride) x out
	bias   []float32
	act    string
}

// direct packs the kernel for pixels of stride numbers.
func (c compiler) direct(l Layer, stride int) *directOp {
	w, bias := c.tensors(l)
	cin, cout := l.In.Channels, l.Out.Channels
	b := make([]float32, 9*stride*cout)
	for k := range 9 {
		copy(b[k*stride*cout:], w[k*cin*cout:(k+1)*cin*cout])
	}
	return &directOp{rowOp{}, c.set, kernel.Pack(b, 9*stride, cout, 9*stride), padded(bias), l.Activation}
}

func (o *directOp) reads(from, to int) (int, int) { return from - 1, to + 1 }

func (o *directOp) run(dst, src *plane, from, to int, _ []float32) {
	for y := from; y < to; y++ {
		row, in := dst.row(y), kernel.Plane{Data: src.from(y - 1), Pitch: src.pitch()}
		o.set.ConvolveImage(o.matrix, row, dst.stride, in, src.stride, dst.shape.Width, o.bias, bound(o.act))
		activate(o.set, row, o.matrix.N(), dst.stride, o.act)
	}
}

// narrowOp is a convolution 3x3 from whole blocks of channels to few, such as
// the decoder's last.
type narrowOp struct {
	rowOp
	set  *kernel.Set
	conv *kernel.Narrow
	out  Shape
	act  string
}

func (c compiler) narrow(l Layer) *narrowOp {
	w, bias := c.tensors(l)
	return &narrowOp{rowOp{}, c.set, kernel.NewNarrow(w, bias, l.In.Channels), l.Out, l.Activation}
}

func (o *narrowOp) reads(from, to int) (int, int) { return from - 1, to + 1 }

func (o *narrowOp) run(dst, src *plane, from, to int, _ []float32) {
	for y := from; y < to; y++ {
		row := dst.row(y)
		o.set.RunNarrow(o.conv, row, kernel.Plane{Data: src.from(y - 1), Pitch: src.pitch()}, o.out.Width, bound(o.act))
		activate(o.set, row, dst.stride, dst.stride, o.act)
	}
}

// transposedOp is a transposed convolution 3x3 of stride 2, "same":
// out[2i+k] += in[i]·W[k], the first 2n kept. Even outputs 2i take in[i-1]·W[2]
// and in[i]·W[0], odd ones 2i+1 take in[i]·W[1]; so each of the four parities
// of (row, column) is a convolution by itself.
type transposedOp struct {
	rowOp
	set    *kernel.Set
	phases [2][2]*kernel.Matrix // [row parity][column parity], (taps·in) x out
	bias   []float32
	act    string
}

// transposed packs the parities' kernels for pixels of stride numbers.
func (c compiler) transposed(l Layer, stride int) *transposedOp {
	w, bias := c.tensors(l)
	o := &transposedOp{set: c.set, bias: padded(bias), act: l.Activation}
	cin, cout := l.In.Channels, l.Out.Channels
	for phase := range 4 {
		b := kernel.PhaseRows(nil, w, cin, cout, stride, phase/2, phase%2)
		k := len(b) / cout
		o.phases[phase/2][phase%2] = kernel.Pack(b, k, cout, k)
	}
	return o
}

func (o *transposedOp) grain() int { return 2 }

func (o *transposedOp) reads(from, to int) (int, int) { return from/2 - 1, (to + 1) / 2 }

func (o *transposedOp) run(dst, src *plane, from, to int, _ []float32) {
	for y := from; y < to; y++ {
		row, rows := dst.row(y), kernel.PhaseTaps[y%2]
		for px, cols := range kernel.PhaseTaps {
			a := kernel.Rows{
				Data: src.from(y/2 + rows[0].Offset)[(1+cols[0].Offset)*src.stride:],
				N:    src.shape.Width, Lead: src.stride, Segments: len(rows), Stride: src.pitch(),
			}
			o.set.Mul(o.phases[y%2][px], row[px*dst.stride:], 2*dst.stride, a, o.bias, bound(o.act))
		}
		activate(o.set, row, o.phases[0][0].N(), dst.stride, o.act)
	}
}
