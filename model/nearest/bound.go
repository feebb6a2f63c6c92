package nearest

import "math"

const (
	maxDimension = 1 << 16
	span         = 32700 // norm of a row of integers

	minNorm, maxNorm = 1e-12, 1e18 // between which no step of a score overflows or is subnormal

	u = 0x1p-24
)

// ordinary reports whether scores can be computed from a row of that norm.
func ordinary(norm float64) bool { return norm >= minNorm && norm <= maxNorm }

// bound is how far a center's computed score may lie below its true one, for a
// row of norm X: 2·slope·X + level. See the package's documentation.
type bound struct{ slope, level float64 }

// newBound takes the norm of a center less the mean, and the norm of what
// rounding took from it.
func newBound(d int, norm, lost float64) bound {
	return bound{
		slope: float64(1.012*(float64((math.Sqrt(float64(d))/(2*span)+3*u)*(norm+lost))+lost+float64(8*u*norm))) + 1e-30,
		level: 6.1 * u * norm * norm / 2,
	}
}

// offset returns the offset of a center of that norm, low by what the rounding
// of it and of the score may add.
func offset(norm float64) float32 { return float32(norm * norm / 2 * (1 - 4*u)) }

// gap returns slope for a row whose integers have the norm span.
func (b bound) gap() float32 { return float32(b.slope * span) }

// margin returns what another center's score must be above that of this one,
// which is at squared distance d2, for its SquaredDistance to be above d2; norm
// is that of the row of d dimensions less the mean.
func (b bound) margin(d int, norm, d2 float64) float64 {
	definition := float64(d+8) * 0x1p-53 // relative error of SquaredDistance
	return float64(2*b.slope*norm) + b.level + float64(2*definition*d2)
}
