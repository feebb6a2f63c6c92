package picking

import (
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestStruck: of an earlier selection's picks those that stay keep their ranks, and new ones of
// the same group take those of the struck, whatever the strategy and though other groups
// would gain more; what is asked for comes first.
func TestStruck(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	pools := [][]Candidate{pool(rng, "a", 60, 4, 0), pool(rng, "b", 30, 4, 9), pool(rng, "c", 90, 4, -9)}
	group := map[string]int{}
	for g, list := range pools {
		for i := range list {
			list[i].Quality = []float32{float32(list[i].X[0]), 1, 2, 3}
			group[list[i].ID] = g
		}
	}
	for _, c := range []Config{
		{Strategy: Nearest, Budget: 18, Quota: Equal}, {Strategy: Facility, Budget: 18, Quota: Sqrt}, {Strategy: Representative, Search: schemas.SearchGradual, Budget: 18},
		{Strategy: Nearest, Top: 6}, {Strategy: Facility, Top: 6, MinDistance: 0.1},
	} {
		groups := make([]Group, 3)
		for g := range groups {
			groups[g] = Group{Size: int64(len(pools[g])), Pool: pools[g]}
		}
		first := Choose(c, groups)
		out := map[string]bool{}
		for g, picks := range first.Picks {
			if g == 1 {
				continue // none struck out here
			}
			for i, p := range picks {
				if i == 0 || i == 3 || i == len(picks)-1 {
					out[p.ID] = true
					groups[g].Struck = append(groups[g].Struck, i)
				} else {
					groups[g].Fixed = append(groups[g].Fixed, p.Candidate)
				}
			}
		}
		for _, p := range first.Picks[1] {
			groups[1].Fixed = append(groups[1].Fixed, p.Candidate)
		}
		var asked Candidate
		for g := range groups {
			groups[g].Kept = len(groups[g].Fixed)
			groups[g].Pool = slices.DeleteFunc(slices.Clone(pools[g]), func(c Candidate) bool { return out[c.ID] })
		}
		for i := len(pools[2]) - 1; asked.ID == ""; i-- {
			if c := pools[2][i]; !out[c.ID] && !slices.ContainsFunc(first.Picks[2], func(p Pick) bool { return p.ID == c.ID }) {
				asked = c
			}
		}
		groups[2].Fixed = append(groups[2].Fixed, asked)
		second := Choose(c, groups)
		seen := map[string]bool{}
		for g, picks := range second.Picks {
			if len(picks) != len(first.Picks[g]) {
				t.Errorf("%+v: group %d has %d picks, and had %d", c, g, len(picks), len(first.Picks[g]))
				continue
			}
			for i, p := range picks {
				before := first.Picks[g][i].ID
				if out[p.ID] || seen[p.ID] || group[p.ID] != g || !out[before] && p.ID != before || out[before] && (p.Fixed != (p.ID == asked.ID)) {
					t.Errorf("%+v: rank %d of group %d is %s, fixed %v, and was %s, struck out: %v", c, i, g, p.ID, p.Fixed, before, out[before])
				}
				seen[p.ID] = true
			}
		}
		if second.Picks[2][0].ID != asked.ID {
			t.Errorf("%+v: %s has the first rank that is free, not %s, which was asked for", c, second.Picks[2][0].ID, asked.ID)
		}
	}
}

// TestStruckWithoutSuccessor: where a group has no other candidate, its picks move up, and the
// budget goes to another group; fewer picks than there were leave ranks empty too.
func TestStruckWithoutSuccessor(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, b := pool(rng, "a", 3, 4, 0), pool(rng, "b", 30, 4, 9)
	for _, c := range []Config{{Strategy: Nearest, Budget: 5, Quota: Equal}, {Strategy: Facility, Budget: 5, Quota: Equal}, {Strategy: Representative, Search: schemas.SearchGradual, Budget: 5}, {Strategy: Nearest, Top: 2}} {
		groups := []Group{
			{Size: 3, Fixed: a[1:3], Kept: 2, Struck: []int{0}, Pool: a[1:]},
			{Size: 30, Fixed: b[:1], Kept: 1, Struck: []int{1}, Pool: b},
		}
		r := Choose(c, groups)
		want := 3
		if c.Top > 0 {
			want = 2
		}
		if got := ids(r); len(got[0]) != 2 || got[0][0] != a[1].ID || got[0][1] != a[2].ID || len(got[1]) != want || got[1][0] != b[0].ID {
			t.Errorf("%+v: picks %v", c, got)
		}
	}
}
