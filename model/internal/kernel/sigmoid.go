package kernel

import (
	"math"
	"unsafe"
)

// Sigmoid replaces numbers by their logistic function, 1/(1+e^-x), with an error
// of at most 3 units in the last place; below -87 it is that of -87, 1.6e-38.
func (s *Set) Sigmoid(x []float32) {
	if done := wholeBlocks(len(x), func(i, n int) { s.sigmoid(&x[i], n) }); done < len(x) {
		var rest [16]float32
		copy(rest[:], x[done:])
		s.sigmoid(&rest[0], len(rest))
		copy(x[done:], rest[:])
	}
}

// expTerms are the coefficients 1/i! of e^r's series, the last first. For
// |r| <= ln2/2 what is left out is below 1e-8.
var expTerms = [...]float32{1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1}

// sigmoidGeneric computes e^v, v = -x = k·ln2 + r, as 2^k times a polynomial in
// r, with fused multiply-add. ln2 is in two parts, of which the first has few
// bits (Cody and Waite, 1980).
func sigmoidGeneric(x *float32, n int) {
	const limit = 87 // e^87 and its reciprocal are normal numbers
	const ln2Hi, ln2Lo = 0.693359375, -2.12194440e-4
	for i, number := range unsafe.Slice(x, n) {
		v := 0 - number
		if limit < v {
			v = limit
		}
		if -limit > v {
			v = -limit
		}
		if v == v {
			k := float32(math.RoundToEven(float64(float32(v * math.Log2E))))
			r := fma(-k, ln2Lo, fma(-k, ln2Hi, v))
			p := expTerms[0]
			for _, c := range expTerms[1:] {
				p = fma(p, r, c)
			}
			p = math.Float32frombits(math.Float32bits(p) + uint32(int32(k))<<23)
			v = 1 / (1 + p)
		}
		*add(x, i) = v
	}
}
