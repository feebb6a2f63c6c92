package clustering

import (
	"math"
	"math/rand/v2"
	"slices"

	"exemplar/model/nearest"
)

// plusPlus draws up to k seeds from a sample by greedy k-means++ (Arthur and
// Vassilvitskii, 2007): each next seed is the best of 2 + ln k candidates drawn
// with probability proportional to weight times squared distance to the nearest
// seed so far. It returns fewer than k rows where the sample has fewer distinct
// ones. The result depends on the sample, k and the generator alone.
func plusPlus(s Sample, k int, rng *rand.Rand) []float64 {
	trials := 2 + int(math.Log(float64(k)))
	cumulated := make([]float64, s.Len())
	first := pick(cumulate(cumulated, s.Weights, nil), rng)
	seeds := widen(s.Row(first))

	near := make([]float64, s.Len()) // squared distance to the nearest seed
	nearest.SquaredDistances(near, s.X, seeds)
	best, trial := make([]float64, s.Len()), make([]float64, s.Len())
	for len(seeds) < k*s.D {
		cumulate(cumulated, s.Weights, near)
		if !(cumulated[len(cumulated)-1] > 0) {
			break // every row is a seed already
		}
		bestCost, bestRow := math.Inf(1), -1
		for range trials {
			row := pick(cumulated, rng)
			if cost := s.closer(trial, near, row); cost < bestCost || bestRow < 0 {
				bestCost, bestRow = cost, row
				best, trial = trial, best
			}
		}
		near, best = best, near
		seeds = append(seeds, widen(s.Row(bestRow))...)
	}
	return seeds
}

// closer writes to dst what near becomes when row is a seed, too, and returns
// the weighted sum of that.
func (s Sample) closer(dst, near []float64, row int) (cost float64) {
	nearest.SquaredDistances(dst, s.X, widen(s.Row(row)))
	for i, limit := range near {
		dst[i] = min(dst[i], limit)
		cost += float64(s.Weights[i] * dst[i])
	}
	return cost
}

// cumulate writes the running sums of w (times factor, where given) to dst.
func cumulate(dst, w, factor []float64) []float64 {
	sum := 0.0
	for i, v := range w {
		if factor != nil {
			v = float64(v * factor[i])
		}
		sum += v
		dst[i] = sum
	}
	return dst
}

// pick draws an index with probability proportional to its step in cumulated.
func pick(cumulated []float64, rng *rand.Rand) int {
	u := rng.Float64() * cumulated[len(cumulated)-1]
	i, found := slices.BinarySearch(cumulated, u)
	for found && i < len(cumulated)-1 && cumulated[i] <= u {
		i++ // a step begins behind its lower edge; steps of height 0 are never drawn
	}
	return min(i, len(cumulated)-1)
}
