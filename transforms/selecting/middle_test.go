package selecting

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
)

// TestCandidatesOfTheMiddle: the picks are the nearest to the center of those images that
// are in the middle half of all in every column, with the percentile of all images, whatever files they are in.
func TestCandidatesOfTheMiddle(t *testing.T) {
	all := collection(400)
	for i := range all {
		all[i].Quality.Mean, all[i].Quality.Sharpness = 0.5+0.1*float32(math.Sin(float64(i))), 1+0.5*float32(math.Sin(1.7*float64(i)))
	}
	var before []schemas.Pick
	for _, files := range []int{1, 5} {
		dir := t.TempDir()
		write(t, dir, all, files, "none")
		c := config(dir, "global")
		c.Parameters.Picking.Strategy, c.Parameters.Picking.Candidates, c.Parameters.Picking.Duplicates = "nearest", "middle", "allow"
		m := mustRun(t, c)
		if got := m.Sets[0].Middle; got == nil || !slices.Equal(got.Columns, []string{"sharpness", "mean"}) || got.Rows != m.Eligible || got.Widened != 0 || got.Widest != 0 {
			t.Errorf("%+v", got)
		}
		picks := readPicks(t, c.Output)
		checkMiddle(t, m, all, picks)
		if before != nil && !slices.EqualFunc(before, picks, func(a, b schemas.Pick) bool { return a.ImageID == b.ImageID && a.Percentile == b.Percentile }) {
			t.Errorf("in 5 files other picks: %v, %v", before, picks)
		}
		before = picks
	}
}

func checkMiddle(t *testing.T, m *schemas.SelectionManifest, all []schemas.Latent, picks []schemas.Pick) {
	t.Helper()
	excluded := map[string]bool{}
	for _, e := range m.Exclusions {
		excluded[e.ImageID] = true
	}
	var list []schemas.Latent
	center := make([]float64, dim)
	for _, r := range all {
		if excluded[r.ImageID] {
			continue
		}
		list = append(list, r)
		for j, v := range r.Embedding {
			center[j] += float64(v)
		}
	}
	for j := range center {
		center[j] /= float64(len(list))
	}
	far := func(r schemas.Latent) float64 { return nearest.SquaredDistance(r.Embedding, center) }
	slices.SortFunc(list, func(a, b schemas.Latent) int { return cmp.Compare(far(a), far(b)) })
	middle := func(of func(schemas.Latent) float32, r schemas.Latent) bool {
		below := 0.5 // no two are equal
		for _, other := range list {
			if of(other) < of(r) {
				below++
			}
		}
		return math.Abs(below/float64(len(list))-0.5) <= 0.25
	}
	var want []string
	skipped := false
	for i, r := range list {
		if !middle(func(r schemas.Latent) float32 { return r.Quality.Mean }, r) || !middle(func(r schemas.Latent) float32 { return r.Quality.Sharpness }, r) {
			skipped = skipped || len(want) < len(picks)
			continue
		}
		if at := len(want); at < len(picks) {
			if percentile := 100 * float64(i+1) / float64(len(list)); math.Abs(picks[at].Percentile-percentile) > 1e-9 {
				t.Errorf("pick %d has percentile %g, want %g", at, picks[at].Percentile, percentile)
			}
		}
		want = append(want, r.ImageID)
	}
	if !skipped || len(picks) != 3 {
		t.Fatalf("%d picks, images passed over: %v: nothing is tested", len(picks), skipped)
	}
	for i, p := range picks {
		if p.ImageID != want[i] || p.NextID != want[i+1] {
			t.Errorf("pick %d is %s and %s is next, want %s and %s", i, p.ImageID, p.NextID, want[i], want[i+1])
		}
	}
}

// TestAllCandidatesAreTheDefault: naming the default gives the same selection, and the other
// one another.
func TestAllCandidatesAreTheDefault(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(200), 2, "none")
	c := config(dir, "cluster")
	c.Parameters.Picking.Strategy = "nearest"
	plain := mustRun(t, c)
	if plain.Sets[0].Middle != nil || plain.Parameters.Picking.Candidates != "" {
		t.Errorf("%+v", plain.Sets[0])
	}
	c.Parameters.Picking.Candidates = "all"
	if r, err := Run(t.Context(), c, runner); err != nil || r.Made {
		t.Errorf("made again: %v", err)
	}
	c.Parameters.Picking.Candidates = "middle"
	_, err := Run(t.Context(), c, runner)
	if err == nil || !strings.Contains(err.Error(), "Config.Candidates") {
		t.Errorf("replaced: %v", err)
	}
	plan, err := Plan(t.Context(), Config{Input: c.Input, Output: filepath.Join(dir, "another"), Parameters: c.Parameters, Resume: true})
	check(t, err)
	var text strings.Builder
	plan.Print(&text)
	if !strings.Contains(text.String(), "one more pass over the latents finds which images are in the middle") {
		t.Errorf("plan: %s", &text)
	}
	// Quality that is the same everywhere has no middle.
	c.Output = filepath.Join(dir, "another")
	if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), "Config.Candidates=middle: no quality column is known of all images of scope cluster and differs among them") {
		t.Errorf("without a column: %v", err)
	}
	for _, strategy := range []string{"facility", "representative", ""} {
		other := c
		other.Parameters.Picking.Strategy, other.Parameters.Top, other.Parameters.Picking.Budget = strategy, 0, 20
		if err := other.Validate(); err == nil || !strings.Contains(err.Error(), "Config.Candidates=middle: only Config.Strategy=nearest") {
			t.Errorf("%s: %v", strategy, err)
		}
	}
	c.Parameters.Picking.Candidates = "half"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "Config.Candidates=half: choose from all, middle") {
		t.Error(err)
	}
}

// TestMiddleKeepsAsked: an image that was asked for is picked wherever it lies, and its percentile counts it.
func TestMiddleKeepsAsked(t *testing.T) {
	p := &schemas.SelectionParameters{Top: 2, Centers: []string{"mean"}, Metrics: []string{"euclidean"},
		Picking: schemas.PickParameters{Strategy: "nearest", Duplicates: "allow", Candidates: "middle", Include: []string{"b"}}}
	entry := func(id string, distance float64) picking.Entry {
		return picking.Entry{Key: distance, Pick: schemas.Pick{ImageID: id, Distance: distance}}
	}
	list := &picking.Listed{Pool: []picking.Entry{entry("a", 1), entry("c", 3), entry("d", 4)}, Fixed: []picking.Entry{entry("b", 2)}, Excluded: []float64{0.5, 2}}
	picks, _, err := picking.Select(p, nil, []picking.Grouping{{Scope: "global", ID: "all", Size: 20}}, func(int, int, int) *picking.Listed { return list })
	check(t, err)
	if len(picks) != 2 || picks[0].ImageID != "b" || picks[0].Percentile != 15 || picks[1].ImageID != "a" || picks[1].Percentile != 10 {
		t.Errorf("%+v", picks)
	}
}
