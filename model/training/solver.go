package training

import (
	"cmp"
	"math"

	"gorgonia.org/gorgonia"

	"exemplar/model/internal/kernel"
)

// Optimizers of Config.
const (
	OptimizerAdam = "adam" // Kingma and Ba, Adam: A Method for Stochastic Optimization, 2015
	OptimizerSGD  = "sgd"  // stochastic gradient descent, with momentum
)

// DefaultMomentum is the usual Config.Momentum.
const DefaultMomentum = 0.9

// Adam's constants, Keras's defaults.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-7
)

// solver is a gorgonia.Solver that keeps its state beside the weights.
type solver struct {
	*run
	kind     string
	momentum float64
	rate     float64
	clip     float64 // largest norm of all gradients together, 0 for any
	steps    uint64  // done
	norm     float64 // of the last gradients
}

func newSolver(r *run, cfg Config) *solver {
	return &solver{run: r, kind: cmp.Or(cfg.Optimizer, OptimizerAdam), momentum: cfg.Momentum, clip: cfg.ClipNorm}
}

// part is a range of the weights of a layer.
type part struct {
	*weights
	from, to int
}

// parts are ranges of size, or what is left, of the weights of a list, in order: small
// layers and large ones share one task.
func parts(list []gorgonia.ValueGrad, size int) (all []part) {
	for _, x := range list {
		w := x.(*weights)
		for from := 0; from < len(w.w); from += size {
			all = append(all, part{w, from, min(from+size, len(w.w))})
		}
	}
	return all
}

// The number of weights that a goroutine takes at once. That of the norm is part of the
// numerics.
const (
	normElements = 1 << 15
	elements     = 1 << 13
)

// Step changes the weights, which must be of this package.
func (s *solver) Step(list []gorgonia.ValueGrad) error {
	s.measure(list)
	scale := 1.0
	if s.clip > 0 && s.norm > s.clip {
		scale = s.clip / s.norm
	}
	if math.IsNaN(s.norm) || math.IsInf(s.norm, 0) {
		return ErrNotFinite
	}
	s.steps++
	change := s.descend(scale)
	if s.kind == OptimizerAdam {
		change = s.adam(scale)
	}
	all := parts(list, elements)
	s.each(len(all), func(_, i int) { change(all[i].weights, all[i].from, all[i].to) })
	return nil
}

// adam returns what a step of Adam does to a range of weights, given the factor of their
// gradients.
func (s *solver) adam(scale float64) func(w *weights, from, to int) {
	t := float64(s.steps)
	step := kernel.AdamStep{Scale: float32(scale), C1: 1 - beta1, C2: 1 - beta2,
		Rate: float32(s.rate * math.Sqrt(1-math.Pow(beta2, t)) / (1 - math.Pow(beta1, t))), Epsilon: epsilon}
	return func(w *weights, from, to int) {
		s.set.Adam(w.w[from:to], w.m[from:to], w.v[from:to], w.gradient[from:to], step)
	}
}

// descend does the same for gradient descent with momentum, as Keras computes it: the
// velocity v becomes momentum·v - rate·gradient, and is added to the weights. Each
// operation is rounded by itself.
func (s *solver) descend(scale float64) func(w *weights, from, to int) {
	momentum, factor := float32(s.momentum), float32(s.rate*scale)
	return func(w *weights, from, to int) {
		v, x := w.m[from:to], w.w[from:to]
		for i, g := range w.gradient[from:to] {
			v[i] = float32(momentum*v[i]) - float32(factor*g)
			x[i] += v[i]
		}
	}
}

// measure computes the norm of all gradients together, summed by blocks in
// order.
func (s *solver) measure(list []gorgonia.ValueGrad) {
	all := parts(list, normElements)
	sums := make([]float64, len(all))
	s.each(len(all), func(_, i int) { sums[i] = s.set.Energy(all[i].gradient[all[i].from:all[i].to]) })
	var total float64
	for _, sum := range sums {
		total += sum
	}
	s.norm = math.Sqrt(total)
}
