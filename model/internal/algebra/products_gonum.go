//go:build amd64 && !noasm && !gccgo && !safe

package algebra

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Gonum's products are sums of axpy along the inner dimension, whose assembly does not
// fuse: the bits are those of products.go (TestProductsAreGonums).

func addProduct(c, a, b Matrix) {
	if len(c.Data) > 0 && a.Cols > 0 {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(a), general(b), 1, general(c))
	}
}

func addTransposedProduct(c, a, b Matrix) {
	if len(c.Data) > 0 && a.Rows > 0 {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, general(a), general(b), 1, general(c))
	}
}

// axpy adds s·x to y.
func axpy(s float64, x, y []float64) {
	blas64.Axpy(s, blas64.Vector{N: len(x), Data: x, Inc: 1}, blas64.Vector{N: len(x), Data: y, Inc: 1})
}

func general(m Matrix) blas64.General {
	return blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: max(1, m.Cols), Data: m.Data}
}
