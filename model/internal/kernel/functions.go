package kernel

import "math"

// The standard library's exponential function and logarithm differ in their last
// bits between processors: they use fused multiply-add where there is one. Here
// every operation is rounded by itself, so that all processors agree. The
// methods are those of FreeBSD's e_exp.c and e_log.c; errors are below 1 ulp.

const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
)

// Exp returns e^x; 0 for x below -745.2, infinity above 709.7.
func Exp(x float64) float64 {
	const (
		p1 = 1.66666666666666657415e-01
		p2 = -2.77777777770155933842e-03
		p3 = 6.61375632143793436117e-05
		p4 = -1.65339022054652515390e-06
		p5 = 4.13813679705723846039e-08
	)
	switch {
	case x != x:
		return x
	case x > 709.7:
		return math.Inf(1)
	case x < -745.2:
		return 0
	}
	// x = k ln2 + r, |r| <= ln2/2, and a rational approximation of e^r.
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	hi, lo := x-float64(k*ln2Hi), float64(k*ln2Lo)
	r := hi - lo
	t := float64(r * r)
	c := p4 + float64(t*p5)
	c = p3 + float64(t*c)
	c = p2 + float64(t*c)
	c = p1 + float64(t*c)
	c = r - float64(t*c)
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	if math.Abs(k) > 1000 {
		return math.Ldexp(y, int(k))
	}
	return math.Float64frombits(math.Float64bits(y) + uint64(int64(k))<<52) // 2^k y
}

// Log returns the natural logarithm; negative infinity for 0, NaN below it.
func Log(x float64) float64 {
	const (
		l1 = 6.666666666666735130e-01
		l2 = 3.999999999940941908e-01
		l3 = 2.857142874366239149e-01
		l4 = 2.222219843214978396e-01
		l5 = 1.818357216161805012e-01
		l6 = 1.531383769920937332e-01
		l7 = 1.479819860511658591e-01
	)
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	// x = 2^k (1+f), √½ <= 1+f < √2; log(1+f) is a series in s = f/(2+f).
	f, exponent := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f *= 2
		exponent--
	}
	f--
	k := float64(exponent)
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	odd := l5 + float64(s4*l7)
	odd = l3 + float64(s4*odd)
	odd = l1 + float64(s4*odd)
	even := l4 + float64(s4*l6)
	even = l2 + float64(s4*even)
	r := float64(s2*odd) + float64(s4*even)
	half := float64(float64(0.5*f) * f)
	return float64(k*ln2Hi) - ((half - (float64(s*(half+r)) + float64(k*ln2Lo))) - f)
}

// Tanh returns the hyperbolic tangent, near zero by its series, where the
// quotient of exponentials would lose digits. All but half a unit in the last
// place is exact.
func Tanh(x float32) float32 {
	v := float64(x)
	if math.Abs(v) < 0.05 {
		s := float64(v * v)
		p := -1.0/3 + float64(s*(2.0/15))
		return float32(v + float64(v*float64(s*p)))
	}
	return float32(1 - 2/(Exp(2*v)+1))
}
