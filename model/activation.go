package model

import (
	"math"

	"exemplar/model/internal/kernel"
)

// bound returns the lower bound that the kernels apply to a layer's results:
// all there is to ReLU.
func bound(act string) float32 {
	if act == ActReLU {
		return 0
	}
	return kernel.Unbounded
}

// activate applies an activation, as far as it is more than a bound, to vectors
// of width numbers that are stride apart in x.
func activate(set *kernel.Set, x []float32, width, stride int, act string) {
	if act != ActSigmoid && act != ActTanh {
		return
	}
	if width == stride {
		activateVector(set, x, act)
		return
	}
	if width >= 16 || width*8 > stride { // long vectors, or few gaps
		for ; len(x) >= width; x = x[min(stride, len(x)):] {
			activateVector(set, x[:width], act)
		}
		return
	}
	var buffer [256]float32 // the first numbers of many vectors, together
	for i := range width {
		for at := i; at < len(x); {
			n, from := 0, at
			for ; n < len(buffer) && at < len(x); at += stride {
				buffer[n] = x[at]
				n++
			}
			activateVector(set, buffer[:n], act)
			for _, v := range buffer[:n] {
				x[from] = v
				from += stride
			}
		}
	}
}

// activateVector applies sigmoid or tanh.
func activateVector(set *kernel.Set, x []float32, act string) {
	if act == ActSigmoid {
		set.Sigmoid(x)
		return
	}
	for i, v := range x {
		x[i] = tanh(v)
	}
}

// tanh returns the hyperbolic tangent, near zero by its series, where the
// quotient of exponentials would lose digits.
func tanh(x float32) float32 {
	v := float64(x)
	if math.Abs(v) < 0.05 {
		s := float64(v * v)
		p := -1.0/3 + float64(s*(2.0/15))
		return float32(v + float64(v*float64(s*p)))
	}
	return float32(1 - 2/(exp(2*v)+1))
}

// exp returns e^x in float64, with every operation rounded by itself. The
// standard library's differs in its last bits between processors (it uses fused
// multiply-add where there is one), which would make latents differ too. The
// method is FreeBSD's e_exp.c: x = k ln2 + r, |r| <= ln2/2, and a rational
// approximation of e^r; error below 1 ulp.
func exp(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		p1    = 1.66666666666666657415e-01
		p2    = -2.77777777770155933842e-03
		p3    = 6.61375632143793436117e-05
		p4    = -1.65339022054652515390e-06
		p5    = 4.13813679705723846039e-08
	)
	switch {
	case x != x:
		return x
	case x > 709.7:
		return math.Inf(1)
	case x < -745.2:
		return 0
	}
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
	return math.Ldexp(y, int(k))
}
