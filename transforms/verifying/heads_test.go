package verifying

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
)

// headedModel writes a model with a head of two classes, and the table of its training.
func headedModel(t *testing.T) string {
	t.Helper()
	a, err := model.Preset("dense-784-128-64")
	check(t, err)
	a.Name, a.Widths, a.Latent = "", []int{4}, 3
	m := &model.Model{Arch: a, Provenance: model.Provenance{Tool: "train"}, Head: &model.Head{Classes: []string{"a", "b"}},
		Training: &model.Training{Method: "adam", Parameters: map[string]any{"head": "label"}, Metrics: map[string]float64{"validation_images": 10, schemas.MetricAccuracy: 0.7}}}
	fill := func(specs []model.TensorSpec) (w model.Weights) {
		for _, s := range specs {
			n := 1
			for _, d := range s.Shape {
				n *= d
			}
			w = append(w, model.Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, n)})
		}
		return w
	}
	m.Encoder, m.Head.Weights = fill(a.EncoderWeights()), fill(model.HeadWeights(3, 2))
	files, err := m.Marshal()
	check(t, err)
	dir := filepath.Join(t.TempDir(), "headed")
	check(t, os.MkdirAll(dir, 0o777))
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, name), data, 0o666))
	}
	check(t, os.WriteFile(filepath.Join(dir, schemas.ConfusionFile), []byte("label,images,recall,predicted_a,predicted_b\na,6,0.666667,4,2\nb,4,0.75,1,3\n"), 0o666))
	return dir
}

// TestHead: a model with a head holds, and every change of its files is reported.
func TestHead(t *testing.T) {
	dir := headedModel(t)
	verify := func() *Report {
		t.Helper()
		r, err := Run(t.Context(), Config{Input: dir})
		check(t, err)
		return r
	}
	if r := verify(); len(r.Problems) > 0 {
		t.Fatalf("%v", r.Problems)
	}
	for _, c := range []struct{ file, old, new, want string }{
		{schemas.ConfusionFile, "4,2", "5,1", "images and recall are not those"},
		{schemas.ConfusionFile, "a,6,0.666667,4,2", "a,6,0.833333,5,1", "it has 8 of 10 on the diagonal"},
		{schemas.ConfusionFile, "b,4", "c,4", "its rows are not the classes"},
		{schemas.ConfusionFile, "predicted_b", "predicted_c", "its rows and columns are not the classes"},
		{schemas.ConfusionFile, "1,3", "-1,5", `"-1" is no number of images`},
		{schemas.ConfusionFile, "b,4,0.75,1,3\n", "", "its rows and columns"},
		{schemas.ConfusionFile, "a,6", "\"", "no CSV"},
		{schemas.HeadFile, "NUMPY", "NUMPZ", "sha256 is"},
		{schemas.ModelFile, `"b"`, `"a"`, "is there twice"},
	} {
		name := filepath.Join(dir, c.file)
		was, err := os.ReadFile(name)
		check(t, err)
		if !strings.Contains(string(was), c.old) {
			t.Fatalf("%s does not hold %q", c.file, c.old)
		}
		check(t, os.WriteFile(name, []byte(strings.Replace(string(was), c.old, c.new, 1)), 0o666))
		r := verify()
		found := slices.ContainsFunc(r.Problems, func(p string) bool {
			return strings.HasPrefix(p, c.file) && strings.Contains(p, c.want) || c.file == schemas.ModelFile && strings.Contains(p, c.want)
		})
		if !found {
			t.Errorf("%s, %s for %s: %v, want %q", c.file, c.new, c.old, r.Problems, c.want)
		}
		check(t, os.WriteFile(name, was, 0o666))
	}
	check(t, os.Remove(filepath.Join(dir, schemas.ConfusionFile)))
	if r := verify(); len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0], schemas.ConfusionFile) {
		t.Errorf("without the table: %v", r.Problems)
	}
}
