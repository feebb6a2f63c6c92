package nearest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestKeep: in whatever order they come, the first of all are kept, in their order, and
// the place of each is the one that it has.
func TestKeep(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, most := range []int{-1, 0, 1, 5, 40, 100} {
		all, kept := rng.Perm(40), []int(nil)
		for _, v := range all {
			var at int
			kept, at = Keep(kept, v, most, cmp.Compare)
			if at != slices.Index(kept, v) {
				t.Fatalf("at most %d: %d is at %d of %v", most, v, at, kept)
			}
		}
		slices.Sort(all)
		if want := all[:max(0, min(most, len(all)))]; !slices.Equal(kept, want) {
			t.Errorf("at most %d: kept %v, want %v", most, kept, want)
		}
	}
}
