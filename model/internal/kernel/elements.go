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
	if len(m) != len(w) || len(v) != len(w) || len(g) != len(w) {
		panic("kernel: Adam: lengths differ")
	}
	done := wholeBlocks(len(w), func(i, n int) {
		s.adam(&w[i], &m[i], &v[i], &g[i], n, a.Scale, a.C1, a.C2, a.Rate, a.Epsilon)
	})
	if done < len(w) {
		adamGeneric(&w[done], &m[done], &v[done], &g[done], len(w)-done, a.Scale, a.C1, a.C2, a.Rate, a.Epsilon)
	}
}

// wholeBlocks calls f for the whole blocks of 16 of n numbers, as many at a time as a
// call may take, and returns how many numbers they have.
func wholeBlocks(n int, f func(i, n int)) (done int) {
	const most = 1 << 14
	for n-done >= 16 {
		count := min((n-done)&^15, most)
		f(done, count)
		done += count
	}
	return done
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
	if len(g) != len(y) {
		panic("kernel: Mask: lengths differ")
	}
	if done := wholeBlocks(len(g), func(i, n int) { s.mask(&g[i], &y[i], n) }); done < len(g) {
		maskGeneric(&g[done], &y[done], len(g)-done)
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
	var sums [16]float64
	if done := wholeBlocks(len(x), func(i, n int) { s.energy(&sums[0], &x[i], n) }); done < len(x) {
		energyGeneric(&sums[0], &x[done], len(x)-done)
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
