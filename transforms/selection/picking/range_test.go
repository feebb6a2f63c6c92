package picking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// spreadGroup is a group of images at some distances, far from each other.
func spreadGroup(metric string, distances ...float64) Group {
	g := Group{Size: int64(len(distances))}
	for i, d := range distances {
		g.Pool = append(g.Pool, Candidate{ID: fmt.Sprintf("%03d", i), Distance: d, X: []float32{float32(1000 * i), float32(d)}})
	}
	g.Spread(metric)
	return g
}

// positions returns the picks as "position id".
func positions(picks []Pick) (list []string) {
	for _, p := range picks {
		list = append(list, p.Position+" "+p.ID)
	}
	return list
}

// TestPositions: which images of a group are picked, of groups of any size.
func TestPositions(t *testing.T) {
	for name, tc := range map[string]struct {
		top       int
		distances []float64
		want      []string
	}{
		"one image":    {1, []float64{3}, []string{"typical 000"}},
		"two":          {1, []float64{3, 1}, []string{"typical 001", "extreme 000"}},
		"three":        {2, []float64{3, 1, 2}, []string{"typical 001", "extreme 000"}},
		"four":         {3, []float64{3, 1, 2, 100}, []string{"typical 001", "extreme 003"}},
		"five":         {3, []float64{5, 3, 1, 2, 4}, []string{"typical 002", "25% 003", "75% 004", "extreme 000"}},
		"all as far":   {1, slices.Repeat([]float64{1}, 9), []string{"typical 000", "25% 002", "75% 003", "extreme 001"}},
		"equal, one":   {1, append(slices.Repeat([]float64{1}, 9), 50), []string{"typical 000", "25% 001", "75% 002", "extreme 009"}},
		"seven, far":   {1, []float64{1, 2, 3, 4, 5, 6, 900}, []string{"typical 000", "25% 001", "75% 005", "extreme 006"}},
		"eight, far":   {1, []float64{1, 2, 3, 4, 5, 6, 7, 900}, []string{"typical 000", "25% 001", "75% 005", "extreme 006", "outlier 007"}},
		"at the fence": {1, []float64{1, 2, 3, 4, 5, 6, 7, 12}, []string{"typical 000", "25% 001", "75% 005", "extreme 007"}}, // 6 + 1.5 (6 - 2)
		"two each": {2, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 99, 98, 97},
			[]string{"typical 000", "typical 001", "25% 002", "25% 003", "75% 008", "75% 007", "extreme 011", "extreme 010", "outlier 012", "outlier 013"}},
	} {
		got := Choose(Config{Strategy: Spread, Top: tc.top}, []Group{spreadGroup(schemas.MetricEuclidean, tc.distances...)}).Picks[0]
		if d := cmp.Diff(tc.want, positions(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestPositionsPassOver: the image next in distance takes the position of one that has the
// pixels of a pick, which is told once; each group has its positions whatever another has.
func TestPositionsPassOver(t *testing.T) {
	first, second := spreadGroup(schemas.MetricEuclidean, 1, 2, 3, 4, 5), spreadGroup(schemas.MetricEuclidean, 1, 2, 3, 4, 5)
	for i := range second.Pool {
		second.Pool[i].ID, second.Pool[i].X = "b"+second.Pool[i].ID, []float32{-1e6 * float32(i+1), 0}
	}
	second.Pool[1].SHA256, first.Pool[0].SHA256 = "same", "same"
	for _, g := range []*Group{&first, &second} {
		g.Spread(schemas.MetricEuclidean)
	}
	r := Choose(Config{Strategy: Spread, Top: 1}, []Group{first, second})
	want := []string{"typical b000", "25% b002", "75% b003", "extreme b004"}
	if d := cmp.Diff(want, positions(r.Picks[1])); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(r.Duplicates) != 1 || r.Duplicates[0].ID != "b001" || r.Duplicates[0].Of != "000" {
		t.Errorf("passed over: %+v", r.Duplicates)
	}
}

// TestFenceOfCosine: the fence of distances that are half squared lengths is that of the lengths.
func TestFenceOfCosine(t *testing.T) {
	lengths := []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}
	var halves []float64
	for _, l := range lengths {
		halves = append(halves, l*l/2)
	}
	want := 0.6 + 1.5*(0.6-0.2)
	if got := math.Sqrt(2 * SpreadOf(schemas.MetricCosine, halves).Fence); math.Abs(got-want) > 1e-12 { // a few roundings
		t.Errorf("the fence is at a length of %v, want %v", got, want)
	}
	if got := SpreadOf(schemas.MetricEuclidean, lengths).Fence; math.Abs(got-want) > 1e-12 {
		t.Errorf("the fence is at %v, want %v", got, want)
	}
}

// TestGatheredPositions: candidates that are kept of several parts, few at a time and in any order, give
// the picks of all images, with the share of images that are at most as far; those that the
// user excluded count in it.
func TestGatheredPositions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	p := &schemas.SelectionParameters{Scopes: []string{"global"}, Centers: []string{"mean"}, Metrics: []string{"euclidean"}, Top: 2,
		Picking: schemas.PickParameters{Strategy: schemas.StrategyRange, Duplicates: schemas.DuplicatesAllow}}
	const keep = 8 // images of four positions
	for round := range 200 {
		n := 1 + rng.IntN(60)
		all, sorted := make([]Entry, n), make([]float64, n)
		for i := range all {
			d := math.Exp(2 * rng.NormFloat64())
			if round%2 > 0 {
				d = math.Round(d) // many are equal
			}
			all[i] = Entry{Pick: schemas.Pick{ImageID: fmt.Sprintf("%03d", i), Distance: d}}
			sorted[i] = d
		}
		slices.Sort(sorted)
		s := SpreadOf("euclidean", sorted)
		total := &Listed{Spread: &s}
		var whole Group
		excluded := map[string]bool{}
		for _, part := range [][]Entry{all[:n/3], all[n/3:]} {
			some := &Listed{}
			for _, i := range rng.Perm(len(part)) {
				e := part[i]
				if rng.IntN(9) == 0 {
					some.Excluded, excluded[e.ImageID] = append(some.Excluded, e.Distance), true
					continue
				}
				if some.WantsAt(&s, e.Distance, e.ImageID, keep) {
					some.OfferAt(&s, e, keep)
				}
			}
			total.FoldAt(some, keep)
			total.Excluded = append(total.Excluded, some.Excluded...)
		}
		if total.At == nil {
			continue // all are excluded
		}
		picks, sets, err := Select(p, nil, []Grouping{{Scope: "global", ID: "all", Size: int64(n)}}, func(int, int, int) *Listed { return total })
		if err != nil {
			t.Fatal(err)
		}
		whole = Group{Size: int64(n), Reach: &s}
		for position := range schemas.Positions {
			var list []Entry
			for _, e := range all {
				if key, ok := keyAt(&s, position, e.Distance); ok && !excluded[e.ImageID] {
					e.Key = key
					list = append(list, e)
				}
			}
			slices.SortFunc(list, byKey)
			whole.At = append(whole.At, candidates(list))
		}
		want := positions(Choose(ConfigOf(p, "euclidean"), []Group{whole}).Picks[0])
		var got []string
		for i, pick := range picks {
			got = append(got, pick.Position+" "+pick.ImageID)
			place := 0
			for _, e := range all {
				if e.Distance < pick.Distance || e.Distance == pick.Distance && !excluded[e.ImageID] && e.ImageID <= pick.ImageID {
					place++
				}
			}
			share := 100 * float64(place) / float64(n)
			if math.IsNaN(pick.Percentile) && round%2 > 0 {
				continue // images at the same distance were not kept
			}
			if math.Abs(pick.Percentile-share) > 1e-9 || int(pick.Rank) != i+1 || !math.IsNaN(pick.Margin) || pick.NextID != "" {
				t.Errorf("round %d: %+v, want the percentile %v", round, pick, share)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("round %d (-want +got):\n%s", round, d)
		}
		if set := sets[0]; len(set.Spreads) != 1 || set.Spreads[0].GroupID != "all" || set.Spreads[0].Inliers+set.Spreads[0].Outliers != int64(n) {
			t.Errorf("round %d: %+v", round, set.Spreads)
		}
	}
}
