package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestAccumulate compares with the definition for every number of numbers around the
// vectors', ties and the largest products too, and checks that nothing else is
// written.
func TestAccumulate(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(31, 32))
		for n := range 70 {
			for _, exponent := range []int{-1, 0, 3, 38, 61} {
				factor := math.Ldexp(1, exponent)
				x, got, want := make([]float32, n), make([]int64, n+1), make([]int64, n+1)
				for i := range got {
					got[i] = rng.Int64N(1<<40) - 1<<39
					want[i] = got[i]
				}
				for i := range x {
					x[i] = float32(rng.IntN(9)-4) / 2 * [2]float32{1, 0.375}[rng.IntN(2)] // -2 to 2: some products are halves
					want[i] += int64(math.RoundToEven(math.Ldexp(float64(x[i]), exponent)))
				}
				s.Accumulate(got, x, factor)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("%d numbers times 2^%d: (-want +got)\n%s", n, exponent, diff)
				}
			}
		}
		x, sums := make([]float32, 2*callTerms+3), make([]int64, 2*callTerms+3) // several calls
		for i := range x {
			x[i] = float32(i % 1000)
		}
		s.Accumulate(sums, x, 2)
		for i, v := range sums {
			if v != int64(i%1000*2) {
				t.Fatalf("sum %d is %d", i, v)
			}
		}
	})
}

func BenchmarkAccumulate(b *testing.B) {
	for _, s := range All() {
		b.Run(s.Name(), func(b *testing.B) {
			x, sums := make([]float32, 512), make([]int64, 512)
			for b.Loop() {
				s.Accumulate(sums, x, 3)
			}
		})
	}
}
