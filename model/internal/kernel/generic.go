package kernel

import "unsafe"

// gemmGeneric multiplies rows of a with 16 packed columns of b:
//
//	s = Σ a[i*lda+t*seg+p] · b[(t*k+p)*16+j]   over t < segs, p < k in order
//	c[i*ldc+j] = s                             where d is nil
//	c[i*ldc+j] = max(lo, s+d[i*ldd+j])         otherwise
func gemmGeneric(c *float32, ldc int, a *float32, lda int, b *float32, rows, k, segs, seg int, d *float32, ldd int, lo float32) {
	for i := range rows {
		var sums [16]float64 // float32 numbers
		w := unsafe.Slice((*[16]float32)(unsafe.Pointer(b)), segs*k)
		for t := range segs {
			for _, x := range unsafe.Slice(add(a, i*lda+t*seg), k) {
				multiply(&sums, &w[0], float64(x))
				w = w[1:]
			}
		}
		for j, s := range sums { // d may be c
			v := float32(s)
			if d != nil {
				v = bounded(lo, v+*add(d, i*ldd+j))
			}
			*add(c, i*ldc+j) = v
		}
	}
}

// multiply adds x times 16 numbers to sums. It is fma, written out for speed.
func multiply(sums *[16]float64, w *[16]float32, x float64) {
	for j, y := range w {
		p, z := x*float64(y), sums[j]
		if s := p + z; twice(s) {
			sums[j] = float64(fmaOdd(p, z))
		} else {
			sums[j] = float64(float32(s))
		}
	}
}

// add returns the address n numbers on.
func add(p *float32, n int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*n)) }
