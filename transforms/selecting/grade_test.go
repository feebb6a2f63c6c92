package selecting

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/selection/grading"
)

// TestGradeIsOfThePicks recomputes the quantization of every set of picks from
// its definition: over the first half of the eligible images by their hash, each
// compared with the picks but itself; in the latents' space, whatever the selection's.
func TestGradeIsOfThePicks(t *testing.T) {
	for space, graded := range map[string][]string{"raw": {"raw", "whitened"}, "zscore": {"zscore", "raw", "whitened"}, "whiten:3": {"whiten", "raw"}} {
		t.Run(space, func(t *testing.T) { checkGrade(t, space, graded) })
	}
}

func checkGrade(t *testing.T, space string, graded []string) {
	rows := collection(500)
	dir := t.TempDir()
	write(t, dir, rows, 3, "none")
	c := config(dir, "cluster", "label")
	c.Parameters.Metrics, c.Parameters.Space = schemas.Metrics, space
	m := mustRun(t, c)
	g := m.Grade
	if g == nil || g.Reason != "" || len(g.Sets) != 4 || g.Images != m.Eligible || g.Pool != 225 || g.Draws != 20 || g.Stability == nil {
		t.Fatalf("grade %+v", g)
	}
	picks := readPicks(t, c.Output)
	latents := map[string][]float32{}
	var ids []string
	for i, r := range rows {
		latents[r.ImageID] = r.Embedding
		if i%10 != 0 { // the others are blank
			ids = append(ids, r.ImageID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Compare(grading.SampleHash(c.Parameters.Seed, a), grading.SampleHash(c.Parameters.Seed, b))
	})
	ids = ids[:len(ids)/2]
	if len(ids) != g.Evaluated {
		t.Errorf("%d images were evaluated, want %d", g.Evaluated, len(ids))
	}
	labeled := map[string]bool{}
	for _, r := range rows {
		labeled[r.ImageID] = r.HasLabel
	}
	for _, s := range g.Sets {
		sum, n := 0.0, 0
		for _, id := range ids {
			if s.Scope == schemas.ScopeLabel && !labeled[id] {
				continue
			}
			least := math.Inf(1)
			for _, p := range picks {
				if p.Scope == s.Scope && p.Metric == s.Metric && p.ImageID != id {
					least = min(least, squareOf(latents[id], latents[p.ImageID]))
				}
			}
			sum, n = sum+least, n+1
		}
		var names []string
		for _, sp := range s.Spaces {
			names = append(names, sp.Space)
		}
		if !slices.Equal(names, graded) {
			t.Fatalf("graded in %v, want %v", names, graded)
		}
		if got, want := s.Spaces[slices.Index(names, "raw")].Quantization.Picks, sum/float64(n); !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("%s, %s: quantization is %g, want %g", s.Scope, s.Metric, got, want)
		}
	}
	type ranks struct {
		Rank int32  `parquet:"rank"`
		Low  *int64 `parquet:"rank_low,optional"`
		High *int64 `parquet:"rank_high,optional"`
	}
	list, err := parquet.ReadFile[ranks](filepath.Join(c.Output, schemas.SelectionParquet))
	check(t, err)
	for i, r := range list {
		if r.Low == nil || r.High == nil || *r.Low < 1 || *r.Low > *r.High || *r.High < int64(r.Rank) {
			t.Errorf("row %d of rank %d has an interval of %v to %v", i, r.Rank, r.Low, r.High)
		}
	}
}

func squareOf(a, b []float32) (sum float64) {
	for j := range a {
		d := float64(a[j]) - float64(b[j])
		sum += d * d
	}
	return sum
}
