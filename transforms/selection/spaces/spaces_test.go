package spaces

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// sample returns n vectors of d numbers that depend on each other, with very
// different spreads and an offset.
func sample(n, d int) []float32 {
	rng := rand.New(rand.NewPCG(7, uint64(d)))
	mix := make([]float64, d*d)
	for i := range mix {
		mix[i] = rng.NormFloat64()
	}
	x := make([]float32, n*d)
	for i := range n {
		for j := range d {
			z := rng.NormFloat64() * math.Pow(2, float64(-j))
			for o := range d {
				x[i*d+o] += float32(z * mix[j*d+o])
			}
		}
		for j := range d {
			x[i*d+j] += float32(3 * j)
		}
	}
	return x
}

// moments returns mean and covariance of vectors.
func moments(x []float32, d int) (mean, covariance []float64) {
	n := len(x) / d
	mean, covariance = means(x, d), make([]float64, d*d)
	for i := range n {
		for a := range d {
			for b := range d {
				covariance[a*d+b] += (float64(x[i*d+a]) - mean[a]) * (float64(x[i*d+b]) - mean[b]) / float64(n-1)
			}
		}
	}
	return mean, covariance
}

func TestWhitenedIsWhite(t *testing.T) {
	const n, d = 2000, 6
	x := sample(n, d)
	for _, k := range []int{3, 6} {
		s, err := Fit(Whiten, "", k, x, d)
		if err != nil {
			t.Fatal(err)
		}
		if s.Out != k || s.Rows != n {
			t.Fatalf("%d dimensions from %d vectors", s.Out, s.Rows)
		}
		mean, covariance := moments(s.Apply(x), k)
		for a := range k {
			if !(math.Abs(mean[a]) < 1e-4) {
				t.Errorf("whiten:%d: mean of component %d is %v", k, a, mean[a])
			}
			for b := range k {
				want := 0.0
				if a == b {
					want = 1
				}
				if !(math.Abs(covariance[a*k+b]-want) < 1e-3) {
					t.Errorf("whiten:%d: covariance of components %d and %d is %v", k, a, b, covariance[a*k+b])
				}
			}
		}
	}
	s, err := FitWhitened(x, d, Limits{})
	if err != nil || s.Out >= d || s.Variance < DefaultVariance {
		t.Errorf("whiten: %d components with %v of the variance, error %v", s.Out, s.Variance, err)
	}
}

func TestZScore(t *testing.T) {
	const n, d = 500, 5
	x := sample(n, d)
	for i := range n {
		x[i*d+4] = 7 // does not vary
	}
	for deviation, variance := range map[string]float64{"": 1, schemas.DeviationPopulation: n / (n - 1.0)} { // of a sample
		s, err := Fit(ZScore, deviation, 0, x, d)
		if err != nil {
			t.Fatal(err)
		}
		mean, covariance := moments(s.Apply(x), d)
		for j := range d {
			want := variance
			if j == 4 {
				want = 0
			}
			if !(math.Abs(mean[j]) < 1e-4 && math.Abs(covariance[j*d+j]-want) < 1e-4) {
				t.Errorf("%q, dimension %d: mean %v, variance %v, want %v", deviation, j, mean[j], covariance[j*d+j], want)
			}
		}
	}
}

func TestEqualVectorsHaveNoSpace(t *testing.T) {
	x := slices.Repeat([]float32{1, 2, 3}, 10)
	for _, kind := range []string{ZScore, Whiten} {
		if _, err := Fit(kind, "", 3, x, 3); err == nil {
			t.Errorf("%s of equal vectors: no error", kind)
		}
	}
	x = nil
	for i := range 20 {
		x = append(x, float32(i), float32(2*i), 1)
	}
	if _, err := Fit(Whiten, "", 2, x, 3); err == nil || !strings.Contains(err.Error(), "use Config.Space=whiten:1") {
		t.Errorf("two components of vectors on a line: %v", err)
	}
}

func TestShares(t *testing.T) {
	raw := &Space{Kind: Raw, In: 3, Out: 3}
	shares := raw.Shares([]float32{1, 2, 0, 1, -2, 0})
	if len(shares) != 3 || shares[0].Dimension != 1 || shares[0].Share != 0.8 || shares[1].Dimension != 0 || shares[1].Share != 0.2 {
		t.Errorf("shares are %v", shares)
	}
	if raw.Shares(make([]float32, 6)) != nil {
		t.Error("zero vectors have shares")
	}
}

func TestDrawn(t *testing.T) {
	const n = 1 << 20
	drawn, limit := 0, Limit(n, 8)
	for i := range n {
		if Drawn(fmt.Sprint("image ", i), limit) {
			drawn++
		}
	}
	if math.Abs(float64(drawn-sampleRows)) > 6*math.Sqrt(sampleRows) {
		t.Errorf("%d of %d images are drawn, want about %d", drawn, n, sampleRows)
	}
	if !Drawn("any", Limit(100, 8)) {
		t.Error("a small collection is not drawn as a whole")
	}
}

func TestMarshal(t *testing.T) {
	x := sample(100, 4)
	for _, kind := range []string{ZScore, Whiten} {
		s, err := Fit(kind, "", 2, x, 4)
		if err != nil {
			t.Fatal(err)
		}
		data, err := s.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Unmarshal(data)
		if err != nil || !slices.Equal(back.Apply(x), s.Apply(x)) {
			t.Errorf("%s: not the same after a round trip: %v", kind, err)
		}
		back.Weights = back.Weights[1:]
		if data, err = back.Marshal(); err != nil {
			t.Fatal(err)
		}
		if _, err := Unmarshal(data); err == nil {
			t.Errorf("%s: a lost weight was not noticed", kind)
		}
	}
}

func TestParse(t *testing.T) {
	for in, want := range map[string]int{"raw": 100, "zscore": 100, "whiten": 64, "whiten:12": 12, "whiten:100": 100} {
		if _, k, err := Parse(in, 100); err != nil || k != want {
			t.Errorf("Parse(%s) = %d, %v", in, k, err)
		}
	}
	for _, in := range []string{"", "Raw", "raw:1", "whiten:", "whiten:0", "whiten:x", "whiten:101", "pca"} {
		if _, _, err := Parse(in, 100); err == nil {
			t.Errorf("Parse(%s) gives no error", in)
		}
	}
}

// TestInvert: what a vector was mapped to is taken back to it, or to its part in the
// components that are kept.
func TestInvert(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, d = 300, 4
	x := make([]float32, n*d)
	for i := range x {
		x[i] = float32(rng.NormFloat64()*float64(1+i%d) + float64(i%d))
	}
	for _, kind := range []string{Raw, ZScore, Whiten} {
		for _, k := range []int{d, 2} {
			if k < d && kind != Whiten {
				continue
			}
			s, err := Fit(kind, "", k, x, d)
			if err != nil {
				t.Fatal(err)
			}
			y := s.Apply(x[:d])
			wide := make([]float64, len(y))
			for j, v := range y {
				wide[j] = float64(v)
			}
			back := s.Invert(wide)
			if k == d {
				for j := range back {
					if !(math.Abs(float64(back[j]-x[j])) <= 1e-4) {
						t.Errorf("%s: %v came back as %v", kind, x[:d], back)
					}
				}
			}
			for j, v := range s.Apply(back) {
				if !(math.Abs(float64(v-y[j])) <= 1e-4) {
					t.Errorf("%s:%d: %v is mapped to %v, not %v", kind, k, back, s.Apply(back), y)
				}
			}
		}
	}
}
