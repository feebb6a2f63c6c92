package training

import (
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"exemplar/model"
	"exemplar/model/internal/kernel"
	"exemplar/model/normal"
)

// weights are those of one layer: kernel, then bias, in one piece of memory, the
// rows of dense kernels and biases padded with zeros to whole blocks of 16.
type weights struct {
	name     string // "encoder.conv0"
	layer    model.Layer
	w        []float32
	m, v     []float32 // Adam's moments; m is the velocity of stochastic gradient descent, which has no v
	gradient []float32
	value    gorgonia.Value
	grad     gorgonia.Value
	nodes    map[*gorgonia.ExprGraph]*gorgonia.Node
}

// newWeights returns weights of zero; moments says that there is a second moment.
func newWeights(name string, l model.Layer, size int, moments bool) *weights {
	w := &weights{name: name, layer: l, nodes: map[*gorgonia.ExprGraph]*gorgonia.Node{}}
	w.w, w.m, w.gradient = allocate(size), allocate(size), allocate(size)
	if moments {
		w.v = allocate(size)
	}
	w.value, w.grad = vector(w.w), vector(w.gradient)
	return w
}

// Value and Grad make it a gorgonia.ValueGrad.
func (w *weights) Value() gorgonia.Value         { return w.value }
func (w *weights) Grad() (gorgonia.Value, error) { return w.grad, nil }

// node returns the weights as an input of a graph.
func (w *weights) node(g *gorgonia.ExprGraph) *gorgonia.Node {
	if w.nodes[g] == nil {
		w.nodes[g] = gorgonia.NewVector(g, tensor.Float32, gorgonia.WithShape(len(w.w)), gorgonia.WithName(w.name), gorgonia.WithValue(w.value))
	}
	return w.nodes[g]
}

// padding returns how kernel and bias lie in memory: rows of n numbers that are
// lanes apart.
func (w *weights) padding() (rows, n, lanes int) {
	shape := w.layer.KernelShape()
	if w.layer.Kind == model.KindDense {
		return shape[0], shape[1], kernel.Up16(shape[1])
	}
	n = len(w.w) - w.layer.Out.Channels
	return 1, n, n
}

// unpack copies kernel and bias, without padding, from w or one of Adam's
// moments.
func (w *weights) unpack(from []float32) (kernel, bias []float32) {
	rows, n, lanes := w.padding()
	for i := range rows {
		kernel = append(kernel, from[i*lanes:][:n]...)
	}
	return kernel, append(bias, from[rows*lanes:][:w.layer.Out.Channels]...)
}

// pack is the reverse of unpack.
func (w *weights) pack(to, kernel, bias []float32) {
	rows, n, lanes := w.padding()
	for i := range rows {
		copy(to[i*lanes:], kernel[i*n:(i+1)*n])
	}
	copy(to[rows*lanes:], bias)
}

// initialize draws the kernel from Glorot's uniform distribution, as Keras does,
// and sets the bias to zero. Heads is the number of layers that share the
// kernel's columns.
func (w *weights) initialize(rng *rand.Rand, heads int) {
	shape := w.layer.KernelShape()
	in, out := shape[len(shape)-2], shape[len(shape)-1]/heads
	if len(shape) == 4 {
		in, out = 9*in, 9*out
	}
	limit := math.Sqrt(6 / float64(in+out))
	size := 1
	for _, d := range shape {
		size *= d
	}
	kernel := make([]float32, size)
	for i := range kernel {
		kernel[i] = float32(float64((2*rng.Float64() - 1) * limit))
	}
	w.pack(w.w, kernel, make([]float32, w.layer.Out.Channels))
}

// initializeNormal draws kernel and bias from a normal distribution of mean zero.
func (w *weights) initializeNormal(rng *rand.Rand, deviation float64) {
	size := 1
	for _, d := range w.layer.KernelShape() {
		size *= d
	}
	kernel, bias := make([]float32, size), make([]float32, w.layer.Out.Channels)
	for _, x := range [][]float32{kernel, bias} {
		for i := range x {
			x[i] = float32(deviation * normal.Draw(rng))
		}
	}
	w.pack(w.w, kernel, bias)
}
