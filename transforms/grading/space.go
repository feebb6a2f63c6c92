package grading

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"exemplar/schemas"
)

// Limits of the whitened space.
const (
	whitenRows      = 8192 // images that it is estimated from
	whitenDimension = 64
	whitenVariance  = 0.99 // share of the variance after which components end
	whitenSmallest  = 1e-9 // variance of a component over that of the first, at least
)

// whitener takes vectors to their leading principal components, each divided by
// its standard deviation.
type whitener struct {
	d, k    int
	mean    []float64
	weights []float64 // d x k
	share   float64   // of the variance
	rows    int
}

// newWhitener estimates the components from the first rows of x, of d numbers
// each. It returns nil where the rows do not differ, or have one dimension.
func newWhitener(x []float32, d int) *whitener {
	n := min(len(x)/d, whitenRows)
	if n < 2 || d < 2 {
		return nil
	}
	w := &whitener{d: d, mean: make([]float64, d), rows: n}
	for i := range n {
		for j, v := range x[i*d : (i+1)*d] {
			w.mean[j] += float64(v)
		}
	}
	for j := range w.mean {
		w.mean[j] /= float64(n)
	}
	values, vectors, ok := w.components(x[:n*d])
	if !ok {
		return nil
	}
	total, kept := 0.0, 0.0
	for _, v := range values {
		total += max(v, 0)
	}
	first := values[d-1] // ascending
	for w.k < min(d, whitenDimension) && (w.k == 0 || kept < whitenVariance*total) && values[d-1-w.k] > whitenSmallest*first {
		kept += values[d-1-w.k]
		w.k++
	}
	w.share = kept / total
	w.weights = make([]float64, d*w.k)
	for c := range w.k {
		sigma := math.Sqrt(values[d-1-c])
		for j := range d {
			w.weights[j*w.k+c] = vectors.At(j, d-1-c) / sigma
		}
	}
	return w
}

// components returns the eigenvalues of the covariance, ascending, and its
// eigenvectors; false where all rows are equal.
func (w *whitener) components(x []float32) ([]float64, *mat.Dense, bool) {
	d := w.d
	covariance := blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	const block = 256
	centred := make([]float64, block*d)
	n := len(x) / d
	for i := 0; i < n; i += block {
		rows := min(block, n-i)
		w.centre(centred, x[i*d:(i+rows)*d])
		blas64.Syrk(blas.Trans, 1/float64(n-1), blas64.General{Rows: rows, Cols: d, Stride: d, Data: centred[:rows*d]}, 1, covariance)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(d, covariance.Data), true) {
		return nil, nil, false
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	return values, &vectors, values[d-1] > 0
}

// centre writes x less the mean.
func (w *whitener) centre(dst []float64, x []float32) {
	for i := 0; i < len(x); i += w.d {
		for j, m := range w.mean {
			dst[i+j] = float64(x[i+j]) - m
		}
	}
}

// apply returns the whitened rows of x.
func (w *whitener) apply(x []float32) []float32 {
	const block = 256
	n := len(x) / w.d
	out := make([]float32, n*w.k)
	weights := blas64.General{Rows: w.d, Cols: w.k, Stride: w.k, Data: w.weights}
	each((n+block-1)/block, func(b int) {
		from, to := b*block, min(n, (b+1)*block)
		centred, scores := make([]float64, (to-from)*w.d), make([]float64, (to-from)*w.k)
		w.centre(centred, x[from*w.d:to*w.d])
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1,
			blas64.General{Rows: to - from, Cols: w.d, Stride: w.d, Data: centred}, weights, 0,
			blas64.General{Rows: to - from, Cols: w.k, Stride: w.k, Data: scores})
		for i, v := range scores {
			out[from*w.k+i] = float32(v)
		}
	})
	return out
}

func (w *whitener) describe() *schemas.Whitening {
	return &schemas.Whitening{Dimension: w.k, Variance: w.share, Rows: w.rows}
}
