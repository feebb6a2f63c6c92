package algebra

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// random returns a matrix of normal numbers over some powers of ten, with zeros.
func random(r *rand.Rand, rows, cols int) Matrix {
	m := New(rows, cols)
	for i := range m.Data {
		if r.IntN(10) > 0 {
			m.Data[i] = r.NormFloat64() * math.Pow(10, float64(r.IntN(7)-3))
		}
	}
	return m
}

func equalBits(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// TestProducts: every number is a sum in the order of the inner dimension, each
// operation rounded by itself.
func TestProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][3]int{{1, 1, 1}, {0, 3, 2}, {3, 0, 2}, {3, 2, 0}, {5, 3, 7}, {2, 64, 9}, {17, 65, 33}, {64, 200, 31}, {130, 129, 131}, {300, 67, 257}} {
		n, k, m := size[0], size[1], size[2]
		a, b, start := random(r, n, k), random(r, k, m), random(r, n, m)
		transposed := New(k, n)
		for i := range n {
			for l := range k {
				transposed.Data[l*n+i] = a.Data[i*k+l]
			}
		}
		want := clone(start)
		for i := range n {
			for j := range m {
				for l := range k {
					product := a.Data[i*k+l] * b.Data[l*m+j]
					want.Data[i*m+j] += float64(product)
				}
			}
		}
		for name, add := range map[string]func(c Matrix){
			"plain":      func(c Matrix) { AddProduct(c, a, b) },
			"transposed": func(c Matrix) { AddTransposedProduct(c, transposed, b) },
		} {
			c := clone(start)
			add(c)
			equalBits(t, name, c.Data, want.Data)
		}
	}
}

func clone(m Matrix) Matrix {
	c := New(m.Rows, m.Cols)
	copy(c.Data, m.Data)
	return c
}

func BenchmarkProducts(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x, q, scores := random(r, 64, 1024), random(r, 1024, 96), New(64, 96)
	y := New(1024, 96)
	flops := float64(4 * 64 * 1024 * 96)
	for name, f := range map[string]func(){
		"gonum": func() {
			blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, blas64.General{Rows: 64, Cols: 1024, Stride: 1024, Data: x.Data},
				blas64.General{Rows: 1024, Cols: 96, Stride: 96, Data: q.Data}, 0, blas64.General{Rows: 64, Cols: 96, Stride: 96, Data: scores.Data})
			blas64.Gemm(blas.Trans, blas.NoTrans, 1, blas64.General{Rows: 64, Cols: 1024, Stride: 1024, Data: x.Data},
				blas64.General{Rows: 64, Cols: 96, Stride: 96, Data: scores.Data}, 1, blas64.General{Rows: 1024, Cols: 96, Stride: 96, Data: y.Data})
		},
		"written": func() {
			clear(scores.Data)
			AddProduct(scores, x, q)
			AddTransposedProduct(y, x, scores)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(flops*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFlop/s")
		})
	}
}
