package kmeans

import (
	"math"
	"math/bits"
)

// Scale fixes the point of the exact sums of a set of rows.
//
// A coordinate v is summed as the integer nearest to v·2^Shift. Shift is the
// largest for which n values of magnitude maxAbs cannot overflow an int64, so a
// mean differs from the true one by at most 2^-(Shift+1), which is less than
// maxAbs · n · 2^-61: 1e-12 of the largest coordinate for a million rows, besides the
// rounding of the final division. Coordinates above maxAbs · n · 2^-36 are summed
// without any error.
//
// A squared distance is summed in 128 bits with 2^(Bound-124) as its unit, where
// 2^Bound exceeds any sum of n of them in d dimensions.
type Scale struct {
	Shift int
	Bound int
}

// NewScale returns the scale for n rows of d coordinates of magnitude up to maxAbs.
func NewScale(maxAbs float64, n int64, d int) Scale {
	_, e := math.Frexp(maxAbs) // maxAbs < 2^e
	rows := bits.Len64(uint64(n))
	return Scale{
		Shift: 62 - e - rows,
		Bound: 2*e + 2 + bits.Len64(uint64(d)) + rows,
	}
}

// Factor returns 2^Shift.
func (s Scale) Factor() float64 { return math.Ldexp(1, s.Shift) }

// Mean writes sum/n, as real numbers, to dst.
func (s Scale) Mean(dst []float64, sum []int64, n int64) {
	for j, v := range sum {
		dst[j] = math.Ldexp(float64(v)/float64(n), -s.Shift)
	}
}

// WideSum is a sum of non-negative float64 values in 128-bit fixed point.
type WideSum struct {
	Hi, Lo uint64
}

// Add adds v, 0 <= v < 2^Bound, dropping what lies below the unit.
func (w *WideSum) Add(v float64, s Scale) {
	if v == 0 {
		return
	}
	frac, exp := math.Frexp(v)
	m := uint64(math.Ldexp(frac, 53))
	var hi, lo uint64
	switch shift := exp - 53 - (s.Bound - 124); {
	case shift >= 64:
		hi = m << (shift - 64)
	case shift >= 0:
		hi, lo = m>>(64-shift), m<<shift
	default:
		lo = m >> min(-shift, 63)
	}
	w.Merge(WideSum{hi, lo})
}

// Merge adds another sum of the same scale.
func (w *WideSum) Merge(o WideSum) {
	var carry uint64
	w.Lo, carry = bits.Add64(w.Lo, o.Lo, 0)
	w.Hi, _ = bits.Add64(w.Hi, o.Hi, carry)
}

// Less reports whether w is smaller than another sum of the same scale.
func (w WideSum) Less(o WideSum) bool {
	return w.Hi < o.Hi || w.Hi == o.Hi && w.Lo < o.Lo
}

// Value returns the sum as a real number.
func (w WideSum) Value(s Scale) float64 {
	return math.Ldexp(math.Ldexp(float64(w.Hi), 64)+float64(w.Lo), s.Bound-124)
}
