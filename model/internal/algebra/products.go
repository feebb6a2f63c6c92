package algebra

// depth is the part of the inner dimension that is added to all rows before the
// next: so many rows of b stay in the cache.
const depth = 64

func portableProduct(c, a, b Matrix) {
	for from := 0; from < b.Rows; from += depth {
		to := min(b.Rows, from+depth)
		for i := range c.Rows {
			addRows(c.Row(i), a.Data[i*a.Cols+from:], 1, b, from, to)
		}
	}
}

func portableTransposedProduct(c, a, b Matrix) {
	for from := 0; from < b.Rows; from += depth {
		to := min(b.Rows, from+depth)
		for i := range c.Rows {
			addRows(c.Row(i), a.Data[from*a.Cols+i:], a.Cols, b, from, to)
		}
	}
}

// addRows adds to y the rows of b in [from, to), one after the other, each times
// its number of s, whose numbers are stride apart.
func addRows(y, s []float64, stride int, b Matrix, from, to int) {
	l := from
	for ; l+4 <= to; l += 4 {
		at := (l - from) * stride
		s0, s1, s2, s3 := s[at], s[at+stride], s[at+2*stride], s[at+3*stride]
		b0, b1, b2, b3 := b.Row(l)[:len(y)], b.Row(l + 1)[:len(y)], b.Row(l + 2)[:len(y)], b.Row(l + 3)[:len(y)]
		for j, v := range y {
			v += float64(s0 * b0[j])
			v += float64(s1 * b1[j])
			v += float64(s2 * b2[j])
			y[j] = v + float64(s3*b3[j])
		}
	}
	for ; l < to; l++ {
		portableAxpy(s[(l-from)*stride], b.Row(l), y)
	}
}

func portableAxpy(s float64, x, y []float64) {
	y = y[:len(x)]
	for j, v := range x {
		y[j] += float64(s * v)
	}
}
