package verifying

import (
	"os"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestASelectionAlone: without its latents a selection is checked by its hashes, tables
// and images, and what is left says that it is not all, and what to do.
func TestASelectionAlone(t *testing.T) {
	f := forger{t, workflow(t)}
	for _, folder := range []string{"shards", "model", "latents"} {
		check(t, os.RemoveAll(f.path(folder)))
	}
	f.state("selection")
	r, err := Run(t.Context(), Config{Input: f.path("selection")})
	check(t, err)
	if len(r.Problems) > 0 || len(r.Checked) != 2 || !strings.Contains(r.Left, "name that with Config.Latents") ||
		!strings.Contains(strings.Join(r.Unchecked, "\n"), "everything that follows from the latents") {
		t.Errorf("%+v", r)
	}
	for _, file := range []string{schemas.SelectionFile, schemas.SelectionCSV, schemas.ImagesDir + "/" + schemas.MetadataCSV} {
		whole := f.read("selection", file)
		at := strings.Index(string(whole), "cell 0")
		if at < 0 {
			at = len(whole) / 2
		}
		data := slices.Clone(whole)
		data[at+5]++
		if file == schemas.SelectionFile {
			f.write(data, "selection", file)
		} else {
			f.put(data, file) // with its hash
		}
		if problems := verify(t, f.dir, "selection"); len(problems) == 0 {
			t.Errorf("%s was changed, and nothing said", file)
		}
		if file == schemas.SelectionFile {
			f.write(whole, "selection", file)
		} else {
			f.put(whole, file)
		}
	}
}

// TestForgedTraining: errors that a model is said to have had in training are those that
// the model says; where it is not at hand, that is said.
func TestForgedTraining(t *testing.T) {
	f := forger{t, workflow(t)}
	edit(f, func(m *schemas.LatentsManifest) {
		m.Trained = &schemas.Learned{Images: 100, MSE: 1e-9, MeanImage: 0.01, Gray: 0.02}
	}, "latents", schemas.LatentsFile)
	if problems := verify(t, f.dir, "latents"); len(problems) != 1 || !strings.Contains(problems[0], "the errors in training are said to be ") {
		t.Errorf("beside the model: %q", problems)
	}
	check(t, os.RemoveAll(f.path("model")))
	r, err := Run(t.Context(), Config{Input: f.path("latents")})
	check(t, err)
	if !strings.Contains(strings.Join(r.Unchecked, "\n"), "what the training of the model recorded of its errors (mean squared error 1e-09") {
		t.Errorf("without: %q", r.Unchecked)
	}
}
