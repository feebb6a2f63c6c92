package algebra

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// orthonormal returns the largest difference of m·mᵀ, or mᵀ·m for columns, from 1.
func orthonormal(m Matrix, columns bool) float64 {
	x := mat.NewDense(m.Rows, m.Cols, m.Data)
	var g mat.Dense
	if columns {
		g.Mul(x.T(), x)
	} else {
		g.Mul(x, x.T())
	}
	off := 0.0
	n, _ := g.Dims()
	for i := range n {
		for j := range n {
			want := 0.0
			if i == j {
				want = 1
			}
			off = max(off, math.Abs(g.At(i, j)-want))
		}
	}
	return off
}

// spanning returns the symmetric matrix that has the values for eigenvalues along
// random directions.
func spanning(r *rand.Rand, values []float64) Matrix {
	n := len(values)
	q := random(r, n, n)
	Orthonormalize(q)
	m := New(n, n)
	for i := range n {
		for j := range n {
			for k, v := range values {
				m.Data[i*n+j] += q.Data[i*n+k] * v * q.Data[j*n+k]
			}
		}
	}
	return m
}

// hard are symmetric matrices that decompositions have trouble with.
func hard() map[string]Matrix {
	r := rand.New(rand.NewPCG(5, 5))
	power := func(n int, from, to float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = math.Pow(10, from+(to-from)*float64(i)/float64(max(1, n-1)))
		}
		return v
	}
	graded := func(n int, from, to float64) Matrix {
		m, scale := random(r, n, n), power(n, from, to)
		for i := range n {
			for j := range n {
				m.Data[i*n+j] = (m.Data[i*n+j] + float64(i+j)) * scale[i] * scale[j]
			}
		}
		return m
	}
	wilkinson := New(21, 21)
	ones := New(40, 40)
	diagonal := New(9, 9)
	for i := range 21 {
		wilkinson.Data[i*21+i] = math.Abs(float64(i - 10))
		if i > 0 {
			wilkinson.Data[i*21+i-1], wilkinson.Data[(i-1)*21+i] = 1, 1
		}
	}
	for i := range ones.Data {
		ones.Data[i] = 1
	}
	for i := range 9 {
		diagonal.Data[i*9+i] = float64((i * 5) % 9)
	}
	tiny, huge := random(r, 12, 12), random(r, 12, 12)
	for i := range tiny.Data {
		tiny.Data[i] *= 1e-200
		huge.Data[i] *= 1e200
	}
	m := map[string]Matrix{
		"empty": New(0, 0), "one": {1, 1, []float64{-3}}, "two": {2, 2, []float64{1, 2, 2, -1}},
		"two of zeros": New(2, 2), "zeros": New(30, 30), "off diagonal": {2, 2, []float64{0, 1e-30, 1e-30, 0}},
		"ones": ones, "identity": spanning(r, power(25, 0, 0)), "diagonal": diagonal,
		"Wilkinson": wilkinson, "random": random(r, 67, 67), "larger": random(r, 150, 150),
		"repeated": spanning(r, []float64{5, 5, 5, 5, 2, 2, 2, 0, 0, 0, 0, -1, -1}),
		"rank 1":   spanning(r, append(make([]float64, 32), 7)),
		"spectrum": spanning(r, power(60, -12, 12)),
		"rising":   graded(30, -6, 6), "falling": graded(30, 6, -6), "tiny": tiny, "huge": huge,
	}
	for _, a := range m {
		for i := range a.Rows {
			for j := range i {
				a.Data[i*a.Cols+j] = a.Data[j*a.Cols+i]
			}
		}
	}
	return m
}

// TestEigen: eigenvalues are those that gonum's finds, vectors are orthonormal, and
// a times a vector is its value times it; to rounding of the largest value.
func TestEigen(t *testing.T) {
	for name, a := range hard() {
		n := a.Rows
		values, vectors, ok := Eigen(clone(a))
		if !ok || len(values) != n || vectors.Rows != n {
			t.Errorf("%s: ok %v, %d values", name, ok, len(values))
			continue
		}
		if n == 0 {
			continue
		}
		var e mat.EigenSym
		e.Factorize(mat.NewSymDense(n, clone(a).Data), true)
		want := e.Values(nil)
		bound := 1e-14 * float64(n) * math.Max(math.Abs(want[0]), math.Abs(want[n-1]))
		for j, v := range values {
			if !(math.Abs(v-want[n-1-j]) <= bound) || j > 0 && values[j-1] < v {
				t.Errorf("%s: value %d is %v, want %v", name, j, v, want[n-1-j])
			}
			for i := range n {
				sum := 0.0
				for k, x := range vectors.Row(j) {
					sum += a.Data[i*n+k] * x
				}
				if !(math.Abs(sum-v*vectors.Row(j)[i]) <= bound) {
					t.Errorf("%s: a·v is %v where %v·v is %v", name, sum, v, v*vectors.Row(j)[i])
				}
			}
		}
		if off := orthonormal(vectors, false); !(off <= 1e-14*float64(n)) {
			t.Errorf("%s: vectors are off orthonormal by %.1e", name, off)
		}
	}
	if _, _, ok := Eigen(Matrix{3, 3, []float64{1, math.NaN(), 0, 0, 1, 2, 0, 0, 1}}); ok {
		t.Error("it found eigenvalues of NaN")
	}
}

// TestGradedEigenvalues: of a matrix with its large numbers at the top left the small
// eigenvalues have their digits, too: here 2^-40 times as large as the first, against
// those of the inverse, which are the inverse ones.
func TestGradedEigenvalues(t *testing.T) {
	a := Matrix{3, 3, []float64{1, 0x1p-11, 0x1p-21, 0x1p-11, 0x1p-20, 0x1p-31, 0x1p-21, 0x1p-31, 0x1p-40}}
	values, _, ok := Eigen(clone(a))
	// a = s·b·s with s = diag(1, 2^-10, 2^-20): det a = 2^-60 det b, b of ones and halves.
	det := 0x1p-60 * 0.5 // det of 1 ½ ½, ½ 1 ½, ½ ½ 1
	if got := values[0] * values[1] * values[2]; !ok || !(math.Abs(got/det-1) <= 1e-14) {
		t.Errorf("the product of %v is %v, the determinant %v", values, got, det)
	}
}

// TestOrthonormalize: the basis is orthonormal and spans the columns, whatever these
// are; where they are independent it is gonum's to rounding.
func TestOrthonormalize(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	dependent := random(r, 50, 20)
	for i := range 50 {
		row := dependent.Row(i)
		row[0], row[5], row[7], row[19] = 0, row[3], row[3]-2*row[4], 1e-15*row[2]
	}
	short := random(r, 30, 6)
	for i := range 30 {
		if i > 2 {
			clear(short.Row(i))
		}
	}
	scaled := random(r, 40, 12)
	for i := range scaled.Data {
		scaled.Data[i] *= math.Pow(10, float64(2*(i%12)-12))
	}
	for name, c := range map[string]struct {
		a    Matrix
		full bool
	}{
		"one": {Matrix{1, 1, []float64{-4}}, true}, "zero": {New(1, 1), false}, "zeros": {New(20, 5), false},
		"column": {random(r, 9, 1), true}, "square": {random(r, 33, 33), true}, "tall": {random(r, 200, 31), true},
		"none": {New(3, 0), true}, "dependent": {dependent, false}, "three rows": {short, false}, "scaled": {scaled, true},
	} {
		q := clone(c.a)
		Orthonormalize(q)
		if c.a.Cols == 0 {
			continue
		}
		if off := orthonormal(q, true); !(off <= 1e-14) {
			t.Errorf("%s: off orthonormal by %.1e", name, off)
		}
		// Nothing of a column is outside of what the basis spans.
		var within, outside mat.Dense
		a, basis := mat.NewDense(c.a.Rows, c.a.Cols, c.a.Data), mat.NewDense(q.Rows, q.Cols, q.Data)
		within.Mul(basis.T(), a)
		outside.Mul(basis, &within)
		outside.Sub(a, &outside)
		for j := range c.a.Cols {
			if left, all := mat.Norm(outside.ColView(j), 2), mat.Norm(a.ColView(j), 2); !(left <= 1e-13*all) {
				t.Errorf("%s: %.1e of column %d, of %.1e, is outside", name, left, j, all)
			}
		}
		if c.full {
			want := clone(c.a)
			factor(want)
			for i, v := range q.Data {
				if !(math.Abs(v-want.Data[i]) <= 1e-11) {
					t.Fatalf("%s: number %d is %v, gonum's %v", name, i, v, want.Data[i])
				}
			}
		}
	}
}

// factor is Orthonormalize by gonum.
func factor(m Matrix) {
	a := blas64.General{Rows: m.Rows, Cols: m.Cols, Stride: m.Cols, Data: m.Data}
	tau, work := make([]float64, m.Cols), make([]float64, 100*m.Cols)
	lapack64.Geqrf(a, tau, work, len(work))
	lapack64.Orgqr(a, tau, work, len(work))
}

func BenchmarkDecompositions(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{96, 1024} {
		x, tall := random(r, n, n), random(r, 1024, n)
		for i := range n {
			for j := range i {
				x.Data[i*n+j] = x.Data[j*n+i]
			}
		}
		for name, f := range map[string]func(){
			"eigen/gonum": func() {
				var e mat.EigenSym
				e.Factorize(mat.NewSymDense(n, clone(x).Data), true)
			},
			"eigen/written":       func() { Eigen(clone(x)) },
			"orthonormal/gonum":   func() { factor(clone(tall)) },
			"orthonormal/written": func() { Orthonormalize(clone(tall)) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					f()
				}
			})
		}
	}
}
