package gathering

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/weighing"
)

const gatherD = 700 // so that blocks are full after 375 rows

func gate() schemas.Gate {
	return schemas.Gate{Mode: schemas.GateAuto, Limits: []schemas.GateLimit{{Reason: schemas.ReasonForeground, Threshold: 0.003}}}
}

// normal draws a vector.
func normal(rng *rand.Rand) []float32 {
	x := make([]float32, gatherD)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// latentRows draws n rows, of which every tenth is blank.
func latentRows(n int) []schemas.Latent {
	rng := rand.New(rand.NewPCG(1, 5))
	rows := make([]schemas.Latent, n)
	for i := range rows {
		rows[i] = schemas.Latent{ImageID: fmt.Sprintf("img%05d.tif", i), Embedding: normal(rng), Offset: int64(i),
			SHA256: "0", Quality: schemas.Quality{Foreground: 0.2, Mean: float32(i)}, Metadata: []string{fmt.Sprint("run", i%4)}}
		if i%3 > 0 {
			rows[i].Label, rows[i].HasLabel = fmt.Sprint("label", i%3), true
		}
		if i%10 == 0 {
			rows[i].Quality.Foreground = 0.001
		}
	}
	return rows
}

// writeFiles spreads latents over n files.
func writeFiles(t *testing.T, list []schemas.Latent, n int) (files []rows.File) {
	t.Helper()
	dir := t.TempDir()
	spec := schemas.LatentsSpec{Dimension: gatherD, Layout: "list", Metadata: []string{"Metadata_run"}, ModelSHA256: "model", Preprocessing: "p", Kernel: "k"}
	for f := range n {
		var b bytes.Buffer
		w, err := latents.NewWriter(&b, spec)
		if err != nil {
			t.Fatal(err)
		}
		count := int64(0)
		for i := f; i < len(list); i += n {
			if err := w.Write(&list[i]); err != nil {
				t.Fatal(err)
			}
			count++
		}
		name := filepath.Join(dir, fmt.Sprint(f))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		files = append(files, rows.File{Path: name, Rows: count, Dimension: gatherD, ModelSHA256: "model", Gate: gate()})
	}
	return files
}

// collect runs the pass over the files, in bundles.
func collect(t *testing.T, files []rows.File, bundles int, r Request) (blocks []grading.Block, counts []Counts) {
	t.Helper()
	for bundle := range bundles {
		f := &gatherFn{}
		emit := func(b grading.Block) { blocks = append(blocks, b) }
		counted := func(c Counts) { counts = append(counts, c) }
		for i := bundle; i < len(files); i += bundles {
			if err := f.ProcessElement(context.Background(), files[i], r, emit, counted); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.FinishBundle(context.Background(), r, emit, counted); err != nil {
			t.Fatal(err)
		}
	}
	return blocks, counts
}

// request adds the picks, in two sets, to what a grade needs.
func request(t *testing.T, all []schemas.Latent, r grading.Request) Request {
	t.Helper()
	sets := []weighing.Set{{Scope: schemas.ScopeGlobal}, {Scope: schemas.ScopeLabel}, {Scope: "Metadata_run"}}
	for _, row := range all {
		if slices.Contains(r.Picks, row.ImageID) {
			for i := range sets[:2] {
				sets[i].IDs, sets[i].X = append(sets[i].IDs, row.ImageID), append(sets[i].X, row.Embedding...)
			}
		}
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(sets); err != nil {
		t.Fatal(err)
	}
	return Request{Grade: r, Picks: spill.Value{Data: b.Bytes()}, Metadata: []string{"Metadata_run"}, Dir: t.TempDir()}
}

// wantCounts counts by the definition: eligible images by their nearest pick, of equal ones
// the first.
func wantCounts(all []schemas.Latent, picks []string) weighing.Counts {
	picks = slices.Sorted(slices.Values(picks))
	want := weighing.Counts{make([]int64, len(picks)), make([]int64, len(picks)), nil}
	for i, row := range all {
		if i%10 == 0 {
			continue
		}
		best, least := 0, math.Inf(1)
		for j, id := range picks {
			of := all[slices.IndexFunc(all, func(l schemas.Latent) bool { return l.ImageID == id })]
			sum := 0.0
			for k, v := range row.Embedding {
				d := float64(v) - float64(of.Embedding[k])
				sum += d * d
			}
			if sum < least {
				best, least = j, sum
			}
		}
		want[0][best]++
		if row.HasLabel {
			want[1][best]++
		}
	}
	return want
}

func TestGather(t *testing.T) {
	all := latentRows(3000)
	r := grading.Request{Seed: 3, Sample: 900, Eligible: 2700, Picks: []string{all[71].ImageID, all[5].ImageID, all[20].ImageID}}
	var want grading.Rows
	for i, files := range [][]rows.File{writeFiles(t, all, 7), writeFiles(t, all, 1)} {
		slices.Reverse(files)
		blocks, parts := collect(t, files, 3-i, request(t, all, r))
		counts, err := Join(t.Context(), parts)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantCounts(all, r.Picks), counts, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("images of the picks (-want +got):\n%s", diff)
		}
		if len(blocks) < 2 {
			t.Errorf("%d blocks, want the rows to be spread", len(blocks))
		}
		bytes := 0
		for _, b := range blocks {
			bytes += len(b.Rows)
		}
		if most := 4 * gatherD * (900 + 6*30 + 20 + 60 + 3); bytes > most { // the expectation, and 2 deviations
			t.Errorf("%d bytes of rows crossed the stage, want at most %d", bytes, most)
		}
		sample, picks, err := grading.Join(blocks, r, gatherD)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			want = sample
			checkRows(t, all, r, sample, picks)
		} else if diff := cmp.Diff(want, sample, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("files in another order and number: another sample:\n%.500s", diff)
		}
	}
	r.Picks = append(r.Picks, "lost.tif")
	blocks, _ := collect(t, writeFiles(t, all[:100], 1), 1, request(t, all, r))
	if _, _, err := grading.Join(blocks, r, gatherD); err == nil {
		t.Error("a pick that is nowhere was found")
	}
}

// checkRows compares with the definition: the eligible images with the smallest
// hashes, and all that belongs to an image.
func checkRows(t *testing.T, rows []schemas.Latent, r grading.Request, sample, picks grading.Rows) {
	t.Helper()
	index := map[string]int{}
	var ids []string
	for i, row := range rows {
		index[row.ImageID] = i
		if i%10 != 0 {
			ids = append(ids, row.ImageID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		if grading.SampleHash(uint64(r.Seed), a) < grading.SampleHash(uint64(r.Seed), b) {
			return -1
		}
		return 1
	})
	idsOf := func(r grading.Rows) (ids []string) {
		for _, im := range r.Images {
			ids = append(ids, im.ID)
		}
		return ids
	}
	if diff := cmp.Diff(ids[:900], idsOf(sample)); diff != "" {
		t.Errorf("sample:\n%.500s", diff)
	}
	if diff := cmp.Diff(r.Picks, idsOf(picks)); diff != "" {
		t.Errorf("picks:\n%s", diff)
	}
	for _, got := range []grading.Rows{sample, picks} {
		for i, im := range got.Images {
			row := rows[index[im.ID]]
			if !slices.Equal(got.X[i*got.D:(i+1)*got.D], row.Embedding) || im.Label != row.Label || im.HasLabel != row.HasLabel ||
				!slices.Equal(im.Metadata, row.Metadata) || im.Blank != (index[im.ID]%10 == 0) || im.Quality[2] != row.Quality.Mean || im.Quality[3] != row.Quality.Foreground {
				t.Fatalf("row %q does not have its own columns", im.ID)
			}
		}
	}
	if !picks.Images[2].Blank {
		t.Error("a blank pick is not blank")
	}
	for _, got := range []grading.Rows{sample, picks} {
		if n := got.Len(); len(got.X) != n*got.D {
			t.Errorf("the vectors of %d rows have %d numbers", n, len(got.X))
		}
	}
}
