package grading

import (
	"cmp"
	"math"
	"slices"
)

// nth brings numbers into an order in which the one at n is where it would be if they were sorted: none
// before it is larger, and none behind it smaller. It is Hoare's selection, by the median of three.
func nth(x []float64, n int) {
	for len(x) > 16 {
		first, middle, last := x[0], x[len(x)/2], x[len(x)-1]
		pivot := max(min(first, middle), min(max(first, middle), last))
		i, j := 0, len(x)-1
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			x = x[:j+1]
		case n >= i:
			x, n = x[i:], n-i
		default:
			return
		}
	}
	slices.SortFunc(x, cmp.Compare[float64])
}

// quantileOf is quantile of numbers in any order, which it changes.
func quantileOf(x []float64, q float64) float64 {
	at := q * float64(len(x)-1)
	i := min(int(at), len(x)-1)
	nth(x, i)
	if i == len(x)-1 {
		return x[i]
	}
	return quantile([]float64{x[i], slices.Min(x[i+1:])}, at-float64(i))
}

// finiteOf returns the numbers that are finite, or infinite one, in an order that it changes.
func finiteOf(x []float64) []float64 {
	finite := slices.DeleteFunc(x, func(v float64) bool { return math.IsInf(v, 1) })
	if len(finite) == 0 {
		return append(finite, math.Inf(1))
	}
	return finite
}
