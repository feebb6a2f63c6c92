package training

import (
	"math"

	"gorgonia.org/gorgonia"

	"exemplar/model/internal/kernel"
)

// Adam's constants, Keras's defaults.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-7
)

// adam is a gorgonia.Solver that keeps its state beside the weights.
type adam struct {
	*run
	rate  float64
	clip  float64 // largest norm of all gradients together, 0 for any
	steps uint64  // done
	norm  float64 // of the last gradients
}

// elements is the number of weights that a goroutine takes at once.
const elements = 1 << 15

// Step changes the weights, which must be of this package.
func (a *adam) Step(list []gorgonia.ValueGrad) error {
	a.measure(list)
	scale := 1.0
	if a.clip > 0 && a.norm > a.clip {
		scale = a.clip / a.norm
	}
	if math.IsNaN(a.norm) || math.IsInf(a.norm, 0) {
		return ErrNotFinite
	}
	a.steps++
	t := float64(a.steps)
	step := kernel.AdamStep{Scale: float32(scale), C1: 1 - beta1, C2: 1 - beta2,
		Rate: float32(a.rate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))), Epsilon: epsilon}
	for _, x := range list {
		w := x.(*weights)
		a.blocks(len(w.w), elements, func(_, from, to int) {
			a.set.Adam(w.w[from:to], w.m[from:to], w.v[from:to], w.gradient[from:to], step)
		})
	}
	return nil
}

// measure computes the norm of all gradients together, summed by blocks in
// order.
func (a *adam) measure(list []gorgonia.ValueGrad) {
	var total float64
	for _, x := range list {
		g := x.(*weights).gradient
		sums := make([]float64, (len(g)+elements-1)/elements)
		a.blocks(len(g), elements, func(_, from, to int) { sums[from/elements] = a.set.Energy(g[from:to]) })
		for _, s := range sums {
			total += s
		}
	}
	a.norm = math.Sqrt(total)
}
