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

// inputTransform is Bᵀ of F(4x4,3x3) with every constant a power of two:
//
//	4d0 - 5d2 + d4,  -4d1 - 4d2 + d3 + d4,  4d1 - 4d2 - d3 + d4,
//	-2d1 - d2 + 2d3 + d4,  2d1 - d2 - 2d3 + d4,  4d1 - 5d3 + d5
func inputTransform(d0, d1, d2, d3, d4, d5 float32) [6]float32 {
	t, u := d4-d2, d3-d1
	a, b := d4-float32(4*d2), d3-float32(4*d1)
	return [6]float32{
		float32(4*(d0-d2)) + t,
		a + b,
		a - b,
		t + float32(2*u),
		t - float32(2*u),
		(d5 - d3) - float32(4*u),
	}
}

// outputTransform is Aᵀ of F(4x4,3x3).
func outputTransform(m0, m1, m2, m3, m4, m5 float32) [4]float32 {
	s, d, u, w := m1+m2, m1-m2, m3+m4, m3-m4
	return [4]float32{
		(m0 + s) + u,
		d + float32(2*w),
		s + float32(4*u),
		(d + m5) + float32(8*w),
	}
}

// inputGeneric is the input transform of tiles of 6x6 pixels that are 4 apart
// in one row of the plane, for each channel: columns first, then rows. Number
// (i, j) of tile t goes to v[(6*i+j)*plane+t*channels+c].
func inputGeneric(v *float32, plane int, src *float32, pitch, channels, tiles int) {
	in := unsafe.Slice(src, 5*pitch+(4*tiles+2)*channels)
	out := unsafe.Slice(v, 35*plane+tiles*channels)
	for t := range tiles {
		for c := range channels {
			var e [6][6]float32 // e[x] is column x, transformed
			for x := range e {
				p := in[(4*t+x)*channels+c:]
				e[x] = inputTransform(p[0], p[pitch], p[2*pitch], p[3*pitch], p[4*pitch], p[5*pitch])
			}
			for i := range 6 {
				for j, f := range inputTransform(e[0][i], e[1][i], e[2][i], e[3][i], e[4][i], e[5][i]) {
					out[(6*i+j)*plane+t*channels+c] = f
				}
			}
		}
	}
}

// outputTile transforms the products of one tile and channel back to pixels.
func outputTile(m []float32, plane int, bias, lo float32) (g [4][4]float32) {
	var f [6][4]float32 // f[j] is column j, transformed
	for j := range f {
		p := m[j*plane:]
		f[j] = outputTransform(p[0], p[6*plane], p[12*plane], p[18*plane], p[24*plane], p[30*plane])
	}
	for y := range g {
		g[y] = outputTransform(f[0][y], f[1][y], f[2][y], f[3][y], f[4][y], f[5][y])
		for x, v := range g[y] {
			g[y][x] = bounded(lo, v+bias)
		}
	}
	return g
}

// outputGeneric transforms products back to 4x4 pixels a tile, in the layout of
// inputGeneric, adds the bias and applies the bound.
func outputGeneric(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32) {
	out := unsafe.Slice(dst, 3*pitch+4*tiles*channels)
	in, add := unsafe.Slice(m, 35*plane+tiles*channels), unsafe.Slice(bias, channels)
	for t := range tiles {
		for c := range channels {
			for y, row := range outputTile(in[t*channels+c:], plane, add[c], lo) {
				for x, v := range row {
					out[y*pitch+(4*t+x)*channels+c] = v
				}
			}
		}
	}
}

// poolGeneric is outputGeneric and then the average of each 2x2 pixels.
func poolGeneric(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32) {
	out := unsafe.Slice(dst, pitch+2*tiles*channels)
	in, add := unsafe.Slice(m, 35*plane+tiles*channels), unsafe.Slice(bias, channels)
	for t := range tiles {
		for c := range channels {
			g := outputTile(in[t*channels+c:], plane, add[c], lo)
			for y := range 2 {
				for x := range 2 {
					a, b := g[2*y][2*x:], g[2*y+1][2*x:]
					out[y*pitch+(2*t+x)*channels+c] = ((a[0] + a[1]) + (b[0] + b[1])) * 0.25
				}
			}
		}
	}
}
