package encoding

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
)

// TestModelThatLearnedNothing: the manifest says how the errors of the
// reconstructions compare with those of the mean image and of one gray value, and
// what the training recorded of that.
func TestModelThatLearnedNothing(t *testing.T) {
	const n, shards = 90, 4
	dir, groups := makeShards(t, n, shards)
	mod := makeModel(t, denseArch, true)
	m := mustRead(t, mod)
	trained := schemas.Learned{Images: 9, MSE: 3, MeanImage: 2, Gray: 4}
	m.Training = &model.Training{Method: "none", Metrics: map[string]float64{}}
	trained.Note(m.Training.Metrics)
	c := configOf(t, dir, writeModel(t, m))
	if r := mustRun(t, c); r.Manifest.Reconstructed != nil || r.Manifest.Learned() == nil || *r.Manifest.Learned() != trained {
		t.Errorf("without Config.Reconstruct: %+v, trained %+v, want %+v", r.Manifest.Reconstructed, r.Manifest.Learned(), trained)
	}
	c.Reconstruct, c.Output = true, t.TempDir()
	got := mustRun(t, c).Manifest
	var pixels [][]byte
	mse := 0.0
	for i, g := range groups {
		for _, im := range g {
			pixels = append(pixels, im.Pixels)
		}
		rows, _ := readRows(t, filepath.Join(c.Output, schemas.LatentsName(i, shards)))
		for _, row := range rows {
			mse += float64(row.MSE) / n
		}
	}
	var mean [side * side]float64
	gray := 0.0
	for _, p := range pixels {
		for i, v := range p {
			mean[i] += float64(v) / 255 / n
			gray += float64(v) / 255 / n / side / side
		}
	}
	want := schemas.Learned{Images: n, MSE: mse}
	for _, p := range pixels {
		for i, v := range p {
			x := float64(v) / 255
			want.MeanImage += (x - mean[i]) * (x - mean[i]) / n / side / side
			want.Gray += (x - gray) * (x - gray) / n / side / side
		}
	}
	l := got.Reconstructed
	// The variance is estimated within the shards: of so many random pixels, to a few percent.
	if l == nil || l.Images != n || !near(l.MSE, want.MSE, 1e-9) || !near(l.Gray, want.Gray, 1e-9) || !near(l.MeanImage, want.MeanImage, 0.03) {
		t.Fatalf("the manifest says %+v, the images give %+v", l, want)
	}
	if w := got.Learned().Warning(); !strings.Contains(w, "learned nothing") || !strings.Contains(w, "one gray value") {
		t.Errorf("random weights give no warning: %q (%v)", w, l)
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*b }

func mustRead(t testing.TB, dir string) *model.Model {
	t.Helper()
	m, _, err := modeldir.Read(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	return m
}
