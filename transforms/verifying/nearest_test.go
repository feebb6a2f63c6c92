package verifying

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"exemplar/model/nearest"
)

// TestNearPicks: of any picks, many of them equal or as far, the nearest is that of a comparison
// with each, the first of equal ones, wherever the search begins.
func TestNearPicks(t *testing.T) {
	for name, v := range map[string]struct {
		n, d  int
		level float64 // coordinates are whole multiples of it; 0: any
		scale float64
	}{
		"few":            {fewPicks - 1, 5, 0, 1},
		"many":           {1500, 20, 0, 1},
		"ties":           {900, 2, 1, 3},
		"one dimension":  {700, 1, 0.125, 1},
		"all the same":   {300, 3, 100, 1},
		"tiny":           {400, 4, 0, 1e-30},
		"huge":           {400, 4, 0, 1e30},
		"far from zero":  {500, 3, 0x1p-20, 1e-5},
		"a single image": {1, 3, 0, 1},
	} {
		rng := rand.New(rand.NewPCG(uint64(v.n), 1))
		vector := func() []float32 {
			x := make([]float32, v.d)
			for j := range x {
				c := rng.NormFloat64() * v.scale
				if v.level > 0 {
					c = v.level * float64(int(c/v.level))
				}
				if name == "far from zero" {
					c += 1
				}
				x[j] = float32(c)
			}
			return x
		}
		var list []nearPick
		for i := range v.n {
			list = append(list, nearPick{fmt.Sprint(i), nearest.Widen(vector())})
		}
		picks := newNearPicks(list)
		if (picks.parts != nil) != (v.n >= fewPicks) {
			t.Errorf("%s: %d parts of %d picks", name, len(picks.parts), v.n)
		}
		last := 0
		for i := range 300 {
			x := vector()
			if i%3 == 0 { // a pick itself
				x = nearest.Narrow(list[rng.IntN(v.n)].x)
			}
			want, least := 0, squaredDistance(x, list[0].x)
			for j := range list {
				if q := squaredDistance(x, list[j].x); q < least {
					want, least = j, q
				}
			}
			got, d2 := picks.nearest(x, last)
			if got != want || d2 != least {
				t.Fatalf("%s: image %d is nearest to %d (%v), compared with each to %d (%v)", name, i, got, d2, want, least)
			}
			last = rng.IntN(v.n)
		}
	}
}

// BenchmarkNearPicks has latents without clusters, of which each dimension varies less than the one before.
func BenchmarkNearPicks(b *testing.B) {
	const n, d = 10000, 64
	rng := rand.New(rand.NewPCG(1, 1))
	vector := func() []float32 {
		x := make([]float32, d)
		for j := range x {
			x[j] = float32(rng.NormFloat64() / float64(1+j/4))
		}
		return x
	}
	var list []nearPick
	for range n {
		list = append(list, nearPick{"", nearest.Widen(vector())})
	}
	picks, last := newNearPicks(list), 0
	rows := make([][]float32, 1000)
	for i := range rows {
		rows[i] = vector()
	}
	i := 0
	for b.Loop() {
		last, _ = picks.nearest(rows[i%len(rows)], last)
		i++
	}
}
