package kernel

import (
	"math"
	"unsafe"
)

// Sigmoid replaces numbers by their logistic function, 1/(1+e^-x), with an error
// of at most 0.51 units in the last place.
func (s *Set) Sigmoid(x []float32) {
	const most = 1 << 14 // numbers a call
	for len(x) >= 8 {
		n := min(len(x)&^7, most)
		s.sigmoid(&x[0], n)
		x = x[n:]
	}
	if len(x) > 0 {
		var rest [8]float32
		copy(rest[:], x)
		s.sigmoid(&rest[0], len(rest))
		copy(x, rest[:])
	}
}

// expTerms are the coefficients 1/i! of e^r's series, the last first. For
// |r| <= ln2/2 what is left out is below 1e-11.
var expTerms = [...]float64{1. / 362880, 1. / 40320, 1. / 5040, 1. / 720, 1. / 120, 1. / 24, 1. / 6, 1. / 2, 1, 1}

// sigmoidGeneric computes in float64, every operation rounded by itself. With
// v = -x = k·ln2 + r, e^v is 2^k times a polynomial in r. The sum of v·log2(e)
// and 3·2^51 has k as its last bits; shifted, they add to the exponent. Of NaN
// these bits are zero, so that it stays NaN.
func sigmoidGeneric(x *float32, n int) {
	const limit, magic = 700, 3 << 51
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	for i, number := range unsafe.Slice(x, n) {
		v := 0 - float64(number)
		if limit < v {
			v = limit
		}
		if -limit > v {
			v = -limit
		}
		t := float64(v*math.Log2E) + magic
		k := t - magic
		r := v - float64(k*ln2Hi)
		r -= float64(k * ln2Lo)
		p := expTerms[0]
		for _, c := range expTerms[1:] {
			p = float64(p*r) + c
		}
		p = math.Float64frombits(math.Float64bits(p) + math.Float64bits(t)<<52)
		*add(x, i) = float32(1 / (1 + p))
	}
}
