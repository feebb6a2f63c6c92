package picking

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
)

// qualityRows draws n images of 4 numbers: one is not known, one is constant, one has few values.
func qualityRows(n int, seed uint64) (rows []MiddleRow) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for range n {
		rows = append(rows, MiddleRow{Free: rng.IntN(4) > 0, Quality: []float32{float32(math.NaN()), rng.Float32(), float32(rng.IntN(4)), 0.5}})
	}
	return rows
}

// percentileOf is the definition.
func percentileOf(rows []MiddleRow, i, column int) float64 {
	below, equal := 0, 0
	for _, r := range rows {
		switch v := r.Quality[column]; {
		case v < rows[i].Quality[column]:
			below++
		case v == rows[i].Quality[column]:
			equal++
		}
	}
	return 100 * (float64(below) + float64(equal)/2) / float64(len(rows))
}

// TestMiddles compares with the definition: images of percentiles from 25 to 75, or where
// those that may be picked are fewer than the picks, the least wide range that has enough of them.
func TestMiddles(t *testing.T) {
	p := &schemas.SelectionParameters{Top: 12, Picking: schemas.PickParameters{Strategy: Nearest, Candidates: schemas.CandidatesMiddle}}
	sizes := []int{200, 30, 13, 9, 1}
	var groups []Grouping
	var rows [][]MiddleRow
	for i, n := range sizes {
		groups, rows = append(groups, Grouping{Scope: "cluster", Size: int64(n)}), append(rows, qualityRows(n, uint64(i)))
	}
	ranges, found := Middles(p, groups, rows)
	if len(found) != 1 || !slices.Equal(found[0].Columns, KnownColumns[1:3]) || found[0].Rows != 253 || found[0].Widened != 3 || !(found[0].Widest > 25 && found[0].Widest < 50) {
		t.Errorf("%+v", found[0])
	}
	for g, r := range ranges {
		var far []float64
		free := 0
		for i := range rows[g] {
			if rows[g][i].Free {
				free++
			}
			far = append(far, max(math.Abs(percentileOf(rows[g], i, 1)-50), math.Abs(percentileOf(rows[g], i, 2)-50)))
		}
		reach := 25.0
		count := func() (n int) {
			for i, f := range far {
				if rows[g][i].Free && f <= reach {
					n++
				}
			}
			return n
		}
		for _, f := range slices.Sorted(slices.Values(far)) {
			if count() < min(12, free) {
				reach = max(reach, f)
			}
		}
		for i, f := range far {
			if got := r.Has(rows[g][i].Quality); got != (f <= reach) {
				t.Errorf("group %d, image %d, %g from the median, is in the middle: %v; that reaches %g", g, i, f, got, reach)
			}
		}
	}
}

// TestMiddleOfNothing: columns that are not known, or constant, have no say, and without any there is no middle.
func TestMiddleOfNothing(t *testing.T) {
	p := &schemas.SelectionParameters{Top: 1}
	rows := []MiddleRow{{Quality: []float32{float32(math.NaN()), 1, 2, 3}}, {Quality: []float32{4, 1, 2, 3}}}
	groups := []Grouping{{Scope: "cluster", Size: 2}, {Scope: "global", Size: 200}}
	ranges, found := Middles(p, groups, [][]MiddleRow{rows, qualityRows(200, 3)})
	if found[0] != nil || found[1] == nil || !ranges[0].Has([]float32{9, 9, 9, 9}) || ranges[1].Has([]float32{0, 2, 2, 3}) {
		t.Errorf("%+v, %+v", found, ranges)
	}
}

// TestMiddleBySize: the size is that of the object; of latents without it that of the foreground.
func TestMiddleBySize(t *testing.T) {
	for want, numbers := range map[string][]float32{"object_fraction": {0.1, 0.2}, "": {0.1, 0.1}, "foreground_fraction": {0.1, float32(math.NaN())}} {
		rows := []MiddleRow{{Quality: []float32{1, 2, 3, 0.5, numbers[0]}}, {Quality: []float32{2, 2, 3, 0.6, numbers[1]}}}
		_, found := Middles(&schemas.SelectionParameters{Top: 1}, []Grouping{{Scope: "cluster", Size: 2}}, [][]MiddleRow{rows})
		if got := found[0].Columns; got[0] != "mse" || want == "" && len(got) > 1 || want != "" && (len(got) != 2 || got[1] != want) {
			t.Errorf("object_fraction %v: %v", numbers, got)
		}
	}
}

// TestMiddleBelow: all images of a small group count, a sample of a large one, and that stands for its picks.
func TestMiddleBelow(t *testing.T) {
	groups := []Grouping{{Scope: "cluster", Size: 1 << 30}, {Scope: "cluster", Size: 20}, {Scope: "global", Size: 1 << 20}}
	if got := MiddleBelow(groups); !(got[0] == 1<<19/float64(1<<30)) || got[1] < 1 || got[2] < 1 {
		t.Errorf("%v", got)
	}
	for _, c := range []struct {
		due, rows int
		size      int64
		want      int
	}{{10, 100, 100, 10}, {10, 100, 1000, 1}, {11, 100, 1000, 2}, {0, 0, 0, 0}} {
		if got := dueOf(c.due, c.rows, c.size); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// TestTrim keeps what percentiles need.
func TestTrim(t *testing.T) {
	list := func() *Listed {
		return &Listed{Pool: []Entry{{Pick: schemas.Pick{Distance: 1}}, {Pick: schemas.Pick{Distance: 3}}}, Excluded: []float64{5, 2, 3, 0, 4}}
	}
	whole, trimmed := list(), list()
	whole.Trim(3)
	trimmed.Trim(2)
	if len(whole.Excluded) != 5 || !slices.Equal(trimmed.Excluded, []float64{2, 3, 0}) {
		t.Errorf("%v and %v", whole.Excluded, trimmed.Excluded)
	}
}
