package selecting

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
)

// TestSpreading: digit by digit the quartiles are those of the sorted distances, to the last
// bit, of groups of any size, whatever parts are counted together.
func TestSpreading(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, targets := range []int{1, 9, 100_000} {
		lists := make([][]float64, targets)
		for i := range min(targets, 40) {
			at := rng.IntN(targets)
			for range rng.IntN(300) {
				d := math.Abs(rng.NormFloat64()) * math.Exp(3*rng.NormFloat64())
				if i%3 == 0 {
					d = math.Round(2*d) / 2 // many are equal, and some are 0
				}
				lists[at] = append(lists[at], d)
			}
		}
		s, passes, done := newSpreading(targets), 0, false
		for !done {
			parts := []*spreadCounts{s.open(), s.open(), s.open()}
			for target, list := range lists {
				for i, d := range list {
					parts[i%3].add(target, d)
				}
			}
			parts[0].fold(parts[2])
			parts[1].fold(parts[0])
			done = s.take(func(target int) string { return schemas.Metrics[target%2] }, func(target int) int64 { return int64(len(lists[target])) }, parts[1])
			passes++
		}
		o := &Options{Parameters: schemas.SelectionParameters{Scopes: []string{"cluster"}, Clusters: targets, Centers: []string{"mean"}, Metrics: []string{"euclidean"}}}
		if most := o.spreadPasses(); passes > most {
			t.Errorf("%d passes for %d targets, at most %d are planned", passes, targets, most)
		}
		for target, list := range lists {
			if len(list) == 0 {
				continue
			}
			slices.Sort(list)
			if d := cmp.Diff(picking.SpreadOf(schemas.Metrics[target%2], list), s.Found[target]); d != "" {
				t.Fatalf("%d targets, target %d of %d (-want +got):\n%s", targets, target, len(list), d)
			}
		}
	}
}

// TestRangeIsTheSame: the picks at positions, and all that is said of them, are the same
// in however many files the images lie, and as those of all distances in memory; only this strategy has their column.
func TestRangeIsTheSame(t *testing.T) {
	all := collection(400)
	var before *schemas.SelectionManifest
	var table string
	for _, files := range []int{1, 5} {
		dir := t.TempDir()
		write(t, dir, all, files, "none")
		c := config(dir, "cluster", "label")
		c.Parameters.Picking.Strategy, c.Parameters.Metrics, c.Parameters.Top = "range", schemas.Metrics, 0
		m := mustRun(t, c)
		if m.Parameters.Top != 1 || m.Parameters.Picking.Budget != 0 || len(m.Sets) != 4 {
			t.Fatalf("top %d, budget %d, %d sets", m.Parameters.Top, m.Parameters.Picking.Budget, len(m.Sets))
		}
		data, err := os.ReadFile(filepath.Join(c.Output, schemas.SelectionCSV))
		check(t, err)
		lines := strings.Split(strings.TrimSpace(string(data)), "\n")
		if !strings.HasSuffix(lines[0], ",weight,group,position") || !strings.HasSuffix(lines[1], ",typical") || int64(len(lines)) != m.Picks+1 {
			t.Errorf("%s\n%s", lines[0], lines[1])
		}
		picks := readPicks(t, c.Output)
		if before == nil {
			before = m
			for _, p := range picks {
				table += p.ImageID + "\n"
			}
			continue
		}
		var again string
		for _, p := range picks {
			again += p.ImageID + "\n"
		}
		for i := range m.Sets {
			if d := cmp.Diff(before.Sets[i].Spreads, m.Sets[i].Spreads); d != "" || len(m.Sets[i].Spreads) == 0 {
				t.Errorf("in 5 files (-1 +5):\n%s", d)
			}
		}
		if again != table {
			t.Errorf("in 5 files other picks:\n%s\n%s", table, again)
		}
		c.Parameters.Picking.Strategy, c.Overwrite = "nearest", true
		mustRun(t, c)
		data, err = os.ReadFile(filepath.Join(c.Output, schemas.SelectionCSV))
		check(t, err)
		if strings.Contains(string(data), schemas.ColPosition) {
			t.Error("picks by distance have positions")
		}
	}
}

// TestRangeIsNotExtended: the picks of such a selection are not kept by another.
func TestRangeIsNotExtended(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(100), 2, "none")
	c := config(dir, "global")
	c.Parameters.Picking.Strategy = "range"
	mustRun(t, c)
	c.Extend, c.Output = c.Output, filepath.Join(dir, "another")
	for _, strategy := range []string{"", "nearest", "range"} {
		c.Parameters.Picking.Strategy = strategy
		if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), "which they would not keep") {
			t.Errorf("strategy %q: %v", strategy, err)
		}
	}
}
