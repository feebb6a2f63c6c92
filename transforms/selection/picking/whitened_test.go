package picking

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// TestWhitened compares distances of whitened vectors with those along principal components
// that gonum finds. Where there are more numbers than components, the last ones kept stand well
// apart from the others, as subspace iteration needs.
func TestWhitened(t *testing.T) {
	for name, v := range map[string]struct{ n, d, rank int }{
		"all of few numbers":    {200, 5, 5},
		"leading ones":          {400, 40, 40},
		"fewer than components": {300, 24, 6},
		"fewer rows":            {10, 30, 30},
	} {
		rng := rand.New(rand.NewPCG(3, uint64(v.d)))
		x := make([]float32, v.n*v.d)
		for i := range v.n {
			z := make([]float64, v.rank)
			for j := range z {
				z[j] = rng.NormFloat64() * math.Pow(0.9, float64(j))
				if j >= whiteDimension {
					z[j] *= 0.01
				}
			}
			for j := range v.d { // along directions that are not the axes
				for k := range z {
					x[i*v.d+j] += float32(z[k] * math.Cos(math.Pi*float64(k)*(float64(j)+0.5)/float64(v.d)))
				}
			}
		}
		white := whitened(x, v.n, v.d)
		all := mat.NewDense(v.n, v.d, nil)
		for i := range v.n {
			for j := range v.d {
				all.Set(i, j, float64(x[i*v.d+j]))
			}
		}
		var pc stat.PC
		if !pc.PrincipalComponents(all, nil) {
			t.Fatal("no principal components")
		}
		var vectors mat.Dense
		pc.VectorsTo(&vectors)
		variances := pc.VarsTo(nil)
		k := min(whiteDimension, v.rank, v.n-1)
		want := func(i, j int) (sum float64) {
			for c := range k {
				along := 0.0
				for m := range v.d {
					along += (all.At(i, m) - all.At(j, m)) * vectors.At(m, c)
				}
				sum += along * along / variances[c]
			}
			return math.Sqrt(sum)
		}
		for i := range v.n - 1 {
			w := len(white) / v.n
			got := math.Sqrt(addSquares(0, white[i*w:(i+1)*w], white[(i+1)*w:(i+2)*w]))
			if w := want(i, i+1); math.Abs(got-w) > 0.01*w {
				t.Fatalf("%s: rows %d and %d are %v apart, by principal components %v", name, i, i+1, got, w)
			}
		}
	}
	if white := whitened(make([]float32, 12), 4, 3); white != nil {
		t.Errorf("rows that are all the same give %v", white)
	}
}
