package picking

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestChannelsAreBalanced: of images with channels representative picks have the brightness of each
// channel in the shares of the collection, also where the latents do not show it, and the middle of a
// group is that of the whole images.
func TestChannelsAreBalanced(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	pool := make([]Candidate, 300)
	bright := map[string]bool{}
	for i := range pool {
		id := fmt.Sprintf("%03d.tif", i)
		channels := []schemas.Quality{{Mean: 0.1 + r.Float32(), Sharpness: r.Float32(), Object: r.Float32()}, {Sharpness: r.Float32(), Object: r.Float32()}}
		if bright[id] = i%5 < 2; bright[id] {
			channels[1].Mean = 1
		}
		q := schemas.Quality{Mean: 0.5, Foreground: 1, Sharpness: 0.5, Object: 0.5}
		pool[i] = Candidate{ID: id, X: []float32{r.Float32(), r.Float32()}, Distance: r.Float64(), Quality: QualityOf(q, true, 0, false, channels...)}
	}
	c := Config{Strategy: schemas.StrategyRepresentative, Budget: 50, Search: schemas.SearchGradual}
	with := Choose(c, []Group{{Size: 300, Pool: pool}})
	var want []string
	for i := range 2 {
		for _, name := range []string{"sharpness", "mean", "object_fraction"} {
			want = append(want, fmt.Sprintf("%s_c%d", name, i))
		}
	}
	if got := with.Objective.Columns; !slices.Equal(got, want) {
		t.Errorf("columns %q, want %q", got, want)
	}
	count := func(result *Result) (n int) {
		for _, p := range result.Picks[0] {
			if bright[p.ID] {
				n++
			}
		}
		return n
	}
	if n := count(with); n < 18 || n > 22 {
		t.Errorf("%d of 50 picks are bright in the second channel, want 20", n)
	}
	var rows []MiddleRow
	for _, mean := range []float32{0.1, 0.4, 0.5, 0.6, 0.9} {
		rows = append(rows, MiddleRow{Free: true, Quality: QualityOf(schemas.Quality{Mean: mean}, true, 0, false)})
	}
	m, _ := middleOf(rows, knownColumns([][]MiddleRow{rows}), 1)
	for _, mean := range []float32{0.5, 0.9} {
		q := QualityOf(schemas.Quality{Mean: mean}, true, 0, false, schemas.Quality{Mean: 1}, schemas.Quality{Mean: 2})
		if m.Has(q) != (mean == 0.5) {
			t.Errorf("mean %v is in the middle: %v", mean, m.Has(q))
		}
	}
}
