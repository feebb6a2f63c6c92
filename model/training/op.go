package training

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// op is an operation of Gorgonia's graph. Its result has memory of its own,
// which every run of the graph overwrites.
type op struct {
	name string // unlike that of every other operation, with all its parameters
	out  gorgonia.Value
	do   func(in []gorgonia.Value)

	// grads returns the gradients of the inputs, nil where there is none. Without
	// it, the operation cannot be differentiated.
	grads func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error)
	wrt   []bool // which inputs have one

	tape *tape // of its graph

	relu   bool // the result is one of ReLU
	masked bool // the result is the gradient of one of ReLU, and of its argument too

	arity     int
	signature hm.Type
}

// vector returns a vector in given memory.
func vector(x []float32) gorgonia.Value {
	return tensor.New(tensor.WithShape(len(x)), tensor.WithBacking(x))
}

// numbers returns the memory of a vector.
func numbers(v gorgonia.Value) []float32 { return v.(*tensor.Dense).Data().([]float32) }

// scalar returns the number of a scalar.
func scalar(v gorgonia.Value) float32 { return float32(*v.(*gorgonia.F32)) }

// apply adds an operation of one input to its graph, and the one that computes the
// gradient dx of x, in the layout from, given the gradient g of out. Where relu is
// set, that one does the part of ReLU if x is its result, which masked says.
func (r *run) apply(x signal, from layout, name string, out gorgonia.Value, relu bool, forward func(x []float32), backward func(dx, x []float32, g gorgonia.Value, masked bool)) (*gorgonia.Node, error) {
	o := &op{name: name, out: out, wrt: []bool{true}, do: func(in []gorgonia.Value) { forward(numbers(in[0])) }}
	o.grads = func(in gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, masked := r.gradientOf(from, g), relu && isReLU(in[0])
		back := &op{name: name + " input", out: dx, masked: masked, do: func(in []gorgonia.Value) { backward(numbers(dx), numbers(in[0]), in[1], masked) }}
		n, err := back.on(in[0], g)
		return gorgonia.Nodes{n}, err
	}
	return o.on(x.Node)
}

// unary is what the steps without weights have in common: one input, and memory for
// the results.
type unary struct {
	*run
	from, to layout
	y        gorgonia.Value

	name string // with all parameters
	relu bool   // of apply
	do   func(y, x []float32)
	back func(dx, x, g []float32, masked bool)
}

func newUnary(r *run, from, to layout) unary {
	return unary{run: r, from: from, to: to, y: vector(allocate(to.size(r.batch)))}
}

func (u *unary) on(x signal) (signal, error) {
	n, err := u.apply(x, u.from, fmt.Sprintf("%s, batch %d", u.name, u.batch), u.y, u.relu,
		func(x []float32) { u.do(numbers(u.y), x) },
		func(dx, x []float32, g gorgonia.Value, masked bool) { u.back(dx, x, numbers(g), masked) })
	return signal{n, u.to}, err
}

// on adds the operation to the graph of its inputs.
func (o *op) on(in ...*gorgonia.Node) (*gorgonia.Node, error) {
	var types []hm.Type
	for _, n := range in {
		types = append(types, n.Type())
	}
	o.arity = len(in)
	var result hm.Type = tensor.Float32
	if !o.out.Shape().IsScalar() {
		result = gorgonia.TensorType{Dims: 1, Of: tensor.Float32}
	}
	o.signature = hm.NewFnType(append(types, result)...)
	n, err := gorgonia.ApplyOp(o, in...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return n, nil
}

func (o *op) Arity() int    { return o.arity }
func (o *op) Type() hm.Type { return o.signature }

func (o *op) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) { return o.out.Shape(), nil }

func (o *op) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	o.tape.note(o, in)
	o.do(in)
	return o.out, nil
}

// UsePreallocDo ignores the memory that is offered.
func (o *op) UsePreallocDo(_ gorgonia.Value, in ...gorgonia.Value) (gorgonia.Value, error) {
	return o.Do(in...)
}

func (o *op) ReturnsPtr() bool      { return true }
func (o *op) CallsExtern() bool     { return false }
func (o *op) OverwritesInput() int  { return -1 }
func (o *op) WriteHash(h hash.Hash) { fmt.Fprint(h, "exemplar:", o.name) }
func (o *op) String() string        { return o.name }

func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *op) DiffWRT(inputs int) []bool {
	if o.grads == nil {
		return make([]bool, inputs)
	}
	return o.wrt
}

func (o *op) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return o.grads(in, out, grad)
}
