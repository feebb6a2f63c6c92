package training

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// tolerance of gradients, relative to the norm of all that are compared.
const tolerance = 1e-3

// check compares gradients with central differences of f, of which the argument
// is changed in place, at some random places.
func check(t *testing.T, rng *rand.Rand, samples int, what string, got []float32, x []float64, f func() float64) {
	t.Helper()
	checkBy(t, rng, smallStep, samples, what, got, x, f)
}

// smallStep is what an argument is changed by: small, so that few ReLU have their edge in
// between.
const smallStep = 1e-7

// checkBy does it with changes of size h.
func checkBy(t *testing.T, rng *rand.Rand, h float64, samples int, what string, got []float32, x []float64, f func() float64) {
	t.Helper()
	var off, norm float64
	for range samples {
		i := rng.IntN(len(x))
		was := x[i]
		x[i] = was + h
		up := f()
		x[i] = was - h
		down := f()
		x[i] = was
		want := (up - down) / (2 * h)
		off += (float64(got[i]) - want) * (float64(got[i]) - want)
		norm += want * want
	}
	if !(math.Sqrt(off) <= tolerance*math.Sqrt(norm)) {
		t.Errorf("%s: relative error %.3g of the gradient", what, math.Sqrt(off/norm))
	}
	if norm == 0 {
		t.Errorf("%s: no gradient at all", what)
	}
}

// bench is a graph of one operation, for the test of its gradients.
type bench struct {
	*run
	rng *rand.Rand
}

func newBench(rng *rand.Rand, set *kernel.Set) bench {
	batch := 1 + rng.IntN(5)
	r := &run{crew: crew{workers: 2}, set: set, batch: batch, lead: kernel.Up16(batch), scratch: make([][]float32, 2), seed: 1}
	r.images, r.training = max(1, batch-rng.IntN(2)), true
	for i := range r.slots {
		r.slots[i] = make([]float32, 400_000)
	}
	return bench{r, rng}
}

// values returns random images' numbers in a layout, and in float64.
func (b bench) values(l layout) (x []float32, images [][]float64) {
	x = make([]float32, l.size(b.batch))
	for i := range b.images {
		one := make([]float32, l.shape.Size())
		for j := range one {
			one[j] = float32(b.rng.NormFloat64())
		}
		l.scatter(x, one, i, l.shape)
		images = append(images, wide(one))
	}
	return x, images
}

// images returns the numbers of a batch in a layout, images after each other.
func (b bench) all(l layout, x []float32) (list []float32) {
	for i := range b.images {
		one := make([]float32, l.shape.Size())
		l.gather(one, x, i, l.shape)
		list = append(list, one...)
	}
	return list
}

// dot is the cost Σ r·y over the images at hand.
func (b bench) dot(l layout, r []float32) *op {
	value, dy := gorgonia.NewF32(0), vector(b.slots[0][:l.size(b.batch)])
	if l.lead > 0 {
		dy = vector(make([]float32, l.size(b.batch)))
	}
	return &op{name: "dot", out: value, wrt: []bool{true}, do: func(in []gorgonia.Value) {},
		grads: func(_ gorgonia.Nodes, _, g *gorgonia.Node) (gorgonia.Nodes, error) {
			back := &op{name: "dot input", out: dy, do: func([]gorgonia.Value) { copy(numbers(dy), r) }}
			n, err := back.on(g)
			return gorgonia.Nodes{n}, err
		}}
}

// gradient runs a graph and returns its inputs' gradients.
func (b bench) gradient(t *testing.T, g *gorgonia.ExprGraph, cost *gorgonia.Node, wrt ...*gorgonia.Node) gorgonia.Nodes {
	t.Helper()
	grads, err := gorgonia.Grad(cost, wrt...)
	if err != nil {
		t.Fatal(err)
	}
	if err := gorgonia.NewTapeMachine(g).RunAll(); err != nil {
		t.Fatal(err)
	}
	return grads
}

func input(g *gorgonia.ExprGraph, x []float32) *gorgonia.Node {
	return gorgonia.NewVector(g, tensor.Float32, gorgonia.WithShape(len(x)), gorgonia.WithName("x"), gorgonia.WithValue(vector(x)))
}

// step checks the gradients of a step with respect to its input and its weights.
func (b bench) step(t *testing.T, what string, s step, in layout) {
	t.Helper()
	g := gorgonia.NewGraph()
	x, images := b.values(in)
	node := input(g, x)
	y, err := s.on(signal{node, in})
	if err != nil {
		t.Fatal(err)
	}
	r, factors := b.values(y.layout)
	cost, err := b.dot(y.layout, r).on(y.Node)
	if err != nil {
		t.Fatal(err)
	}
	var wrt gorgonia.Nodes
	w, weighted := s.(*weighted)
	if !weighted || w.input {
		wrt = append(wrt, node)
	}
	var kernel, bias []float64
	if weighted {
		wrt = append(wrt, w.weights.node(g))
		k, b := w.weights.unpack(w.weights.w)
		kernel, bias = wide(k), wide(b)
	}
	grads := b.gradient(t, g, cost, wrt...)
	f := func() (sum float64) {
		for i, image := range images {
			for j, v := range reference(s, image, kernel, bias, i) {
				sum += v * factors[i][j]
			}
		}
		return sum
	}
	if weighted {
		k, c := w.weights.unpack(w.weights.gradient)
		check(t, b.rng, 16, what+": kernel", k, kernel, f)
		check(t, b.rng, 16, what+": bias", c, bias, f)
	}
	if !weighted || w.input {
		dx := b.all(in, numbers(grads[0].Value()))
		n := in.shape.Size()
		i := b.rng.IntN(len(images))
		check(t, b.rng, 16, what+": input", dx[i*n:(i+1)*n], images[i], f)
	}
}

// weighted returns a layer with random weights.
func (b bench) weighted(made layer, l model.Layer) *weighted {
	w := newWeights("test", l, made.size(), true)
	kernel, bias := w.unpack(w.w)
	for _, x := range [][]float32{kernel, bias} {
		for i := range x { // sums of some units, where no activation is flat
			x[i] = float32(b.rng.NormFloat64() / math.Sqrt(float64(len(x)/len(bias))))
		}
	}
	w.pack(w.w, kernel, bias)
	return newWeighted(b.run, made, l, w, l.Name != "first")
}

var activations = []string{model.ActReLU, model.ActLinear, model.ActSigmoid, model.ActTanh}

// TestStepGradients checks every step with weights or without against central
// differences of its definition in float64, for random shapes.
func TestStepGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	shape := func(channels int) model.Shape {
		return model.Shape{Height: 2 + rng.IntN(6), Width: 2 + rng.IntN(6), Channels: channels}
	}
	for i, set := range slices.Concat(kernel.All(), kernel.All(), kernel.All(), kernel.All()) {
		b := newBench(rng, set)
		act := activations[i%4]
		out := func(s model.Shape, channels int) model.Shape { s.Channels = channels; return s }

		in := shape(1 + rng.IntN(40))
		l := model.Layer{Kind: model.KindConv, In: in, Out: out(in, 1+rng.IntN(40)), Activation: act}
		at := planes(in, kernel.Up16(in.Channels))
		b.step(t, fmt.Sprintf("%s: %+v", set.Name(), l), b.weighted(newConv(b.run, l, at, false), l), at)

		l.Out.Channels = 1 + rng.IntN(16)
		b.step(t, fmt.Sprintf("%s, last: %+v", set.Name(), l), b.weighted(newConv(b.run, l, at, true), l), at)

		in = shape(1 + rng.IntN(16))
		l = model.Layer{Kind: model.KindConv, Name: "first", In: in, Out: out(in, 1+rng.IntN(40)), Activation: act}
		at = planes(in, in.Channels)
		b.step(t, fmt.Sprintf("%s: %+v", set.Name(), l), b.weighted(newConv(b.run, l, at, false), l), at)

		in = shape(1 + rng.IntN(40))
		l = model.Layer{Kind: model.KindConvT, In: in, Out: model.Shape{Height: 2 * in.Height, Width: 2 * in.Width, Channels: 1 + rng.IntN(40)}, Activation: act}
		at = planes(in, kernel.Up16(in.Channels))
		b.step(t, fmt.Sprintf("%s: %+v", set.Name(), l), b.weighted(newTransposed(b.run, l, at), l), at)

		in = shape(1 + rng.IntN(40))
		l = model.Layer{Kind: model.KindDense, In: in, Out: model.Shape{Height: 1, Width: 1, Channels: 1 + rng.IntN(300)}, Activation: act}
		at = b.vectors(in.Size())
		b.step(t, fmt.Sprintf("%s: %+v", set.Name(), l), b.weighted(newDense(b.run, l), l), at)

		in = shape(1 + rng.IntN(40))
		at = planes(in, kernel.Up16(in.Channels))
		flat := b.vectors(in.Size())
		b.step(t, "flatten", newReshaping(b.run, at, flat), at)
		b.step(t, "reshape", newReshaping(b.run, flat, at), flat)

		in.Height, in.Width = in.Height+1, in.Width+1
		l = model.Layer{Kind: model.KindPool, In: in, Out: model.Shape{Height: in.Height / 2, Width: in.Width / 2, Channels: in.Channels}}
		b.step(t, fmt.Sprintf("%+v", l), newPooling(b.run, l), planes(in, kernel.Up16(in.Channels)))

		at = b.vectors(2 * (1 + rng.IntN(30)))
		b.step(t, "sample", newSampling(b.run, at), at)
		b.step(t, "dropout", newDropout(b.run, 3, 0.4, b.vectors(40)), b.vectors(40))
	}
}

// TestLossGradients does the same for the losses.
func TestLossGradients(t *testing.T) {
	rng := rand.New(rand.NewPCG(33, 34))
	for range 4 {
		for _, set := range kernel.All() {
			b := newBench(rng, set)
			cost := func(what string, at layout, on func(signal) (*gorgonia.Node, error), f func(images [][]float64) float64) {
				t.Helper()
				g := gorgonia.NewGraph()
				x, images := b.values(at)
				node := input(g, x)
				cost, err := on(signal{node, at})
				if err != nil {
					t.Fatal(err)
				}
				grads := b.gradient(t, g, cost, node)
				value := float64(scalar(cost.Value()))
				if want := f(images); !(math.Abs(value-want) <= 1e-5*math.Abs(want)) {
					t.Errorf("%s is %v, want %v", what, value, want)
				}
				dx := b.all(at, numbers(grads[0].Value()))
				n := at.shape.Size()
				for i, image := range images {
					check(t, rng, 16, what, dx[i*n:(i+1)*n], image, func() float64 { return f(images) })
				}
			}
			from := model.Shape{Height: 2 + rng.IntN(9), Width: 2 + rng.IntN(9), Channels: 1 + rng.IntN(16)}
			shape := model.Shape{Height: from.Height - rng.IntN(2), Width: from.Width - rng.IntN(2), Channels: from.Channels}
			for _, kind := range []string{LossMSE, LossMAE, LossBCE} {
				for _, at := range []layout{planes(from, 16), b.vectors(from.Size())} {
					inner, outer := shape, from
					if at.lead > 0 {
						inner, outer = at.shape, at.shape
					}
					l := newReconstruction(b.run, kind, at, inner)
					for i := range l.target {
						l.target[i] = rng.Float32()
					}
					cost(kind, at, l.on, func(images [][]float64) (sum float64) {
						n := inner.Size()
						for i, y := range images {
							sum += referenceLoss(kind, outer, inner, y, l.target[i*n:(i+1)*n])
						}
						return sum / float64(n*b.images)
					})
				}
			}
			at := b.vectors(2 * (1 + rng.IntN(20)))
			mean := func(factor float64, f func([]float64) float64) func([][]float64) float64 {
				return func(images [][]float64) (sum float64) {
					for _, x := range images {
						sum += factor * f(x)
					}
					return sum / float64(b.images)
				}
			}
			cost("l1", at, newL1(b.run, 0.3, at).on, mean(0.3, referenceL1))
			cost("kl", at, newKL(b.run, 0.7, at).on, mean(0.7, referenceKL))
			classes := newClassification(b.run, at)
			for range b.images {
				classes.labels = append(classes.labels, rng.IntN(at.shape.Size()))
			}
			cost(LossCrossEntropy, at, classes.on, func(images [][]float64) (sum float64) {
				for i, x := range images {
					sum -= math.Log(referenceSoftmax(x)[classes.labels[i]]) / float64(b.images)
				}
				return sum
			})
		}
	}
}
