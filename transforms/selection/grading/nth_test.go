package grading

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNth: the number at a place is that of sorting, and so are quantiles, of lists of every kind.
func TestNth(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for round := range 400 {
		x := make([]float64, 1+rng.IntN(200))
		for i := range x {
			switch round % 4 {
			case 0:
				x[i] = rng.NormFloat64()
			case 1:
				x[i] = float64(rng.IntN(4)) // ties
			case 2:
				x[i] = float64(i * (1 - 2*(round/4%2))) // rising, falling
			case 3:
				x[i] = []float64{math.Inf(1), rng.ExpFloat64(), -1}[rng.IntN(3)]
			}
		}
		sorted := slices.Sorted(slices.Values(x))
		n := rng.IntN(len(x))
		chosen := slices.Clone(x)
		nth(chosen, n)
		if chosen[n] != sorted[n] || n > 0 && slices.Max(chosen[:n]) > chosen[n] || slices.Min(chosen[n:]) < chosen[n] {
			t.Fatalf("place %d of %v: %v", n, sorted, chosen)
		}
		if !slices.Equal(slices.Sorted(slices.Values(chosen)), sorted) {
			t.Fatalf("%v became %v", sorted, chosen)
		}
		finite := finiteOf(slices.Clone(x))
		for _, q := range []float64{0, 0.01, 0.5, 0.99, 1, rng.Float64()} {
			want := slices.Sorted(slices.Values(finite))
			if got := quantileOf(slices.Clone(finite), q); got != quantile(want, q) {
				t.Fatalf("quantile %v of %v: %v, sorted %v", q, want, got, quantile(want, q))
			}
		}
	}
	if got := finiteOf([]float64{math.Inf(1), math.Inf(1)}); !slices.Equal(got, []float64{math.Inf(1)}) {
		t.Errorf("of infinite numbers %v are left", got)
	}
}
