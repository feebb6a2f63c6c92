package aligning

import "math"

// Angles are whole millidegrees.
const (
	right = 90_000
	half  = 180_000
	full  = 360_000
)

// one is the unit of sines and cosines.
const one = 1 << 30

// steps are the arcs of tangent 2^-i, in units of 2^-20 millidegrees.
var steps = [...]int64{
	47185920000, 27855475103, 14718068031, 7471121143, 3750058394, 1876857306, 938657668, 469357477,
	234682319, 117341607, 58670860, 29335437, 14667719, 7333860, 3666930, 1833465,
	916732, 458366, 229183, 114592, 57296, 28648, 14324, 7162, 3581, 1790, 895, 448,
}

// gain is what the steps stretch a vector by: the product of the square roots of 1 + 2^-2i, as a fraction of
// one that takes it back.
const gain = 652032874

// turnOf returns cosine and sine of an angle, in units of one. Those of multiples of 90 degrees are exact, and
// angles that differ by one have the same numbers at other places.
func turnOf(angle int64) (c, s int64) {
	quarter, rest := angle/right, angle%right
	mirrored := rest > right/2
	if mirrored {
		rest = right - rest
	}
	c, s = one, 0
	if rest > 0 {
		c, s = rotate(rest << 20)
	}
	if mirrored {
		c, s = s, c
	}
	for range quarter {
		c, s = -s, c
	}
	return c, s
}

// rotate returns cosine and sine of 0 to 45 degrees by shifts and sums (CORDIC; Volder 1959).
func rotate(rest int64) (c, s int64) {
	const guard = 16
	c, s = gain<<guard, 0
	for i, step := range steps {
		if rest >= 0 {
			c, s, rest = c-s>>i, s+c>>i, rest-step
		} else {
			c, s, rest = c+s>>i, s-c>>i, rest+step
		}
	}
	const round = 1 << (guard - 1)
	return (c + round) >> guard, (s + round) >> guard
}

// angle returns the angle of a direction, 0 to full-1.
func (d direction) angle() int64 {
	x, y := int64(math.Abs(d.x)*one), int64(math.Abs(d.y)*one)
	a := arc(max(x, y), min(x, y))
	if y > x {
		a = right - a
	}
	if d.x < 0 {
		a = half - a
	}
	if d.y < 0 {
		a = full - a
	}
	return a % full
}

// arc returns the angle of a vector of 0 to 45 degrees.
func arc(x, y int64) int64 {
	if y == 0 {
		return 0
	}
	x, y = x<<16, y<<16
	var sum int64
	for i, step := range steps {
		if y >= 0 {
			x, y, sum = x+y>>i, y-x>>i, sum+step
		} else {
			x, y, sum = x-y>>i, y+x>>i, sum-step
		}
	}
	return (sum + 1<<19) >> 20
}

// Direction returns cosine and sine of an angle of zero or more millidegrees, the same on every processor.
func Direction(angle int64) (cosine, sine float64) {
	c, s := turnOf(angle % full)
	return float64(c) / one, float64(s) / one
}
