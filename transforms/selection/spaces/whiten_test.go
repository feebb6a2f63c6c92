package spaces

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
)

// TestRowComponents: by way of the vectors' products the components are those of the
// covariance.
func TestRowComponents(t *testing.T) {
	const n, d = 40, 300
	x := sample(n, d)
	mean := means(x, d)
	want, direction := components(x, mean)
	got, other := rowComponents(x, mean)
	if len(got) != n {
		t.Fatalf("%d values, want %d", len(got), n)
	}
	for c := range n - 1 { // centered vectors vary in one direction less
		w, g := want[d-1-c], got[n-1-c]
		if !(math.Abs(w-g) <= 1e-9*want[d-1]) {
			t.Errorf("value %d: %v, want %v", c, g, w)
		}
		if w < 1e-6*want[d-1] {
			continue
		}
		v, u := direction(d-1-c), other(n-1-c)
		for j := range v {
			if !(math.Abs(v[j]-u[j]) <= 1e-6) {
				t.Fatalf("component %d, number %d: %v, want %v", c, j, u[j], v[j])
			}
		}
	}
}

// TestWhitenedOfManyDimensions: 60 vectors of 20,000 numbers take the memory of the
// vectors, not of a square of their dimensions, which would be 3.2 GB.
func TestWhitenedOfManyDimensions(t *testing.T) {
	const n, d = 60, 20_000
	random := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, n*d)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s, err := FitWhitened(x, d, Limits{Dimension: n})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d MiB allocated", got>>20)
	}
	if err != nil || s.Out != n-1 || !(s.Variance > DefaultVariance) {
		t.Fatalf("%+v, %v", s, err)
	}
	y := s.Apply(x)
	for _, pair := range [][2]int{{0, 0}, {57, 57}, {0, 1}, {3, 40}} {
		sum := 0.0
		for i := range n {
			sum += float64(y[i*s.Out+pair[0]]) * float64(y[i*s.Out+pair[1]])
		}
		want := 0.0
		if pair[0] == pair[1] {
			want = n - 1
		}
		if !(math.Abs(sum-want) <= 0.05) {
			t.Errorf("components %v: %v, want %v", pair, sum, want)
		}
	}
}

// TestDeviationsBelowFloat32: what is divided by a standard deviation stays finite: a space
// ends before a direction whose inverse float32 does not hold, or is refused.
func TestDeviationsBelowFloat32(t *testing.T) {
	x := sample(300, 3)
	for i := 0; i < len(x); i += 3 {
		x[i], x[i+1], x[i+2] = x[i]*1e-36, x[i+1]*1e-40, x[i+2]*1e-36
	}
	s, err := FitWhitened(x, 3, Limits{})
	if err != nil || s.Out != 2 {
		t.Fatalf("%+v, %v: want 2 components", s, err)
	}
	for _, v := range s.Apply(x) {
		if !(math.Abs(float64(v)) < 100) {
			t.Fatalf("whitened to %v", v)
		}
	}
	if _, err := Fit(ZScore, "", 3, x, 3); err == nil || !strings.Contains(err.Error(), "dimension 1 of the vectors has a standard deviation of") {
		t.Errorf("z-scores: %v", err)
	}
	for i := range x {
		x[i] *= 1e-4
	}
	if _, err := FitWhitened(x, 3, Limits{}); err != errTiny {
		t.Errorf("of numbers near 1e-40: %v", err)
	}
}
