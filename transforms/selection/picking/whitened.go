package picking

import (
	"math"
	"math/rand/v2"

	"exemplar/transforms/run/parallel"
)

// Limits of whitened vectors.
const (
	whiteDimension = 16      // components
	whiteRows      = 1024    // that these are found from, at most
	whiteNumbers   = 4 << 20 // of these rows, unless few rows have as many
	whiteRounds    = 8
	whiteLeast     = 1e-6 // variance of a component, over that of the first
)

// whitened returns n rows of d numbers in the subspace of their leading principal components,
// where every direction has variance 1, so that what varies little counts as much as what varies
// most; nothing where all rows are the same. It is found from some of the rows by subspace
// iteration (Halko, Martinsson and Tropp, "Finding structure with randomness", SIAM Review 53,
// 2011), and need not be exact, as those of package spaces are, which take d³ operations; sums are
// in one order on every machine.
func whitened(x []float32, n, d int) []float32 {
	k := min(whiteDimension, d, n-1)
	if k < 1 {
		return nil
	}
	few := thinned(x, n, d)
	basis := make([]float64, k*d) // components x numbers
	rng := rand.New(rand.NewPCG(uint64(d), uint64(k)))
	for i := range basis {
		basis[i] = rng.NormFloat64()
	}
	for range whiteRounds {
		orthonormalize(basis, d)
		basis = few.combine(few.project(basis))
	}
	orthonormalize(basis, d)
	lower := cholesky(covariance(few.project(basis), k))
	if len(lower) == 0 {
		return nil
	}
	white := make([]float32, n*k)
	parallel.All(n, func(i int) {
		y := make([]float64, k)
		for c := range y {
			for j, v := range x[i*d : (i+1)*d] {
				y[c] += float64((float64(v) - few.mean[j]) * basis[c*d+j])
			}
		}
		for c := range y { // solve lower·z = y
			pivot := lower[c*k+c]
			if pivot == 0 {
				y[c] = 0
				continue
			}
			for b := range c {
				y[c] -= float64(lower[c*k+b] * y[b])
			}
			y[c] /= pivot
			white[i*k+c] = float32(y[c])
		}
	})
	return white
}

// centered are rows of numbers without their mean.
type centered struct {
	x, mean []float64
}

// thinned returns rows that are spread evenly over all.
func thinned(x []float32, n, d int) centered {
	rows := min(n, whiteRows, max(2*whiteDimension, whiteNumbers/d))
	c := centered{x: make([]float64, rows*d), mean: make([]float64, d)}
	for r := range rows {
		for j, v := range x[r*n/rows*d:][:d] {
			c.x[r*d+j] = float64(v)
			c.mean[j] += float64(v) / float64(rows)
		}
	}
	for i := range c.x {
		c.x[i] -= c.mean[i%d]
	}
	return c
}

// project returns the rows along the vectors of a basis: vectors x rows.
func (c centered) project(basis []float64) []float64 {
	d := len(c.mean)
	k, rows := len(basis)/d, len(c.x)/d
	along := make([]float64, k*rows)
	parallel.All(rows, func(r int) {
		for b := range k {
			sum := 0.0
			for j, v := range c.x[r*d : (r+1)*d] {
				sum += float64(v * basis[b*d+j])
			}
			along[b*rows+r] = sum
		}
	})
	return along
}

// combine returns the sums of rows that are weighted with what project returns.
func (c centered) combine(along []float64) []float64 {
	d := len(c.mean)
	rows := len(c.x) / d
	k := len(along) / rows
	basis := make([]float64, k*d)
	parallel.All(k, func(b int) {
		sum := basis[b*d : (b+1)*d]
		for r, w := range along[b*rows : (b+1)*rows] {
			for j, v := range c.x[r*d : (r+1)*d] {
				sum[j] += float64(w * v)
			}
		}
	})
	return basis
}

// orthonormalize makes vectors of d numbers orthogonal, and of length 1, or 0 where they
// depend on those before. It does so twice, since once leaves rounding.
func orthonormalize(basis []float64, d int) {
	for b := 0; b < len(basis); b += d {
		v := basis[b : b+d]
		length := norm(v)
		for range 2 {
			for a := 0; a < b; a += d {
				u, along := basis[a:a+d], 0.0
				for j := range v {
					along += float64(u[j] * v[j])
				}
				for j := range v {
					v[j] -= float64(along * u[j])
				}
			}
		}
		left := norm(v)
		for j := range v {
			if left > 1e-10*length {
				v[j] /= left
			} else {
				v[j] = 0
			}
		}
	}
}

func norm(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

// covariance returns that of k centered variables, a triangle below the diagonal of k x k.
func covariance(along []float64, k int) []float64 {
	rows := len(along) / k
	m := make([]float64, k*k)
	for a := range k {
		for b := range a + 1 {
			for r := range rows {
				m[a*k+b] += float64(along[a*rows+r] * along[b*rows+r] / float64(rows-1))
			}
		}
	}
	return m
}

// cholesky returns the lower triangle whose square is a matrix, with zeros for variables of
// which others leave next to no variance; nothing where none has any.
func cholesky(m []float64) []float64 {
	k := int(math.Sqrt(float64(len(m))))
	most := 0.0
	for a := range k {
		most = max(most, m[a*k+a])
	}
	if most == 0 {
		return nil
	}
	for a := range k {
		for b := range a + 1 {
			for c := range b {
				m[a*k+b] -= float64(m[a*k+c] * m[b*k+c])
			}
			switch pivot := m[b*k+b]; {
			case a == b && m[a*k+a] > whiteLeast*most:
				m[a*k+a] = math.Sqrt(m[a*k+a])
			case a == b, pivot == 0:
				m[a*k+b] = 0
			default:
				m[a*k+b] /= pivot
			}
		}
	}
	return m
}
