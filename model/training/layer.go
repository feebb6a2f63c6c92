package training

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"exemplar/model"
)

// layer is a layer with weights. All slices hold batches in the layouts that in
// and out give; w and dw hold the weights as weights.layer says.
type layer interface {
	in() layout
	out() layout
	size() int // numbers of w
	// forward computes y, activation included.
	forward(y, x, w []float32)
	// backwardInput, which comes after backwardWeights of the same g, computes the gradient dx of x from the gradient g of what the
	// activation takes. Where there is a mask, in the layout of x, it is zero where
	// those are not positive.
	backwardInput(dx, g, w, mask []float32)
	// backwardWeights computes the gradient dw of w.
	backwardWeights(dw, x, g []float32)
}

// signal is a node with the layout of its value.
type signal struct {
	*gorgonia.Node
	layout
}

// weighted is a layer in the graph: its operation and the memory of its results.
type weighted struct {
	*run
	layer
	model.Layer
	weights *weights
	input   bool // the gradient of its input is wanted
	y, dw   gorgonia.Value
}

// newWeighted reserves a layer's memory.
func newWeighted(r *run, l layer, spec model.Layer, w *weights, input bool) *weighted {
	return &weighted{run: r, layer: l, Layer: spec, weights: w, input: input,
		y: vector(allocate(l.out().size(r.batch))), dw: vector(w.gradient)}
}

// on adds the layer to a graph.
func (l *weighted) on(x signal) (signal, error) {
	o := &op{name: l.title("forward"), out: l.y, relu: l.Activation == model.ActReLU, wrt: []bool{l.input, true}, grads: l.differentiate,
		do: func(in []gorgonia.Value) { l.forward(numbers(l.y), numbers(in[0]), numbers(in[1])) }}
	n, err := o.on(x.Node, l.weights.node(x.Graph()))
	return signal{n, l.out()}, err
}

// title names an operation of the layer, with all its parameters.
func (l *weighted) title(what string) string {
	return fmt.Sprintf("%s %s %s %v→%v %s, batch %d", l.weights.name, what, l.Kind, l.In, l.Out, l.Activation, l.batch)
}

// differentiate adds the gradients of input and weights. The former depends on
// the latter only so that it comes after: planes' gradients take turns in two
// pieces of memory.
func (l *weighted) differentiate(in gorgonia.Nodes, y, g *gorgonia.Node) (gorgonia.Nodes, error) {
	var err error
	if l.Activation != model.ActLinear && !isMasked(g) {
		o := &op{name: l.title("deactivate"), out: valueOf(g), do: func(in []gorgonia.Value) { l.deactivate(numbers(in[1]), numbers(in[0])) }}
		if o.out == nil { // a sum that Gorgonia makes anew every time
			own := make([]float32, l.out().size(l.batch))
			o.out, o.do = vector(own), func(in []gorgonia.Value) {
				copy(own, numbers(in[1]))
				l.deactivate(own, numbers(in[0]))
			}
		}
		if g, err = o.on(y, g); err != nil {
			return nil, err
		}
	}
	weights := &op{name: l.title("weights"), out: l.dw, do: func(in []gorgonia.Value) {
		l.backwardWeights(numbers(l.dw), numbers(in[0]), numbers(in[1]))
	}}
	dw, err := weights.on(in[0], g)
	if err != nil || !l.input {
		return gorgonia.Nodes{nil, dw}, err
	}
	dx := l.gradientOf(l.in(), g)
	input := &op{name: l.title("input"), out: dx, masked: isReLU(in[0]), do: func(in []gorgonia.Value) {
		var mask []float32
		if len(in) > 3 {
			mask = numbers(in[3])
		}
		l.backwardInput(numbers(dx), numbers(in[0]), numbers(in[1]), mask)
	}}
	from := gorgonia.Nodes{g, in[1], dw}
	if input.masked {
		from = append(from, in[0])
	}
	n, err := input.on(from...)
	return gorgonia.Nodes{n, dw}, err
}

// isReLU says that a node's value is the result of ReLU. Whoever computes its
// gradient may do the part of ReLU, which costs less there, see op.masked.
func isReLU(n *gorgonia.Node) bool {
	o, ok := n.Op().(*op)
	return ok && o.relu
}

// isMasked says that a gradient is zero where ReLU's results are not positive.
func isMasked(n *gorgonia.Node) bool {
	o, ok := n.Op().(*op)
	return ok && o.masked
}

// vectorNumbers is how many numbers of vectors a goroutine takes at once.
const vectorNumbers = 1 << 11

// deactivate turns the gradient of the layer's results into that of the
// activation's arguments.
func (l *weighted) deactivate(g, y []float32) {
	out := l.out()
	if out.lead > 0 {
		l.blocks(len(g), vectorNumbers, func(_, from, to int) { deactivate(l.set, g[from:to], y[from:to], l.Activation) })
		return
	}
	l.each(l.images, func(_, i int) {
		out.deactivatePlane(l.set, out.plane(g, i), out.plane(y, i), l.Activation)
	})
}

// valueOf returns the memory that a node's value will be in, or nil.
func valueOf(n *gorgonia.Node) gorgonia.Value {
	if o, ok := n.Op().(*op); ok {
		return o.out
	}
	return nil
}

// gradientOf returns memory for a gradient that is computed from g. Vectors,
// which are small, have their own; planes take turns in the two slots.
func (r *run) gradientOf(l layout, g *gorgonia.Node) gorgonia.Value {
	n := l.size(r.batch)
	if l.lead > 0 {
		return vector(make([]float32, n))
	}
	slot := 0
	if v := valueOf(g); v != nil {
		if x := numbers(v); len(x) > 0 && len(r.slots[0]) > 0 && &x[0] == &r.slots[0][0] {
			slot = 1
		}
	}
	if len(r.slots[slot]) < n {
		panic("training: a plane is larger than the memory for gradients")
	}
	return vector(r.slots[slot][:n])
}
