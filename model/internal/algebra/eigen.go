package algebra

import (
	"math"
	"slices"
)

// Eigen returns the eigenvalues of a symmetric matrix, falling, and in the rows of
// vectors the eigenvectors, of length 1. Of a, whose upper triangle alone is read,
// nothing is left. Not ok: there is no convergence, as with NaN.
//
// Errors are a few roundings of the largest eigenvalue. Of matrices whose large
// numbers are at the top left the small ones are more exact.
func Eigen(a Matrix) (values []float64, vectors Matrix, ok bool) {
	n := a.Rows
	if a.Cols != n {
		panic("algebra: eigenvalues of a matrix that is not square")
	}
	diagonal, off, q := tridiagonal(a)
	// The QL method wants the small numbers first.
	z := New(n, n) // transposed: rotations are of rows
	for j := range n {
		to := z.Row(n - 1 - j)
		for i := range to {
			to[i] = q.Data[i*n+j]
		}
	}
	slices.Reverse(diagonal)
	slices.Reverse(off)
	if !implicitQL(diagonal, off, z) {
		return nil, Matrix{}, false
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case diagonal[i] > diagonal[j]:
			return -1
		case diagonal[i] < diagonal[j]:
			return 1
		}
		return 0
	})
	values, vectors = make([]float64, n), q
	for to, from := range order {
		values[to] = diagonal[from]
		copy(vectors.Row(to), z.Row(from))
	}
	return values, vectors, true
}

// tridiagonal returns the diagonal and the numbers beside it of qᵀ·a·q, which has no
// others, by reflections from the first row on.
func tridiagonal(a Matrix) (diagonal, off []float64, q Matrix) {
	n := a.Rows
	diagonal, off = make([]float64, n), make([]float64, max(0, n-1))
	taus, work := make([]float64, n), make([]float64, n)
	for k := range n - 1 {
		v := a.Row(k)[k+1:]
		off[k], taus[k] = reflector(v)
		if taus[k] != 0 {
			reflectBoth(a, k+1, v, taus[k], work[:len(v)])
		}
	}
	for i := range n {
		diagonal[i] = a.Data[i*n+i]
	}
	q = New(n, n)
	for k := n - 1; k >= 0; k-- {
		q.Data[k*n+k] = 1
		if k > 0 {
			reflect(q, k, k, a.Row(k - 1)[k:], taus[k-1], work)
		}
	}
	return diagonal, off, q
}

// reflectBoth applies 1 - tau·v·vᵀ to both sides of the upper triangle of a from row
// and column from on: a - v·wᵀ - w·vᵀ with p = tau·a·v, w = p - (tau/2)(pᵀv)·v.
func reflectBoth(a Matrix, from int, v []float64, tau float64, w []float64) {
	clear(w)
	for i, s := range v {
		row := a.Row(from + i)[from+i:]
		w[i] += float64(row[0] * s)
		w[i] += addAndDot(s, row[1:], w[i+1:], v[i+1:])
	}
	dot := 0.0
	for i := range w {
		w[i] *= tau
		dot += float64(w[i] * v[i])
	}
	half := float64(float64(-0.5*tau) * dot)
	for i := range w {
		w[i] += float64(half * v[i])
	}
	for i := range v {
		row := a.Row(from + i)[from+i:]
		vi, wi, vs, ws := v[i], w[i], v[i:][:len(row)], w[i:][:len(row)]
		for j, x := range row {
			x -= float64(vi * ws[j])
			row[j] = x - float64(wi*vs[j])
		}
	}
}

// addAndDot adds s·x to y and returns xᵀ·v, in four sums.
func addAndDot(s float64, x, y, v []float64) float64 {
	y, v = y[:len(x)], v[:len(x)]
	var s0, s1, s2, s3 float64
	j := 0
	for ; j+4 <= len(x); j += 4 {
		x, y, v := x[j:j+4:j+4], y[j:j+4:j+4], v[j:j+4:j+4]
		s0 += float64(x[0] * v[0])
		s1 += float64(x[1] * v[1])
		s2 += float64(x[2] * v[2])
		s3 += float64(x[3] * v[3])
		y[0] += float64(s * x[0])
		y[1] += float64(s * x[1])
		y[2] += float64(s * x[2])
		y[3] += float64(s * x[3])
	}
	for ; j < len(x); j++ {
		s0 += float64(x[j] * v[j])
		y[j] += float64(s * x[j])
	}
	return (s0 + s1) + (s2 + s3)
}

// sweeps is how often an eigenvalue may take, which takes two on average.
const sweeps = 60

// implicitQL makes a tridiagonal matrix diagonal by rotations, and applies them to the
// rows of z.
func implicitQL(diagonal, off []float64, z Matrix) bool {
	n, largest := len(diagonal), 0.0
	for i, v := range diagonal {
		largest = max(largest, math.Abs(v))
		if i < len(off) {
			largest = max(largest, math.Abs(off[i]))
		}
	}
	nothing := largest * 0x1p-104
	turn := rotations{z: z}
	for l := range n {
		for sweep := 0; ; sweep++ {
			m := l
			for ; m < n-1; m++ {
				beside := math.Abs(diagonal[m]) + math.Abs(diagonal[m+1])
				if v := math.Abs(off[m]); v <= 0x1p-53*beside || v <= nothing {
					off[m] = 0
					break
				}
			}
			if m == l {
				break
			}
			if sweep == sweeps {
				return false
			}
			turn.sweep(diagonal, off, l, m)
		}
	}
	turn.apply()
	return true
}

// sweep chases the bulge from m up to l, with Wilkinson's shift.
func (r *rotations) sweep(d, e []float64, l, m int) {
	g := (d[l+1] - d[l]) / (2 * e[l])
	g = d[m] - d[l] + e[l]/(g+math.Copysign(hypot(g, 1), g))
	s, c, p := 1.0, 1.0, 0.0
	for i := m - 1; i >= l; i-- {
		f, b := float64(s*e[i]), float64(c*e[i])
		h := hypot(f, g)
		if i+1 < m {
			e[i+1] = h
		}
		if h == 0 { // underflow: the part below is split off
			d[i+1] -= p
			return
		}
		s, c = f/h, g/h
		g = d[i+1] - p
		t := float64((d[i]-g)*s) + float64(2*float64(c*b))
		p = float64(s * t)
		d[i+1] = g + p
		g = float64(c*t) - b
		r.add(i, c, s)
	}
	d[l] -= p
	e[l] = g
}
