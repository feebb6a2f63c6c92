package kmeans

import (
	"math"
	"math/rand/v2"
	"slices"

	"exemplar/model/nearest"
)

// perDraw returns how many of the nearest.Few rows that are drawn at a time
// become seeds, out of k. With more seeds the distribution that they are drawn
// from moves less from one to the next.
func perDraw(k int) int { return min(max(k/50, 1), 4) }

// plusPlus draws up to k rows of a sample as seeds by greedy k-means++ (Arthur
// and Vassilvitskii, 2007): candidates are drawn with probability proportional to
// weight times squared distance to the nearest seed so far, and the best of them
// becomes the next seed. Here it is the best of nearest.Few, and where there are
// many clusters the best one of the others may be the next again, and so on, up to
// perDraw seeds a draw.
//
// It returns fewer than k rows where the sample has fewer distinct ones, and the
// weighted sum of squared distances to the nearest seed, in the units of rows. The
// result depends on the sample, k and the generator alone.
func plusPlus(s Sample, rows *nearest.Rows, k int, rng *rand.Rand) (seeds []int32, potential float64) {
	g := &greedy{weights: s.Weights, near: make([]float32, s.Len()), closer: make([][nearest.Few]float32, s.Len())}
	for i := range g.near {
		g.near[i] = float32(math.Inf(1))
	}
	cumulated := make([]float64, s.Len())
	sum := cumulate(cumulated, s.Weights, nil)
	for draws := 1; sum > 0; draws = nearest.Few {
		candidates := make([]int32, draws)
		for c := range candidates {
			candidates[c] = int32(pick(cumulated, rng))
		}
		g.offer(rows, candidates)
		for range min(perDraw(k), k-len(seeds)) {
			if c := g.best(candidates); c >= 0 {
				seeds = append(seeds, candidates[c])
				g.take(c, candidates[c])
			}
		}
		sum = cumulate(cumulated, s.Weights, g.near)
		if len(seeds) == k {
			break
		}
	}
	return seeds, sum
}

// greedy is the state of plusPlus between two draws.
type greedy struct {
	weights []float64
	near    []float32 // squared distance to the nearest seed

	// Of the rows that are nearer to a candidate than to a seed: their numbers, and
	// their squared distances to the candidates.
	affected []int32
	closer   [][nearest.Few]float32
}

// offer measures the distances to candidates.
func (g *greedy) offer(rows *nearest.Rows, candidates []int32) {
	g.affected = g.affected[:0]
	rows.Closer(g.near, candidates, func(i int, d2 *[nearest.Few]float32) {
		g.closer[len(g.affected)] = *d2
		g.affected = append(g.affected, int32(i))
	})
}

// best returns the candidate that reduces the potential most, or -1 where none does.
func (g *greedy) best(candidates []int32) int {
	var gain [nearest.Few]float64
	for a, i := range g.affected {
		w, near := g.weights[i], g.near[i]
		for c, d2 := range &g.closer[a] {
			if d2 < near {
				gain[c] += float64(w * (float64(near) - float64(d2)))
			}
		}
	}
	best := -1
	for c := range candidates {
		if gain[c] > 0 && (best < 0 || gain[c] > gain[best]) {
			best = c
		}
	}
	return best
}

// take makes a candidate a seed.
func (g *greedy) take(c int, row int32) {
	for a, i := range g.affected {
		g.near[i] = min(g.near[i], g.closer[a][c])
	}
	g.near[row] = 0
}

// cumulate writes the running sums of w, times factor where given, to dst, and
// returns the sum.
func cumulate(dst, w []float64, factor []float32) float64 {
	sum := 0.0
	for i, v := range w {
		if factor != nil {
			v = float64(v * float64(factor[i]))
		}
		sum += v
		dst[i] = sum
	}
	return sum
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
