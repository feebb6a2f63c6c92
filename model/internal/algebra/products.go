package algebra

import "fmt"

// depth is the part of the inner dimension that is added to all rows before the
// next: so many rows of b stay in the cache.
const depth = 64

// AddProduct adds a·b to c: to each number of c, one after the other, the products
// along the inner dimension.
func AddProduct(c, a, b Matrix) {
	if a.Cols != b.Rows || c.Rows != a.Rows || c.Cols != b.Cols {
		panic(fmt.Sprintf("algebra: %dx%d += %dx%d · %dx%d", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	for from := 0; from < b.Rows; from += depth {
		to := min(b.Rows, from+depth)
		i := 0
		for ; i+2 <= c.Rows; i += 2 {
			addToTwo(c.Row(i), c.Row(i+1), a.Row(i)[from:], a.Row(i + 1)[from:], 1, b, from, to)
		}
		for ; i < c.Rows; i++ {
			addRows(c.Row(i), a.Row(i)[from:], 1, b, from, to, 0)
		}
	}
}

// AddTransposedProduct adds aᵀ·b to c as AddProduct does.
func AddTransposedProduct(c, a, b Matrix) {
	if a.Rows != b.Rows || c.Rows != a.Cols || c.Cols != b.Cols {
		panic(fmt.Sprintf("algebra: %dx%d += (%dx%d)ᵀ · %dx%d", c.Rows, c.Cols, a.Rows, a.Cols, b.Rows, b.Cols))
	}
	for from := 0; from < b.Rows; from += depth {
		to := min(b.Rows, from+depth)
		i := 0
		for ; i+2 <= c.Rows; i += 2 {
			column := a.Data[from*a.Cols+i:]
			addToTwo(c.Row(i), c.Row(i+1), column, column[1:], a.Cols, b, from, to)
		}
		for ; i < c.Rows; i++ {
			addRows(c.Row(i), a.Data[from*a.Cols+i:], a.Cols, b, from, to, 0)
		}
	}
}

// addToTwo is addRows to y with s and to z with t, which reads the rows once.
func addToTwo(y, z, s, t []float64, stride int, b Matrix, from, to int) {
	z = z[:len(y)]
	l := from
	for ; l+4 <= to; l += 4 {
		at := (l - from) * stride
		s0, s1, s2, s3 := s[at], s[at+stride], s[at+2*stride], s[at+3*stride]
		t0, t1, t2, t3 := t[at], t[at+stride], t[at+2*stride], t[at+3*stride]
		b0, b1, b2, b3 := b.Row(l)[:len(y)], b.Row(l + 1)[:len(y)], b.Row(l + 2)[:len(y)], b.Row(l + 3)[:len(y)]
		for j, v := range y {
			w := z[j]
			v += float64(s0 * b0[j])
			w += float64(t0 * b0[j])
			v += float64(s1 * b1[j])
			w += float64(t1 * b1[j])
			v += float64(s2 * b2[j])
			w += float64(t2 * b2[j])
			y[j] = v + float64(s3*b3[j])
			z[j] = w + float64(t3*b3[j])
		}
	}
	for ; l < to; l++ {
		axpy(s[(l-from)*stride], b.Row(l), y)
		axpy(t[(l-from)*stride], b.Row(l), z)
	}
}

// addRows adds to y the rows of b in [from, to), one after the other, from a column
// on, each times its number of s, whose numbers are stride apart.
func addRows(y, s []float64, stride int, b Matrix, from, to, column int) {
	l := from
	for ; l+4 <= to; l += 4 {
		at := (l - from) * stride
		s0, s1, s2, s3 := s[at], s[at+stride], s[at+2*stride], s[at+3*stride]
		b0, b1 := b.Row(l)[column:][:len(y)], b.Row(l + 1)[column:][:len(y)]
		b2, b3 := b.Row(l + 2)[column:][:len(y)], b.Row(l + 3)[column:][:len(y)]
		for j, v := range y {
			v += float64(s0 * b0[j])
			v += float64(s1 * b1[j])
			v += float64(s2 * b2[j])
			y[j] = v + float64(s3*b3[j])
		}
	}
	for ; l < to; l++ {
		axpy(s[(l-from)*stride], b.Row(l)[column:], y)
	}
}

// axpy adds s·x to y.
func axpy(s float64, x, y []float64) {
	x = x[:len(y)]
	for j, v := range y {
		y[j] = v + float64(s*x[j])
	}
}
