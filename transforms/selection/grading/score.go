package grading

import (
	"math"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// measureDraws takes the figures of the random selections of n images, weighted where
// their weights are given.
func (p *panel) measureDraws(n int, weights [][]float64, neighbors []float64) []measures {
	out := make([]measures, len(p.draws))
	parallel.All(len(p.draws), func(r int) {
		var own []float64
		if weights != nil {
			own = weights[r]
		}
		out[r] = p.measure(gathered(p.pool, p.d, p.draws[r][:n]), nil, own, neighbors)
	})
	return out
}

// grade compares the figures of the picks with those of the draws.
func (p *panel) grade(m measures, random []measures, weighted bool) schemas.SpaceGrade {
	compare := func(figure func(measures) float64) schemas.Score {
		draws := make([]float64, len(random))
		for i, r := range random {
			draws[i] = figure(r)
		}
		return scoreDraws(figure(m), draws)
	}
	g := schemas.SpaceGrade{
		Quantization: compare(func(m measures) float64 { return m.quantization }),
		RadiusP50:    compare(func(m measures) float64 { return m.p50 }),
		RadiusP99:    compare(func(m measures) float64 { return m.p99 }),
		RadiusMax:    compare(func(m measures) float64 { return m.max }),
		Coverage:     compare(func(m measures) float64 { return m.coverage }),
		MMD2:         compare(func(m measures) float64 { return m.mmd2 }),
		Redundant:    compare(func(m measures) float64 { return m.redundant }),
		Outliers:     compare(func(m measures) float64 { return m.outliers }),
		Bandwidth:    math.Sqrt(1 / (2 * p.gamma)),
		Equivalent:   p.equivalent(m.onReference),
	}
	if weighted {
		score := compare(func(m measures) float64 { return m.weighted })
		g.WeightedMMD2 = &score
	}
	g.Skill = skill(g.Quantization)
	return g
}
