package kernel

import (
	"math"
	"unsafe"
)

// AdamStep are the numbers of one step of Adam.
type AdamStep struct {
	Scale   float32 // of the gradient, 1 for none
	C1, C2  float32 // 1-beta1, 1-beta2
	Rate    float32 // learning rate with the corrections of both moments
	Epsilon float32 // added to the root of the second moment
}

// Adam does one step of Adam (Kingma and Ba, 2015, in the form of Keras) on
// weights w with moments m and v and gradient g, all of one length:
//
//	x := g·scale;  m += (x-m)·c1;  v += (x²-v)·c2;  w -= m·rate / (√v + epsilon)
func (s *Set) Adam(w, m, v, g []float32, a AdamStep) {
	const most = 1 << 14 // numbers per call
	if len(m) != len(w) || len(v) != len(w) || len(g) != len(w) {
		panic("kernel: Adam: lengths differ")
	}
	for len(w) >= 16 {
		n := min(len(w)&^15, most)
		s.adam(&w[0], &m[0], &v[0], &g[0], n, a.Scale, a.C1, a.C2, a.Rate, a.Epsilon)
		w, m, v, g = w[n:], m[n:], v[n:], g[n:]
	}
	if n := len(w); n > 0 {
		adamGeneric(&w[0], &m[0], &v[0], &g[0], n, a.Scale, a.C1, a.C2, a.Rate, a.Epsilon)
	}
}

func adamGeneric(w, m, v, g *float32, n int, scale, c1, c2, rate, epsilon float32) {
	for i := range n {
		w, m, v := add(w, i), add(m, i), add(v, i)
		x := float32(*add(g, i) * scale)
		*m += float32((x - *m) * c1)
		*v += float32((float32(x*x) - *v) * c2)
		// The root of a float32 number, rounded to float64 and then to float32, is
		// rounded correctly.
		root := float32(math.Sqrt(float64(*v)))
		*w -= float32(*m*rate) / (root + epsilon)
	}
}

// Mask zeroes the numbers of g where those of y, results of ReLU, are not
// positive: it turns the gradient of the results into that of the arguments.
func (s *Set) Mask(g, y []float32) {
	const most = 1 << 14
	if len(g) != len(y) {
		panic("kernel: Mask: lengths differ")
	}
	for len(g) >= 16 {
		n := min(len(g)&^15, most)
		s.mask(&g[0], &y[0], n)
		g, y = g[n:], y[n:]
	}
	if len(g) > 0 {
		maskGeneric(&g[0], &y[0], len(g))
	}
}

func maskGeneric(g, y *float32, n int) {
	results := unsafe.Slice(y, n)
	for i, v := range results {
		if !(0 < v) {
			*add(g, i) = 0
		}
	}
}

// Unpool writes the gradient of Average, from a row of its, into rows a and b, but zero where those of
// ya and yb, results of ReLU that were pooled, are not positive.
func (s *Set) Unpool(a, b, src, ya, yb []float32, channels, pixels int) {
	n := 2*pixels*channels - 1
	_, _, _, _, _ = src[pixels*channels-1], a[n], b[n], ya[n], yb[n]
	s.unpool(&a[0], &b[0], &src[0], &ya[0], &yb[0], channels, pixels)
}

func unpoolGeneric(a, b, src, ya, yb *float32, channels, pixels int) {
	for x := range pixels {
		for c := range channels {
			v := *add(src, x*channels+c) * 0.25
			for _, i := range [2]int{2*x*channels + c, (2*x+1)*channels + c} {
				*add(a, i), *add(b, i) = v, v
				maskGeneric(add(a, i), add(ya, i), 1)
				maskGeneric(add(b, i), add(yb, i), 1)
			}
		}
	}
}

// Energy returns the sum of squares, in float64: 16 interleaved sums, then
// those in order.
func (s *Set) Energy(x []float32) (sum float64) {
	const most = 1 << 14
	var sums [16]float64
	for len(x) >= 16 {
		n := min(len(x)&^15, most)
		s.energy(&sums[0], &x[0], n)
		x = x[n:]
	}
	if len(x) > 0 {
		energyGeneric(&sums[0], &x[0], len(x))
	}
	for _, v := range sums {
		sum += v
	}
	return sum
}

func energyGeneric(sums *float64, x *float32, n int) {
	to := unsafe.Slice(sums, 16)
	for i, v := range unsafe.Slice(x, n) {
		to[i%16] += float64(v) * float64(v) // the square is exact, fused or not
	}
}
