package aligning

import (
	"math"
	"math/big"

	"exemplar/transforms/data/images"
)

// MaxSide is the longest side of an image whose moments fit their sums.
const MaxSide = 8192

// RoundRatio is the quotient of the smaller and the larger second moment above which an object has no axis.
const RoundRatio = 0.98

// moments are the sums of weight·x^p·y^q over an object, p+q up to 3, with x and y in half pixels from the
// center of the image, y down.
type moments [4][4]big.Int // [p][q]

// momentsOf returns the moments of an object of weights.
func momentsOf(weights []uint16, h, w int) *moments {
	m := new(moments)
	var row, y, term big.Int
	for j := range h {
		var sums [4]int64 // of weight·x^p: below 2^12·w^4/4
		for i, v := range weights[j*w : (j+1)*w] {
			if v == 0 {
				continue
			}
			x, k := int64(2*i-(w-1)), int64(v)
			for p := range sums {
				sums[p] += k
				k *= x
			}
		}
		if sums[0] == 0 {
			continue
		}
		y.SetInt64(int64(2*j - (h - 1)))
		for p, s := range sums {
			row.SetInt64(s)
			for q := 0; p+q <= 3; q++ {
				m[p][q].Add(&m[p][q], term.Set(&row))
				row.Mul(&row, &y)
			}
		}
	}
	return m
}

// central are the moments around the center of gravity, to a common factor: those of second order have one,
// those of third order another.
type central struct {
	xx, xy, yy             float64
	xxx, xxy, xyy, yyy     float64
	centerX, centerY, mass float64 // of the object
}

// central returns the central moments, exact until they are rounded to floating point.
func (m *moments) central() central {
	n, x, y := &m[0][0], &m[1][0], &m[0][1]
	second := func(pq, a, b *big.Int) float64 { // n·pq - a·b
		return rounded(new(big.Int).Sub(product(n, pq), product(a, b)))
	}
	// third returns n²·aab - n·(2·a·ab + b·aa) + 2·a·a·b.
	third := func(aab, ab, aa, a, b *big.Int) float64 {
		two := big.NewInt(2)
		sum := product(n, n, aab)
		sum.Sub(sum, product(two, n, a, ab))
		sum.Sub(sum, product(n, b, aa))
		return rounded(sum.Add(sum, product(two, a, a, b)))
	}
	return central{
		xx: second(&m[2][0], x, x), xy: second(&m[1][1], x, y), yy: second(&m[0][2], y, y),
		xxx: third(&m[3][0], &m[2][0], &m[2][0], x, x), xxy: third(&m[2][1], &m[1][1], &m[2][0], x, y),
		xyy: third(&m[1][2], &m[1][1], &m[0][2], y, x), yyy: third(&m[0][3], &m[0][2], &m[0][2], y, y),
		centerX: rounded(x), centerY: rounded(y), mass: rounded(n),
	}
}

func product(factors ...*big.Int) *big.Int {
	p := new(big.Int).Set(factors[0])
	for _, f := range factors[1:] {
		p.Mul(p, f)
	}
	return p
}

func rounded(x *big.Int) float64 {
	f, _ := x.Float64()
	return f
}

// Axis is the principal axis of an object.
type Axis struct {
	Angle   int64   // from the rows towards down, in millidegrees, 0 to 179,999
	Clarity float64 // (a-b)/(a+b) of the larger and the smaller second moment: 0 of a disk, 1 of a line
}

// AxisOf returns the axis of the object in an image; the zero Axis where there is none.
func AxisOf(im images.Image) Axis {
	c := momentsOf(Weights(im), im.Height, im.Width).central()
	d, clarity := c.axis()
	return Axis{d.angle() % (half), clarity}
}

// direction is a unit vector, y down.
type direction struct{ x, y float64 }

// axis returns the principal axis, to the right, and how clear it is. The larger of sine and cosine is
// computed first, of half the angle whose cosine is a/r, so that turns by 90 degrees only change
// places and signs.
func (c *central) axis() (d direction, clarity float64) {
	a, b := c.xx-c.yy, 2*c.xy
	r := length(a, b)
	if r == 0 {
		return direction{1, 0}, 0
	}
	large := math.Sqrt((1 + math.Abs(a)/r) / 2)
	small := math.Abs(b) / float64(float64(2*r)*large)
	d = direction{large, small}
	if a < 0 {
		d = direction{small, large}
	}
	if b < 0 {
		d.y = -d.y
	}
	return d, r / (c.xx + c.yy)
}

// heavier returns the direction of the mean of r²·(x, y), false where it vanishes.
func (c *central) heavier() (direction, bool) {
	x, y := c.xxx+c.xyy, c.xxy+c.yyy
	r := length(x, y)
	if scale := math.Abs(c.xxx) + math.Abs(c.xyy) + math.Abs(c.xxy) + math.Abs(c.yyy); r <= vanishing*scale {
		return direction{1, 0}, false
	}
	return direction{x / r, y / r}, true
}

// vanishing is what a sum is, beside the sizes of its terms, that is zero but for its rounding.
const vanishing = 1e-9

// tail returns the sign of the third moment along a direction.
func (c *central) tail(d direction) int {
	terms := [4]float64{
		float64(float64(d.x*d.x)*d.x) * c.xxx,
		float64(float64(d.x*d.x)*d.y) * (3 * c.xxy),
		float64(float64(d.y*d.y)*d.x) * (3 * c.xyy),
		float64(float64(d.y*d.y)*d.y) * c.yyy,
	}
	var sum, size float64
	for _, t := range terms {
		sum, size = sum+float64(t), size+math.Abs(t)
	}
	switch {
	case math.Abs(sum) <= vanishing*size:
		return 0
	case sum < 0:
		return -1
	}
	return 1
}

func length(x, y float64) float64 {
	// Moments reach beyond what can be squared: scale by the larger, exactly where it is a power of two.
	_, e := math.Frexp(max(math.Abs(x), math.Abs(y)))
	x, y = math.Ldexp(x, -e), math.Ldexp(y, -e)
	return math.Ldexp(math.Sqrt(float64(x*x)+float64(y*y)), e)
}
