package kernel

import "math"

// fma returns x·y + z, rounded once. The product is exact in float64, so only
// the sum is rounded before the conversion to float32, mostly without harm.
func fma(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	if twice(s) {
		return fmaOdd(float64(x)*float64(y), float64(z))
	}
	return float32(s)
}

// twice reports whether rounding s, a rounded float64, to float32 may differ from
// rounding once: where s is the middle of two float32 numbers, or where the
// result has fewer bits because it is subnormal.
func twice(s float64) bool {
	const middle, minNormal = 1 << 28, 0x3810_0000_0000_0000 // the latter is 2^-126
	b := math.Float64bits(s)
	return b&(2*middle-1) == middle || b<<1-1 < minNormal<<1-1 // not for s = 0
}

// fmaOdd adds with rounding to odd, after which a second rounding is harmless:
// Boldo and Melquiond, Emulation of FMA and correctly rounded sums, 2008.
func fmaOdd(p, z float64) float32 {
	s := p + z
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return float32(s)
	}
	t := s - p
	e := (p - (s - t)) + (z - t) // p+z = s+e exactly
	if b := math.Float64bits(s); e != 0 && b&1 == 0 {
		if (e > 0) == (s > 0) {
			b++
		} else {
			b--
		}
		s = math.Float64frombits(b)
	}
	return float32(s)
}

// bounded returns the larger of lo and x as the vector units do.
func bounded(lo, x float32) float32 {
	if lo > x {
		return lo
	}
	return x
}
