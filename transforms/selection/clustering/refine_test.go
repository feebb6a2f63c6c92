package clustering

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

// TestPassesThroughFiles: with centers that are too large for elements, every stage
// may run again while it runs, and gives the same; the files of a pass are there until
// the next one is over, and go then; and the pass that changes nothing is the last
// that writes.
func TestPassesThroughFiles(t *testing.T) {
	const d, k, n = 64, 600, 3000
	ctx, dir := context.Background(), t.TempDir()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(6, 7))
	sample := kmeans.Sample{D: d, X: make([]float32, n*d), Weights: slices.Repeat([]float64{1}, n)}
	for i := range sample.X {
		sample.X[i] = float32(rng.NormFloat64() + 8*float64(i/d%40))
	}
	scale := kmeans.NewScale(1e3, n, d)
	s := Solution{D: d, K: k, Shift: scale.Shift, Bound: scale.Bound}
	check(s.put(ctx, dir, kmeans.SortRows(nearest.Widen(sample.X[:k*d]), d)))
	if s.Centers.File == "" {
		t.Fatal("the centers are too few for this test")
	}

	// bundle is what a bundle of passFn does, with the rows i, i+3 and so on.
	bundle := func(s Solution, first int) Partial {
		index, err := s.index(ctx)
		check(err)
		total := kmeans.NewSums(index.Len(), d, scale, min(k, maxRepairs))
		label, d2 := make([]int32, 1), make([]float64, 1)
		for i := first; i < n; i += 3 {
			index.Find(label, d2, sample.Row(i))
			total.Add(label[0], sample.Row(i), d2[0])
		}
		p, err := putSums(ctx, dir, total)
		check(err)
		return p
	}
	passes := func(s Solution, parts []Partial) (list []pass) {
		for _, p := range parts {
			list = append(list, pass{From: s, Sums: []Partial{p}})
		}
		return list
	}
	update := &updateFn{Dir: dir}
	first := s.Centers
	s.Saved = first
	for pass := 1; !s.Converged; pass++ {
		var parts []Partial
		for b := range 3 {
			parts = append(parts, bundle(s, b))
			if again := bundle(s, b); !again.Sums.Equal(parts[b].Sums) {
				t.Fatalf("pass %d: a bundle that ran twice gave another file", pass)
			}
		}
		next, err := update.ProcessElement(ctx, nil, passes(s, parts))
		check(err)
		slices.Reverse(parts)
		again, err := update.ProcessElement(ctx, nil, passes(s, parts))
		check(err)
		slices.Sort(next.Stale)
		slices.Sort(again.Stale)
		if diff := gocmp.Diff(next, again); diff != "" {
			t.Fatalf("pass %d: an update that ran twice (-first +again)\n%s", pass, diff)
		}
		for _, p := range parts {
			if _, err := os.Stat(p.Sums.File); err != nil {
				t.Errorf("pass %d: its own sums are gone", pass)
			}
		}
		_, err = s.Rows(ctx)
		check(err)
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		check(err)
		if len(files) > 3+len(parts) {
			t.Errorf("pass %d: %d files, want the centers saved, before and after and %d sums: %q", pass, len(files), len(parts), files)
		}
		if next.Passes != pass {
			t.Fatalf("pass %d is called the %d.", pass, next.Passes)
		}
		s = next
	}
	if s.Passes < 3 {
		t.Fatalf("%d passes are too few for this test", s.Passes)
	}
	if !first.Whole(ctx, dir) {
		t.Error("the centers that a killed run goes on with are gone")
	}
	check(os.RemoveAll(dir)) // whatever a further pass did would fail or be seen
	last, err := update.ProcessElement(ctx, nil, []pass{{From: s}})
	check(err)
	check((&passFn{Dir: dir}).ProcessElement(ctx, rows.File{Path: "none"}, s, nil))
	if _, err := os.Stat(dir); err == nil || gocmp.Diff(s, last) != "" {
		t.Error("a pass after the last one changed something")
	}

	// The same centers as without files: plain sums of all rows.
	want := kmeans.SortRows(nearest.Widen(sample.X[:k*d]), d)
	for range s.Passes {
		index, all := nearest.New(want, d), kmeans.NewSums(len(want)/d, d, scale, maxRepairs)
		labels, d2 := make([]int32, n), make([]float64, n)
		index.Find(labels, d2, sample.X)
		for i, label := range labels {
			all.Add(label, sample.Row(i), d2[i])
		}
		means := all.Means()
		want = kmeans.SortRows(append(means, all.Far.Rows(k-len(means)/d)...), d)
	}
	got, err := putCenters(ctx, dir, want)
	check(err)
	if !got.Equal(s.Centers) {
		t.Error("the centers are not those of plain sums")
	}
}
