package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestAverage compares with the definition, bit for bit, for each number of
// pixels and blocks, and checks that nothing else is written.
func TestAverage(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, channels := range []int{3, 16, 48} {
			for pixels := 1; pixels < 6; pixels++ {
				src := Plane{nil, 2*pixels*channels + rng.IntN(9)}
				src.Data = numbers(rng, src.Pitch+2*pixels*channels)
				got, want := filled(pixels*channels+9), filled(pixels*channels+9)
				s.Average(got, src, channels, pixels)
				for x := range pixels {
					for c := range channels {
						d := func(i, j int) float32 { return src.Data[i*src.Pitch+(2*x+j)*channels+c] }
						want[x*channels+c] = ((d(0, 0) + d(0, 1)) + (d(1, 0) + d(1, 1))) / 4
					}
				}
				sameBits(t, fmt.Sprintf("%d pixels of %d channels", pixels, channels), got, want)
			}
		}
		src := Plane{make([]float32, 2*callTerms), callTerms} // several calls
		dst := filled(callTerms / 2)
		s.Average(dst, src, 16, callTerms/32)
		sameBits(t, "many pixels", dst, make([]float32, len(dst)))
	})
}
