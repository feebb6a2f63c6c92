package kernel

import (
	"math"
	"unsafe"
)

// Accumulate adds the numbers of x, times a factor and rounded to the nearest
// integers, ties to even, to sums. No product may exceed an int64.
func (s *Set) Accumulate(sums []int64, x []float32, factor float64) {
	for len(x) > 0 {
		n := min(len(x), callTerms)
		_ = sums[n-1]
		s.accumulate(&sums[0], &x[0], factor, n)
		sums, x = sums[n:], x[n:]
	}
}

// accumulateGeneric adds numbers in fixed point.
func accumulateGeneric(sums *int64, x *float32, factor float64, n int) {
	out := unsafe.Slice(sums, n)
	for i, v := range unsafe.Slice(x, n) {
		out[i] += int64(math.RoundToEven(float64(v) * factor))
	}
}
