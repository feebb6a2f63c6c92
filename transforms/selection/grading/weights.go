package grading

import (
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// weightsOf returns the weights of picks, nil where they are not known.
func weightsOf(picks []schemas.Pick) []float64 {
	if !schemas.Weighted(picks) {
		return nil
	}
	weights := make([]float64, len(picks))
	for i, p := range picks {
		weights[i] = p.Weight
	}
	return weights
}

// weighted reports whether the picks of a set have weights.
func (g *grader) weighted() bool {
	return slices.ContainsFunc(g.Sets, func(s Set) bool { return s.Weights != nil })
}

// drawWeights returns the weights of the random selections of n images of a scope: of the
// scope's images of the sample, the share that each is nearest to, in the space of the
// selection.
func (g *grader) drawWeights(sc *scope, n int) [][]float64 {
	if weights := g.drawn[sc][n]; weights != nil {
		return weights
	}
	x, d := g.Sample.X, g.Sample.D
	evaluated, pool := sc.evaluatedRows(x, d), sc.poolRows(x, d)
	weights := make([][]float64, len(sc.draws))
	for r := range weights {
		index := nearest.New(nearest.Widen(gathered(pool, d, sc.draws[r][:n])), d)
		weights[r] = make([]float64, n)
		for _, images := range [][]float32{evaluated, pool} {
			for _, pick := range assign(index, images) {
				weights[r][pick]++
			}
		}
		for i := range weights[r] {
			weights[r][i] /= float64(sc.rows + sc.size)
		}
	}
	if g.drawn == nil {
		g.drawn = map[*scope]map[int][][]float64{}
	}
	if g.drawn[sc] == nil {
		g.drawn[sc] = map[int][][]float64{}
	}
	g.drawn[sc][n] = weights
	return weights
}

// shares returns the first n weights as shares of their sum: equal ones where that is 0, as
// it is where the first picks of many have the vectors of others.
func shares(weights []float64, n int) []float64 {
	if weights == nil {
		return nil
	}
	sum := 0.0
	for _, w := range weights[:n] {
		sum += w
	}
	out := make([]float64, n)
	for i, w := range weights[:n] {
		if out[i] = w / sum; sum == 0 {
			out[i] = 1 / float64(n)
		}
	}
	return out
}

// weightedKernel adds up the parts of the squared maximum mean discrepancy of weighted picks.
type weightedKernel struct {
	weights    []float64 // nil: nothing is added up
	own        float64
	sum, pairs float64 // over picks and reference images
}

// add adds pick i: kernel is the sum of its kernels over the reference images, whose squared
// distances are in across, infinite where it is one of them; among has the kernels of all picks.
func (k *weightedKernel) add(i int, across, among []float64, kernel float64) {
	if k.weights == nil {
		return
	}
	w := k.weights[i]
	compared := len(across)
	if slices.Contains(across, math.Inf(1)) {
		compared--
	}
	k.sum += float64(w * kernel)
	k.pairs += float64(w * float64(compared))
	inner := 0.0
	for j, kernel := range among {
		inner += float64(k.weights[j] * kernel)
	}
	k.own += float64(w * inner)
}

// mixed returns twice the mean kernel between picks and reference images.
func (k *weightedKernel) mixed() float64 {
	if k.pairs == 0 {
		return 0
	}
	return 2 * k.sum / k.pairs
}
