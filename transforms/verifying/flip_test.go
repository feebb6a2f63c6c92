package verifying

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestEveryFlippedBitIsReported flips one bit at a time: in every file of the
// three folders at the same number of places, whatever its size.
func TestEveryFlippedBitIsReported(t *testing.T) {
	dir := road(t)
	rng := rand.New(rand.NewPCG(1, 2))
	flips := 0
	for _, folder := range []string{"shards", "latents", "selection"} {
		for _, file := range filesOf(t, filepath.Join(dir, folder)) {
			data, err := os.ReadFile(file)
			check(t, err)
			if len(data) == 0 {
				continue
			}
			for range 5 {
				bit := rng.IntN(8 * len(data))
				data[bit/8] ^= 1 << (bit % 8)
				check(t, os.WriteFile(file, data, 0o666))
				if len(verify(t, dir, folder)) == 0 {
					name, _ := filepath.Rel(dir, file)
					t.Errorf("%s: bit %d of byte %d was flipped, and nothing said", name, bit%8, bit/8)
				}
				data[bit/8] ^= 1 << (bit % 8)
				flips++
			}
			check(t, os.WriteFile(file, data, 0o666))
		}
	}
	if flips < 150 {
		t.Errorf("%d flips: want 150", flips)
	}
}
