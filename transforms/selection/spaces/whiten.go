package spaces

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"exemplar/model/nearest"
)

// Limits say where the components of a whitened space end.
type Limits struct {
	Dimension int  // at most so many; 0 for any number
	Exact     bool // so many, also where fewer explain DefaultVariance
}

// DefaultVariance is the share of the variance after which components end.
const DefaultVariance = 0.99

// smallest is the least variance of a component over that of the first: below,
// rounding decides.
const smallest = 1e-9

// leastDeviation is the least standard deviation that float32 holds the inverse of.
const leastDeviation = 0x1p-127

// FitWhitened finds the leading principal components of sample vectors of d
// numbers, each divided by its standard deviation (PCA whitening).
func FitWhitened(x []float32, d int, limits Limits) (*Space, error) {
	if len(x) < 2*d {
		return nil, errEqual
	}
	mean := means(x, d)
	find := components
	if d > maxSquare && len(x)/d < d {
		find = rowComponents
	}
	values, component := find(x, mean)
	last := len(values) - 1
	if last < 0 || !(values[last] > 0) {
		return nil, errEqual
	}
	total, kept, k := 0.0, 0.0, 0
	for _, v := range values {
		total += max(v, 0)
	}
	most := len(values)
	if limits.Dimension > 0 {
		most = min(most, limits.Dimension)
	}
	for k < most && math.Sqrt(values[last-k]) > leastDeviation && (k == 0 || limits.Exact || kept < DefaultVariance*total) && values[last-k] > smallest*values[last] {
		kept += values[last-k]
		k++
	}
	if k == 0 {
		return nil, errTiny
	}
	s := &Space{Kind: Whiten, In: d, Out: k, Mean: nearest.Narrow(mean), Weights: make([]float32, d*k), Rows: len(x) / d, Variance: kept / total}
	for c := range k {
		sigma := math.Sqrt(values[last-c])
		for j, v := range component(last - c) {
			s.Weights[j*k+c] = float32(v / sigma)
		}
	}
	return s, nil
}

// maxSquare is the largest dimension whose covariance is always taken whole, in
// 128 MiB. The sample of more dimensions has fewer vectors than that, and so many
// components at most (see Limit).
const maxSquare = 4096

// components returns the eigenvalues of the covariance, ascending, and the
// eigenvector of each, with its first largest number positive; none where they
// cannot be found.
func components(x []float32, mean []float64) (values []float64, component func(c int) []float64) {
	d := len(mean)
	covariance := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	const block = 256
	centered := make([]float64, block*d)
	n := len(x) / d
	for from := 0; from < n; from += block {
		rows := min(block, n-from)
		for i := range rows * d {
			centered[i] = float64(x[from*d+i]) - mean[i%d]
		}
		blas64.Syrk(blas.Trans, 1/float64(n-1), blas64.General{Rows: rows, Cols: d, Stride: d, Data: centered[:rows*d]}, 1, covariance)
	}
	values, vectors := eigen(covariance)
	return values, func(c int) []float64 { return oriented(mat.Col(nil, c, vectors)) }
}

// rowComponents is components for fewer vectors than dimensions, by way of their
// products with one another, which have the same eigenvalues but for zeros: its
// memory is that of a square of the vectors, not of the dimensions.
func rowComponents(x []float32, mean []float64) (values []float64, component func(c int) []float64) {
	d := len(mean)
	n := len(x) / d
	products := blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	const block = 256
	centered := make([]float64, n*block)
	for from := 0; from < d; from += block {
		columns := min(block, d-from)
		for i := range n {
			for j := range columns {
				centered[i*columns+j] = float64(x[i*d+from+j]) - mean[from+j]
			}
		}
		blas64.Syrk(blas.NoTrans, 1/float64(n-1), blas64.General{Rows: n, Cols: columns, Stride: columns, Data: centered[:n*columns]}, 1, products)
	}
	values, vectors := eigen(products)
	return values, func(c int) []float64 {
		out, scale := make([]float64, d), math.Sqrt(float64(n-1)*values[c])
		for i := range n {
			u := vectors.At(i, c) / scale
			for j, v := range x[i*d : (i+1)*d] {
				out[j] += float64((float64(v) - mean[j]) * u)
			}
		}
		return oriented(out)
	}
}

// eigen returns the eigenvalues of a matrix, ascending, and its eigenvectors as
// columns; none where they cannot be found.
func eigen(m blas64.Symmetric) ([]float64, *mat.Dense) {
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(m.N, m.Data), true) {
		return nil, nil
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	return e.Values(nil), &vectors
}

// oriented turns an eigenvector, which has no sign of its own, so that its first
// largest number is positive.
func oriented(v []float64) []float64 {
	at := 0
	for j := range v {
		if math.Abs(v[j]) > math.Abs(v[at]) {
			at = j
		}
	}
	if v[at] < 0 {
		for j := range v {
			v[j] = -v[j]
		}
	}
	return v
}
