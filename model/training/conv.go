package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// convLayer is a convolution 3x3 over planes of whole blocks of channels. Its
// weights are the kernel (3, 3, in, out), then the bias.
type convLayer struct {
	*run
	model.Layer
	from, to layout
	conv     *kernel.Winograd
	back     *kernel.Winograd // of the gradient of the input
}

// newConv returns the layer; last says that no other convolution takes its
// results.
func newConv(r *run, l model.Layer, in layout, last bool) layer {
	if in.stride%16 == 0 && last && l.Out.Channels <= narrowChannels {
		return newNarrow(r, l, in)
	}
	out := planes(l.Out, kernel.Up16(l.Out.Channels))
	if in.stride%16 != 0 {
		return newDirect(r, l, in, out)
	}
	c := &convLayer{r, l, in, out, kernel.NewEmptyWinograd(in.shape.Channels, out.shape.Channels),
		kernel.NewEmptyWinograd(out.shape.Channels, in.shape.Channels)}
	rows, cols := in.tiles()
	r.reserve(max(c.conv.Scratch(rows, cols), c.back.Scratch(rows, cols), c.conv.GradientScratch(sliceImages, rows*cols),
		out.shape.Width*out.shape.Channels), c.conv.GradientSize())
	return c
}

func (c *convLayer) in() layout  { return c.from }
func (c *convLayer) out() layout { return c.to }
func (c *convLayer) size() int   { return 9*c.In.Channels*c.Out.Channels + c.Out.Channels }

// kernel returns the kernel and the bias.
func (c *convLayer) kernel(w []float32) (kernel, bias []float32) {
	n := 9 * c.In.Channels * c.Out.Channels
	return w[:n], w[n:]
}

// channelBlock is the number of channels whose kernels are transformed at once.
const channelBlock = 2

func (c *convLayer) forward(y, x, w []float32) {
	weights, bias := c.kernel(w)
	c.blocks(c.In.Channels, channelBlock, func(_, from, to int) { c.conv.Set(weights, bias, c.In.Channels, from, to) })
	rows, cols := c.from.tiles()
	c.each(c.images, func(w, i int) {
		src, dst := c.from.plane(x, i), c.to.plane(y, i)
		c.set.Run(c.conv, c.to.pixels(dst), c.from.around(src), rows, cols, false, bound(c.Activation), c.scratch[w])
		c.to.seal(dst)
		c.to.activatePlane(c.set, dst, c.Activation, c.scratch[w])
	})
}

func (c *convLayer) backwardInput(dx, g, w, mask []float32) {
	weights, _ := c.kernel(w)
	c.blocks(c.Out.Channels, channelBlock, func(_, from, to int) {
		c.back.Rotate(weights, c.In.Channels, c.Out.Channels, from, to)
	})
	rows, cols := c.from.tiles()
	c.each(c.images, func(w, i int) {
		src, dst := c.to.plane(g, i), c.from.plane(dx, i)
		if mask == nil {
			c.set.Run(c.back, c.from.pixels(dst), c.to.around(src), rows, cols, false, kernel.Unbounded, c.scratch[w])
		} else {
			c.set.RunMasked(c.back, c.from.pixels(dst), c.to.around(src), c.from.plane(mask, i)[c.from.first():], rows, cols, c.scratch[w])
		}
		c.from.seal(dst)
	})
}

func (c *convLayer) backwardWeights(dw, x, g []float32) {
	rows, cols := c.from.tiles()
	layout := sumLayout{c.conv.GradientSize(), c.conv.GradientPart(), kernel.GradientParts}
	sums := c.slices(layout, func(w, from, to, first, end int, sums []float32) {
		var src, grad [sliceImages]kernel.Plane
		for i := from; i < to; i++ {
			src[i-from], grad[i-from] = c.from.around(c.from.plane(x, i)), c.to.pixels(c.to.plane(g, i))
		}
		c.set.AddGradientPart(c.conv, sums, src[:to-from], grad[:to-from], rows, cols, first, end, c.scratch[w])
	})
	weights, bias := c.kernel(dw)
	c.blocks(c.In.Channels, channelBlock, func(_, from, to int) {
		c.conv.Gradient(weights, sums, c.In.Channels, c.Out.Channels, from, to)
	})
	copy(bias, sums[36*c.from.stride*c.to.stride:])
}

// around returns a plane with the zeros around it, pixels one without.
func (l *layout) around(plane []float32) kernel.Plane {
	return kernel.Plane{Data: plane, Pitch: l.pitch}
}

func (l *layout) pixels(plane []float32) kernel.Plane {
	return kernel.Plane{Data: plane[l.first():], Pitch: l.pitch}
}

// one is the factor of a sum of columns.
var one = [1]float32{1}

// rowGroups calls f for groups of rows, of about 512 pixels, that are summed at
// once.
func rowGroups(s model.Shape, f func(y, rows int)) {
	group := max(1, 512/s.Width)
	for y := 0; y < s.Height; y += group {
		f(y, min(group, s.Height-y))
	}
}
