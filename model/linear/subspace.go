package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// findMean counts the images and averages them.
func (t *trainer) findMean(ctx context.Context) error {
	sum, images, err := t.pass(ctx, t.size, func(sum, x []float64, n int) {
		for i := range n {
			for j, v := range x[i*t.size : (i+1)*t.size] {
				sum[j] += v
			}
		}
	})
	if err != nil {
		return err
	}
	if images == 0 {
		return fmt.Errorf("%w: there are no images", ErrNothingToLearn)
	}
	for j := range sum {
		sum[j] /= float64(images)
	}
	t.images, t.mean = images, sum
	return nil
}

// findComponents returns the leading components of the covariance, one per column
// of d x Latent, and their variances, falling.
func (t *trainer) findComponents(ctx context.Context) (basis, variances []float64, err error) {
	d := t.size
	l := min(d, t.cfg.Latent+t.cfg.Oversample)
	passes := t.cfg.Passes
	if t.cfg.Exact() {
		passes = 1 // any basis spans everything: Rayleigh–Ritz is exact
	}
	q := general(d, l)
	random := rand.New(rand.NewPCG(t.cfg.Seed, 0x6c696e656172))
	for i := range q.Data {
		q.Data[i] = random.NormFloat64()
	}
	orthonormalize(q)
	for pass := 1; ; pass++ {
		y, err := t.multiply(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		if pass == passes {
			return t.rayleighRitz(q, y)
		}
		q = y
		orthonormalize(q)
	}
}

// multiply returns the covariance times q, in one pass over the images, and
// finds the total variance on the way.
func (t *trainer) multiply(ctx context.Context, q blas64.General) (blas64.General, error) {
	d, l := q.Rows, q.Cols
	sum, images, err := t.pass(ctx, d*l+1, func(sum, x []float64, n int) {
		square := 0.0
		for i := range n {
			row := x[i*d : (i+1)*d]
			for j := range row {
				row[j] -= t.mean[j]
				square += float64(row[j] * row[j])
			}
		}
		sum[d*l] += square
		images := blas64.General{Rows: n, Cols: d, Stride: d, Data: x}
		scores := general(n, l)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, images, q, 0, scores)
		y := blas64.General{Rows: d, Cols: l, Stride: l, Data: sum[:d*l]}
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, images, scores, 1, y)
	})
	if err != nil {
		return blas64.General{}, err
	}
	if images != t.images {
		return blas64.General{}, fmt.Errorf("%d images where there were %d: the shards changed during the training", images, t.images)
	}
	for i := range sum {
		sum[i] /= float64(images)
	}
	t.variance = sum[d*l]
	return blas64.General{Rows: d, Cols: l, Stride: l, Data: sum[:d*l]}, nil
}

// orthonormalize replaces the columns of a by an orthonormal basis that spans
// them (Householder QR), also where they depend on each other.
func orthonormalize(a blas64.General) {
	tau := make([]float64, min(a.Rows, a.Cols))
	size := []float64{0}
	lapack64.Geqrf(a, tau, size, -1)
	work := make([]float64, int(size[0]))
	lapack64.Geqrf(a, tau, work, len(work))
	lapack64.Orgqr(a, tau, size, -1)
	work = make([]float64, int(size[0]))
	lapack64.Orgqr(a, tau, work, len(work))
}

// rayleighRitz returns the best components within the span of q, given y, the
// covariance times q: the eigenvectors of qᵀy, back in the space of images.
func (t *trainer) rayleighRitz(q, y blas64.General) (basis, variances []float64, err error) {
	d, l, k := q.Rows, q.Cols, t.cfg.Latent
	small := general(l, l)
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, q, y, 0, small)
	sym := mat.NewSymDense(l, nil)
	for i := range l {
		for j := i; j < l; j++ {
			sym.SetSym(i, j, (small.Data[i*l+j]+small.Data[j*l+i])/2)
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(sym, true) {
		return nil, nil, errors.New("the eigenvalues of the covariance did not converge")
	}
	values := eigen.Values(nil) // rising
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)

	noise := t.rounding(values[l-1])
	turned := general(l, k)
	variances = make([]float64, k)
	for j := range k {
		if v := values[l-1-j]; v > noise && v > 0 {
			variances[j] = v
			for i := range l {
				turned.Data[i*k+j] = vectors.At(i, l-1-j)
			}
		}
	}
	components := general(d, k)
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, q, turned, 0, components)
	fixSigns(components)
	return components.Data, variances, nil
}

// rounding returns the variance below which there is nothing but rounding: the
// covariance is off by up to d roundings of its largest eigenvalue, and the
// images, even equal ones, are off their mean by up to n roundings of it.
func (t *trainer) rounding(largest float64) float64 {
	square := 0.0
	for _, v := range t.mean {
		square += float64(v * v)
	}
	off := float64(t.images) * 0x1p-52
	return max(8*float64(t.size)*0x1p-52*largest, float64(off*off)*square)
}

// fixSigns turns every column so that its entry of largest magnitude, the first
// of equals, is positive.
func fixSigns(a blas64.General) {
	for j := range a.Cols {
		largest := 0.0
		for i := range a.Rows {
			if v := a.Data[i*a.Stride+j]; math.Abs(v) > math.Abs(largest) {
				largest = v
			}
		}
		if largest < 0 {
			for i := range a.Rows {
				a.Data[i*a.Stride+j] = -a.Data[i*a.Stride+j]
			}
		}
	}
}

func general(rows, cols int) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float64, rows*cols)}
}
