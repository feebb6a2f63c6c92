package algebra

import "math"

// reflector overwrites x by the vector v with v[0] = 1 of the reflection 1 - tau·v·vᵀ
// that takes x to (to, 0, 0, ...). Tau is 0, which reflects nothing, where x is such a
// vector.
func reflector(x []float64) (to, tau float64) {
	first := x[0]
	x[0] = 1
	rest := norm(x[1:])
	if rest == 0 {
		return first, 0
	}
	to = -math.Copysign(hypot(first, rest), first)
	divisor := first - to // no cancellation: the signs differ
	for i := range x[1:] {
		x[1+i] /= divisor
	}
	return to, (to - first) / to
}

// reflect applies 1 - tau·v·vᵀ to the columns from column from on of the rows of m
// from row on, len(v) of them. Work has room for a row.
func reflect(m Matrix, row, from int, v []float64, tau float64, work []float64) {
	if tau == 0 {
		return
	}
	w := work[:m.Cols-from]
	clear(w)
	addRows(w, v, 1, m, row, row+len(v), from)
	for i, s := range v {
		axpy(-float64(tau*s), w, m.Row(row + i)[from:])
	}
}

// Orthonormalize replaces the columns of a, at most as many as rows, by an
// orthonormal basis that spans them, also where they depend on each other.
func Orthonormalize(a Matrix) {
	if a.Cols > a.Rows {
		panic("algebra: more columns than rows")
	}
	vectors, taus := New(a.Cols, a.Rows), make([]float64, a.Cols)
	work := make([]float64, a.Cols)
	for j := range a.Cols {
		v := vectors.Row(j)[j:]
		for i := range v {
			v[i] = a.Data[(j+i)*a.Cols+j]
		}
		_, taus[j] = reflector(v)
		reflect(a, j, j+1, v, taus[j], work)
	}
	clear(a.Data)
	for j := a.Cols - 1; j >= 0; j-- {
		a.Data[j*a.Cols+j] = 1
		reflect(a, j, j, vectors.Row(j)[j:], taus[j], work)
	}
}

// norm returns the length of x, without overflow.
func norm(x []float64) float64 {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		v /= largest
		sum += float64(v * v)
	}
	return float64(largest * math.Sqrt(sum))
}

// hypot is math.Hypot, which differs between processors.
func hypot(x, y float64) float64 {
	x, y = math.Abs(x), math.Abs(y)
	x, y = max(x, y), min(x, y)
	if x == 0 {
		return 0
	}
	q := y / x
	return float64(x * math.Sqrt(1+float64(q*q)))
}
