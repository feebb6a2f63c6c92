package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"exemplar/model/internal/algebra"
	"exemplar/model/normal"
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
	q := algebra.New(d, l)
	random := rand.New(rand.NewPCG(t.cfg.Seed, 0x6c696e656172))
	for i := range q.Data {
		q.Data[i] = normal.Draw(random)
	}
	algebra.Orthonormalize(q)
	for pass := 1; ; pass++ {
		y, err := t.multiply(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		if pass == passes {
			return t.rayleighRitz(q, y)
		}
		q = y
		algebra.Orthonormalize(q)
	}
}

// multiply returns the covariance times q, in one pass over the images, and
// finds the total variance on the way.
func (t *trainer) multiply(ctx context.Context, q algebra.Matrix) (algebra.Matrix, error) {
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
		images := algebra.Matrix{Rows: n, Cols: d, Data: x}
		scores := algebra.New(n, l)
		algebra.AddProduct(scores, images, q)
		algebra.AddTransposedProduct(algebra.Matrix{Rows: d, Cols: l, Data: sum[:d*l]}, images, scores)
	})
	if err != nil {
		return algebra.Matrix{}, err
	}
	if images != t.images {
		return algebra.Matrix{}, fmt.Errorf("%d images where there were %d: the shards changed during the training", images, t.images)
	}
	for i := range sum {
		sum[i] /= float64(images)
	}
	t.variance = sum[d*l]
	return algebra.Matrix{Rows: d, Cols: l, Data: sum[:d*l]}, nil
}

// rayleighRitz returns the best components within the span of q, given y, the
// covariance times q: the eigenvectors of qᵀy, back in the space of images.
func (t *trainer) rayleighRitz(q, y algebra.Matrix) (basis, variances []float64, err error) {
	d, l, k := q.Rows, q.Cols, t.cfg.Latent
	small := algebra.New(l, l)
	algebra.AddTransposedProduct(small, q, y)
	for i := range l {
		for j := i; j < l; j++ {
			small.Data[i*l+j] = (small.Data[i*l+j] + small.Data[j*l+i]) / 2
		}
	}
	values, vectors, ok := algebra.Eigen(small)
	if !ok {
		return nil, nil, errors.New("the eigenvalues of the covariance did not converge")
	}

	noise := t.rounding(values[0])
	turned := algebra.New(l, k)
	variances = make([]float64, k)
	for j := range k {
		if v := values[j]; v > noise && v > 0 {
			variances[j] = v
			for i, x := range vectors.Row(j) {
				turned.Data[i*k+j] = x
			}
		}
	}
	components := algebra.New(d, k)
	algebra.AddProduct(components, q, turned)
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
func fixSigns(a algebra.Matrix) {
	for j := range a.Cols {
		largest := 0.0
		for i := range a.Rows {
			if v := a.Data[i*a.Cols+j]; math.Abs(v) > math.Abs(largest) {
				largest = v
			}
		}
		if largest < 0 {
			for i := range a.Rows {
				a.Data[i*a.Cols+j] = -a.Data[i*a.Cols+j]
			}
		}
	}
}
