package grading

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"exemplar/schemas"
)

// mean returns the mean of v, summed in its order.
func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// finiteMean returns the mean of those numbers of v that are finite.
func finiteMean(v []float64) float64 {
	sum, n := 0.0, 0
	for _, x := range v {
		if !math.IsInf(x, 1) {
			sum, n = sum+x, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// quantile returns the q-quantile of sorted numbers, interpolated linearly
// between the two it falls between.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	if i == len(sorted)-1 {
		return sorted[i]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

// score compares the figure of the picks with those of the draws.
func score(picks float64, draws []float64) schemas.Score {
	return schemas.Score{Picks: picks, Random: mean(draws), Low: slices.Min(draws), High: slices.Max(draws)}
}

// scoreDraws is a score that keeps the figures of the draws.
func scoreDraws(picks float64, draws []float64) schemas.Score {
	s := score(picks, draws)
	s.Draws = slices.Sorted(slices.Values(draws))
	return s
}

// interval returns the mean of v with its range.
func interval(v []float64) schemas.Interval {
	return schemas.Interval{Value: mean(v), Low: slices.Min(v), High: slices.Max(v)}
}

// skill returns 1 - Q/Q_random with its range over the draws. Where every random
// selection is perfect nothing can be gained: the skill is 0.
func skill(s schemas.Score) schemas.Interval {
	of := func(random float64) float64 {
		if random == 0 {
			return 0
		}
		return 1 - s.Picks/random
	}
	return schemas.Interval{Value: of(s.Random), Low: of(s.Low), High: of(s.High)}
}

// chiSquareP returns the probability that a χ² variable of that many degrees of
// freedom is at least x.
func chiSquareP(x float64, freedom int) float64 {
	return mathext.GammaIncRegComp(float64(freedom)/2, x/2)
}

// adjustedRand returns the adjusted Rand index of two partitions of the same
// rows (Hubert and Arabie, "Comparing partitions", 1985): 1 for equal ones, 0 on
// average for independent ones.
func adjustedRand(a, b []int32) float64 {
	type cell struct{ a, b int32 }
	cells, rows, cols := map[cell]int{}, map[int32]int{}, map[int32]int{}
	for i := range a {
		cells[cell{a[i], b[i]}]++
		rows[a[i]]++
		cols[b[i]]++
	}
	// Sums of whole numbers below 2^53: exact in any order.
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	both, inA, inB := 0.0, 0.0, 0.0
	for _, n := range cells {
		both += pairs(n)
	}
	for _, n := range rows {
		inA += pairs(n)
	}
	for _, n := range cols {
		inB += pairs(n)
	}
	expected := inA * inB / pairs(len(a))
	most := (inA + inB) / 2
	if len(a) < 2 || most == expected {
		return 1 // both have one group, or both only single rows
	}
	return (both - expected) / (most - expected)
}

// coverageK returns the smallest k for which picks random images are expected to
// cover half of the reference images: the expectation is
// 1 - Π (reference-1-j)/(reference-1+picks-j) over j < k (Naeem et al., 2020).
func coverageK(reference, picks int) int {
	missed := 1.0
	for j := range reference - 1 {
		missed *= float64(reference-1-j) / float64(reference-1+picks-j)
		if missed <= 0.5 {
			return j + 1
		}
	}
	return max(1, reference-1)
}
