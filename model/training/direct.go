package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// directLayer is a convolution 3x3 of few channels, the image's: one product a
// row of pixels. The gradient of its input is never wanted.
type directLayer struct {
	convLayer
	matrix *kernel.Matrix
	padded []float32 // bias
}

func newDirect(r *run, l model.Layer, in, out layout) layer {
	d := &directLayer{convLayer: convLayer{run: r, Layer: l, from: in, to: out}, padded: make([]float32, out.stride)}
	k := 9 * in.stride
	d.matrix = kernel.NewMatrix(k, out.shape.Channels, k)
	r.reserve(out.shape.Width*out.shape.Channels, (k+1)*out.stride)
	return d
}

func (d *directLayer) forward(y, x, w []float32) {
	weights, bias := d.kernel(w)
	d.matrix.Fill(weights, d.Out.Channels)
	copy(d.padded, bias)
	d.each(d.images, func(w, i int) {
		src, dst := d.from.plane(x, i), d.to.plane(y, i)
		for row := range d.Out.Height {
			in := kernel.Plane{Data: src[row*d.from.pitch:], Pitch: d.from.pitch}
			d.set.ConvolveImage(d.matrix, d.to.row(dst, row), d.to.stride, in, d.from.stride, d.Out.Width, d.padded, bound(d.Activation))
		}
		d.to.seal(dst)
		d.to.activatePlane(d.set, dst, d.Activation, d.scratch[w])
	})
}

func (d *directLayer) backwardInput(_, _, _, _ []float32) {
	panic("training: the gradient of an image is not wanted")
}

func (d *directLayer) backwardWeights(dw, x, g []float32) {
	k, c := 3*d.from.stride, d.to.stride
	sums := d.slices((3*k+1)*c, func(_, from, to int, sums []float32) {
		for i := from; i < to; i++ {
			src, grad := d.from.plane(x, i), d.to.plane(g, i)
			rowGroups(d.Out, func(y, rows int) {
				b := kernel.Columns{Data: grad[d.to.first()+y*d.to.pitch:], Lead: c, Stride: d.to.pitch}
				for ky := range 3 {
					a := kernel.Columns{Data: src[(y+ky)*d.from.pitch:], Lead: d.from.stride, Stride: d.from.pitch}
					d.set.AddTransposed(sums[ky*k*c:], c, k, c, a, b, rows, d.Out.Width)
				}
				d.set.AddTransposed(sums[3*k*c:], c, 1, c, kernel.Columns{Data: one[:]}, b, rows, d.Out.Width)
			})
		}
	})
	for i, n := 0, d.Out.Channels; i <= 3*k; i++ {
		copy(dw[i*n:(i+1)*n], sums[i*c:])
	}
}

// narrowChannels is the most channels of a narrowLayer, those of package model's last
// convolution.
const narrowChannels = 5

// narrowLayer is the last convolution 3x3, to few channels, whose planes have no
// others. Its gradients are those of a directLayer with input and output
// exchanged, and the kernel rotated by half a turn.
type narrowLayer struct {
	convLayer
	matrix *kernel.Matrix // of the gradient of the input, (3·3·out) x in
	rows   []float32      // its numbers before they are packed
}

func newNarrow(r *run, l model.Layer, in layout) layer {
	n := &narrowLayer{convLayer: convLayer{run: r, Layer: l, from: in, to: planes(l.Out, l.Out.Channels)}}
	k := 9 * l.Out.Channels
	n.matrix, n.rows = kernel.NewMatrix(k, l.In.Channels, k), make([]float32, k*l.In.Channels)
	r.reserve(0, k*in.stride+l.Out.Channels)
	return n
}

func (n *narrowLayer) forward(y, x, w []float32) {
	weights, bias := n.kernel(w)
	conv := kernel.NewNarrow(weights, bias, n.In.Channels)
	n.each(n.images, func(_, i int) {
		src, dst := n.from.plane(x, i), n.to.plane(y, i)
		for row := range n.Out.Height {
			in := kernel.Plane{Data: src[row*n.from.pitch:], Pitch: n.from.pitch}
			out := n.to.row(dst, row)
			n.set.RunNarrow(conv, out, in, n.Out.Width, bound(n.Activation))
			activate(n.set, out, n.Activation)
		}
		n.to.seal(dst)
	})
}

func (n *narrowLayer) backwardInput(dx, g, w, mask []float32) {
	cin, cout := n.In.Channels, n.Out.Channels
	for tap := range 9 {
		for i := range cin {
			for o := range cout {
				n.rows[((8-tap)*cout+o)*cin+i] = w[(tap*cin+i)*cout+o]
			}
		}
	}
	n.matrix.Fill(n.rows, cin)
	n.masked(dx, n.from, n.matrix, mask, func(i, y int) kernel.Rows {
		return kernel.Rows{Data: n.to.plane(g, i)[y*n.to.pitch:], N: n.In.Width, Lead: cout, Segments: 3, Stride: n.to.pitch}
	})
}

// masked writes planes whose row y of image i is the product of rows(i, y) with m, and
// zero where a mask of the same layout is not positive.
func (r *run) masked(dx []float32, to layout, m *kernel.Matrix, mask []float32, rows func(image, y int) kernel.Rows) {
	r.each(r.images, func(_, i int) {
		dst := to.plane(dx, i)
		for y := range to.shape.Height {
			row := to.row(dst, y)
			r.set.Mul(m, row, to.stride, rows(i, y), nil, 0)
			if mask != nil {
				r.set.Mask(row, to.row(to.plane(mask, i), y))
			}
		}
		to.seal(dst)
	})
}

func (n *narrowLayer) backwardWeights(dw, x, g []float32) {
	cin, cout, c := n.In.Channels, n.Out.Channels, n.from.stride
	sums := n.slices(9*cout*c+cout, func(_, from, to int, sums []float32) {
		bias := sums[9*cout*c:]
		for i := from; i < to; i++ {
			src, grad := n.from.plane(x, i), n.to.plane(g, i)
			rowGroups(n.In, func(y, rows int) {
				b := kernel.Columns{Data: src[n.from.first()+y*n.from.pitch:], Lead: c, Stride: n.from.pitch}
				for ky := range 3 {
					a := kernel.Columns{Data: grad[(y+ky)*n.to.pitch:], Lead: cout, Stride: n.to.pitch}
					n.set.AddTransposed(sums[3*ky*cout*c:], c, 3*cout, c, a, b, rows, n.In.Width)
				}
			})
			for y := range n.Out.Height {
				addRow(bias, n.to.row(grad, y))
			}
		}
	})
	for tap := range 9 {
		for i := range cin {
			for o := range cout {
				dw[(tap*cin+i)*cout+o] = sums[((8-tap)*cout+o)*c+i]
			}
		}
	}
	copy(dw[9*cin*cout:], sums[9*cout*c:])
}

// addRow adds the sum of a row of pixels to sums, a number per channel.
func addRow(sums, row []float32) {
	for o := range sums {
		var sum float32
		for x := o; x < len(row); x += len(sums) {
			sum += row[x]
		}
		sums[o] += sum
	}
}
