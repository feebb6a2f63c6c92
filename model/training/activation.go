package training

import (
	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// bound returns the lower bound that the kernels apply to a layer's results:
// all there is to ReLU.
func bound(act string) float32 {
	if act == model.ActReLU {
		return 0
	}
	return kernel.Unbounded
}

// activate applies an activation, as far as it is more than a bound.
func activate(set *kernel.Set, x []float32, act string) {
	switch act {
	case model.ActSigmoid:
		set.Sigmoid(x)
	case model.ActTanh:
		for i, v := range x {
			x[i] = kernel.Tanh(v)
		}
	}
}

// deactivate turns the gradient g of an activation's results y into that of its
// arguments.
func deactivate(set *kernel.Set, g, y []float32, act string) {
	switch act {
	case model.ActReLU:
		set.Mask(g, y)
	case model.ActSigmoid:
		for i, v := range y {
			g[i] *= v * (1 - v)
		}
	case model.ActTanh:
		for i, v := range y {
			g[i] *= 1 - float32(v*v)
		}
	}
}

// activatePlane applies activate to the true channels of a plane.
func (l *layout) activatePlane(set *kernel.Set, plane []float32, act string, buffer []float32) {
	if act != model.ActSigmoid && act != model.ActTanh {
		return
	}
	c := l.shape.Channels
	buffer = buffer[:l.shape.Width*c]
	for y := range l.shape.Height {
		row := l.row(plane, y)
		kernel.Compress(buffer, row, c, l.stride)
		activate(set, buffer, act)
		kernel.Expand(row, buffer, c, l.stride)
	}
}

// deactivatePlane applies deactivate to a plane.
func (l *layout) deactivatePlane(set *kernel.Set, g, y []float32, act string) {
	if act == model.ActReLU || l.stride == l.shape.Channels {
		deactivate(set, g, y, act)
		return
	}
	for row := range l.shape.Height {
		gs, ys := l.row(g, row), l.row(y, row)
		for ; len(gs) > 0; gs, ys = gs[l.stride:], ys[l.stride:] {
			deactivate(set, gs[:l.shape.Channels], ys[:l.shape.Channels], act)
		}
	}
}
