package kernel

import "unsafe"

// block is a number of each of 16 channels.
type block [16]float32

// A transform of one dimension works in place, on as many of six numbers as it
// takes. Output transforms leave up to four.
type transform func(d *[6]block)

// inputF4 is Bᵀ of F(4x4,3x3) with every constant a power of two:
//
//	4d0 - 5d2 + d4,  -4d1 - 4d2 + d3 + d4,  4d1 - 4d2 - d3 + d4,
//	-2d1 - d2 + 2d3 + d4,  2d1 - d2 - 2d3 + d4,  4d1 - 5d3 + d5
func inputF4(d *[6]block) {
	for c := range d[0] {
		d0, d1, d2, d3, d4, d5 := d[0][c], d[1][c], d[2][c], d[3][c], d[4][c], d[5][c]
		t, u := d4-d2, d3-d1
		a, b := d4-float32(4*d2), d3-float32(4*d1)
		d[0][c] = float32(4*(d0-d2)) + t
		d[1][c] = a + b
		d[2][c] = a - b
		d[3][c] = t + float32(2*u)
		d[4][c] = t - float32(2*u)
		d[5][c] = (d5 - d3) - float32(4*u)
	}
}

// outputF4 is Aᵀ of F(4x4,3x3).
func outputF4(m *[6]block) {
	for c := range m[0] {
		m0, m1, m2, m3, m4, m5 := m[0][c], m[1][c], m[2][c], m[3][c], m[4][c], m[5][c]
		s, d, u, w := m1+m2, m1-m2, m3+m4, m3-m4
		m[0][c] = (m0 + s) + u
		m[1][c] = d + float32(2*w)
		m[2][c] = s + float32(4*u)
		m[3][c] = (d + m5) + float32(8*w)
	}
}

// inputF2 is Bᵀ of F(2x2,3x3).
func inputF2(d *[6]block) {
	for c := range d[0] {
		d0, d1, d2, d3 := d[0][c], d[1][c], d[2][c], d[3][c]
		d[0][c], d[1][c], d[2][c], d[3][c] = d0-d2, d1+d2, d2-d1, d3-d1
	}
}

// outputF2 is Aᵀ of F(2x2,3x3).
func outputF2(m *[6]block) {
	for c := range m[0] {
		m0, m1, m2, m3 := m[0][c], m[1][c], m[2][c], m[3][c]
		m[0][c], m[1][c] = (m1+m2)+m0, (m1-m2)+m3
	}
}

// inputUp is Bᵀ of F(4x4,2x2) over the points 0, 1, -1, 2 and infinity, from
// the last pixel to the first:
//
//	2d4 - d3 - 2d2 + d1,  -2d3 - d2 + d1,  2d3 - 3d2 + d1,  d1 - d3,
//	d0 - 2d1 - d2 + 2d3
func inputUp(d *[6]block) {
	for i := range d[0] {
		d0, d1, d2, d3, d4 := d[0][i], d[1][i], d[2][i], d[3][i], d[4][i]
		a, c := d1-d3, d1-d2
		d[0][i] = a + float32(2*(d4-d2))
		d[1][i] = c - float32(2*d3)
		d[2][i] = c - float32(2*(d2-d3))
		d[3][i] = a
		d[4][i] = (d0 - d2) - float32(2*a)
	}
}

// outputUpEven is Aᵀ of F(4x4,2x2), the last pixel first.
func outputUpEven(m *[6]block) { outputUp(m, &m[4]) }

// outputUpOdd is the same without the product of infinity.
func outputUpOdd(m *[6]block) { outputUp(m, nil) }

func outputUp(m *[6]block, infinity *block) {
	for c := range m[0] {
		m0, m1, m2, m3 := m[0][c], m[1][c], m[2][c], m[3][c]
		s, d := m1+m2, m1-m2
		m[0][c] = (m0 + s) + m3
		m[1][c] = d + float32(2*m3)
		m[2][c] = s + float32(4*m3)
		if infinity != nil {
			d += infinity[c]
		}
		m[3][c] = d + float32(8*m3)
	}
}

// input returns the transform of tiles of side x side pixels that are step
// apart in one row of the plane, for each channel: columns first, then rows.
// The result numbers of a side, (i, j) of tile t, go to
// v[(result*i+j)*plane+t*channels+c].
func (f transform) input(side, result, step int) inputFunc {
	return func(v *float32, plane int, src *float32, pitch, channels, tiles int) {
		in := unsafe.Slice(src, (side-1)*pitch+(step*(tiles-1)+side)*channels)
		out := unsafe.Slice(v, (result*result-1)*plane+tiles*channels)
		for t := range tiles {
			for c := 0; c < channels; c += 16 {
				var e [6][6]block // e[i] is row i of the transformed columns
				for x := range side {
					var d [6]block
					for y := range side {
						d[y] = block(in[y*pitch+(step*t+x)*channels+c:])
					}
					f(&d)
					for i := range result {
						e[i][x] = d[i]
					}
				}
				for i := range result {
					f(&e[i])
					for j := range result {
						copy(out[(result*i+j)*plane+t*channels+c:], e[i][j][:])
					}
				}
			}
		}
	}
}

// tile transforms rows x cols products of one tile back to pixels: g[y][x] is
// one of them for y and x up to 3. at returns where product (i, j) is.
func tile(column, row transform, rows, cols int, at func(i, j int) []float32) (g [4][6]block) {
	for j := range cols {
		var e [6]block
		for i := range rows {
			e[i] = block(at(i, j))
		}
		column(&e)
		for y := range g {
			g[y][j] = e[y]
		}
	}
	for y := range g {
		row(&g[y])
	}
	return g
}

// finish adds the bias and applies the bound.
func (b *block) finish(bias []float32, lo float32) {
	for c, v := range bias[:16] {
		b[c] = bounded(lo, b[c]+v)
	}
}

// output returns the transform of side x side products a tile back to result x
// result pixels, in the layout of the input's, with bias and bound. With pool
// each 2x2 of the pixels are averaged.
func (f transform) output(side, result int, pool bool) outputFunc {
	return func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32) {
		size := result
		if pool {
			size = result / 2
		}
		out := unsafe.Slice(dst, (size-1)*pitch+size*tiles*channels)
		in, biases := unsafe.Slice(m, (side*side-1)*plane+tiles*channels), unsafe.Slice(bias, channels)
		for t := range tiles {
			for c := 0; c < channels; c += 16 {
				g := tile(f, f, side, side, func(i, j int) []float32 { return in[(side*i+j)*plane+t*channels+c:] })
				for y := range result {
					for x := range result {
						g[y][x].finish(biases[c:], lo)
					}
				}
				for y := range size {
					for x := range size {
						to := out[y*pitch+(size*t+x)*channels+c:]
						if pool {
							average(to, &g[2*y][2*x], &g[2*y][2*x+1], &g[2*y+1][2*x], &g[2*y+1][2*x+1])
						} else {
							copy(to, g[y][x][:])
						}
					}
				}
			}
		}
	}
}

// average writes the average of four pixels.
func average(to []float32, p, q, r, s *block) {
	for c := range p {
		to[c] = ((p[c] + q[c]) + (r[c] + s[c])) * 0.25
	}
}

// outputUpGeneric transforms 5x5 products a tile back to 8x8 pixels of a
// transposed convolution. Each of four phases has its own: products (i, j) of
// tile t, phase (y, x) and channel c are
//
//	m[(5*i+j)*plane+(4*t+2*y+x)*channels+c]
//
// but for odd y and j = 4 slot 1 is taken instead of 2, there being no odd x.
// Result (k, l) of a phase is pixel (2(3-k)+y, 2(3-l)+x).
func outputUpGeneric(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32) {
	out := unsafe.Slice(dst, 7*pitch+8*tiles*channels)
	in, biases := unsafe.Slice(m, 24*plane+(4*tiles-3)*channels), unsafe.Slice(bias, channels)
	transforms := [2]transform{outputUpEven, outputUpOdd}
	for t := range tiles {
		for c := 0; c < channels; c += 16 {
			for phase := range 4 {
				y, x := phase/2, phase%2
				g := tile(transforms[y], transforms[x], 5-y, 5-x, func(i, j int) []float32 {
					slot := phase
					if j == 4 {
						slot = y
					}
					return in[(5*i+j)*plane+(4*t+slot)*channels+c:]
				})
				for k := range 4 {
					for l := range 4 {
						g[k][l].finish(biases[c:], lo)
						copy(out[(2*(3-k)+y)*pitch+(8*t+2*(3-l)+x)*channels+c:], g[k][l][:])
					}
				}
			}
		}
	}
}
