package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestCompress: numbers are taken from, and put to, the places that their index
// says, the last pixel with or without its gap, and nothing else changes.
func TestCompress(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for n := 1; n <= 40; n++ {
		for _, stride := range []int{n, n + 1 + rng.IntN(3), Up16(n), Up16(n) + 16} {
			for pixels := range 20 {
				for _, last := range []int{n, stride} {
					what := fmt.Sprintf("%d of %d, %d pixels, the last of %d", n, stride, pixels, last)
					size := max(0, (pixels-1)*stride+last)
					if pixels == 0 {
						size = 0
					}
					src := numbers(rng, size)
					got, want := filled(pixels*n+3), filled(pixels*n+3)
					Compress(got[:pixels*n], src, n, stride)
					for i := range pixels * n {
						want[i] = src[i/n*stride+i%n]
					}
					sameBits(t, what, got, want)

					back, wide := filled(size+3), filled(size+3)
					Expand(back[:size], got[:pixels*n], n, stride)
					for i := range pixels * n {
						wide[i/n*stride+i%n] = got[i]
					}
					sameBits(t, what+", back", back, wide)
				}
			}
		}
	}
}
