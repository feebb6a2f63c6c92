package selecting

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestSpaces selects in other spaces: the same picks however the rows are spread,
// and for z-scores the distances that their definition gives.
func TestSpaces(t *testing.T) {
	rows := collection(400)
	for i := range rows { // one dimension dwarfs the others
		rows[i].Embedding[2] = 1000 + 50*rows[i].Embedding[2]
	}
	for _, space := range []string{"raw", "zscore", "whiten:4"} {
		var want []schemas.Pick
		for _, files := range []int{3, 5} {
			dir := t.TempDir()
			write(t, dir, rows, files, "none")
			c := config(dir, "global", "cluster")
			c.Parameters.Space = space
			m := mustRun(t, c)
			picks := readPicks(t, filepath.Join(dir, "selection"))
			for i := range picks {
				picks[i].Shard, picks[i].Record, picks[i].Offset = 0, 0, 0
			}
			if want == nil {
				want = picks
				checkSpace(t, m, space, rows, picks)
			}
			if !slices.EqualFunc(picks, want, func(a, b schemas.Pick) bool { return a.ImageID == b.ImageID && a.Distance == b.Distance }) {
				t.Errorf("%s: other picks from %d files", space, files)
			}
		}
	}
}

// checkSpace compares what a manifest says of its space, and the distances in
// z-scores, with the rows.
func checkSpace(t *testing.T, m *schemas.SelectionManifest, space string, rows []schemas.Latent, picks []schemas.Pick) {
	t.Helper()
	want := schemas.Space{Kind: space, Dimension: dim, Rows: 360, Variance: 1}
	if space == "whiten:4" {
		want.Kind, want.Dimension, want.Variance = "whiten", 4, m.Space.Variance
	}
	if got := m.Space; got.Kind != want.Kind || got.Dimension != want.Dimension || got.Rows != want.Rows || got.Variance != want.Variance || len(got.Shares) == 0 {
		t.Errorf("space is %+v, want %+v and shares", got, want)
	}
	d, dominant := m.Space.Dominant()
	if dominant != (space == "raw") || dominant && d.Dimension != 2 {
		t.Errorf("%s: dominant dimension %v, %v", space, d, dominant)
	}
	if space != "zscore" {
		return
	}
	var mean, square [dim]float64
	n, at := 0.0, map[string][]float32{}
	for i, r := range rows {
		if i%10 == 0 {
			continue // blank
		}
		n, at[r.ImageID] = n+1, r.Embedding
		for j, v := range r.Embedding {
			mean[j] += float64(v)
			square[j] += float64(v) * float64(v)
		}
	}
	for _, p := range picks {
		if p.Scope != "global" {
			continue
		}
		sum := 0.0
		for j, v := range at[p.ImageID] {
			mu := mean[j] / n
			z := (float64(v) - mu) / math.Sqrt(square[j]/n-mu*mu)
			sum += z * z
		}
		if !(math.Abs(math.Sqrt(sum)-p.Distance) <= 1e-5*p.Distance) {
			t.Errorf("%s: distance %v from the mean, want %v", p.ImageID, p.Distance, math.Sqrt(sum))
		}
	}
}
