package spaces

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
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

// FitWhitened finds the leading principal components of sample vectors of d
// numbers, each divided by its standard deviation (PCA whitening).
func FitWhitened(x []float32, d int, limits Limits) (*Space, error) {
	if len(x) < 2*d {
		return nil, errEqual
	}
	mean := means(x, d)
	values, vectors, ok := components(x, mean)
	if !ok {
		return nil, errEqual
	}
	total, kept, k := 0.0, 0.0, 0
	for _, v := range values {
		total += max(v, 0)
	}
	most := d
	if limits.Dimension > 0 {
		most = min(d, limits.Dimension)
	}
	for k < most && (k == 0 || limits.Exact || kept < DefaultVariance*total) && values[d-1-k] > smallest*values[d-1] {
		kept += values[d-1-k]
		k++
	}
	s := &Space{Kind: Whiten, In: d, Out: k, Mean: narrow(mean), Weights: make([]float32, d*k), Rows: len(x) / d, Variance: kept / total}
	for c := range k {
		sigma := math.Sqrt(values[d-1-c])
		for j := range d {
			s.Weights[j*k+c] = float32(vectors.At(j, d-1-c) / sigma)
		}
	}
	return s, nil
}

// components returns the eigenvalues of the covariance, ascending, and its
// eigenvectors, each with its first largest number positive; false where all
// vectors are equal.
func components(x []float32, mean []float64) ([]float64, *mat.Dense, bool) {
	d := len(mean)
	covariance := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	const block = 256
	centred := make([]float64, block*d)
	n := len(x) / d
	for from := 0; from < n; from += block {
		rows := min(block, n-from)
		for i := range rows * d {
			centred[i] = float64(x[from*d+i]) - mean[i%d]
		}
		blas64.Syrk(blas.Trans, 1/float64(n-1), blas64.General{Rows: rows, Cols: d, Stride: d, Data: centred[:rows*d]}, 1, covariance)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(d, covariance.Data), true) {
		return nil, nil, false
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	for c := range d {
		orient(&vectors, c)
	}
	return values, &vectors, values[d-1] > 0
}

// orient turns column c so that its first largest number is positive: an
// eigenvector has no sign of its own.
func orient(m *mat.Dense, c int) {
	rows, _ := m.Dims()
	at := 0
	for j := range rows {
		if math.Abs(m.At(j, c)) > math.Abs(m.At(at, c)) {
			at = j
		}
	}
	if m.At(at, c) < 0 {
		for j := range rows {
			m.Set(j, c, -m.At(j, c))
		}
	}
}
