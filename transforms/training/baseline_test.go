package training

import (
	"math"
	"path/filepath"
	"testing"

	"exemplar/model"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
)

// TestBaseline: the error of the baseline is that of the linear autoencoder of a
// collection without the images for validation, on those; and it is remembered.
func TestBaseline(t *testing.T) {
	images := spots(150, 12)
	c := gradient(shardsOf(t, images, 3), filepath.Join(t.TempDir(), "model"))
	c.Working, c.Baseline, c.Fit.Epochs = 8, true, 1
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}

	var seen, held []records.Image
	for _, im := range images {
		if dataset.Held(im.Filename, c.Validation) {
			held = append(held, im)
		} else {
			seen = append(seen, im)
		}
	}
	l := config(shardsOf(t, seen, 3), filepath.Join(t.TempDir(), "linear"))
	l.Working, l.Latent, l.Seed = c.Working, c.Latent, c.Seed
	if _, err := Run(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	m, _ := readModel(t, l.Output)
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	runner := plan.NewRunner(1)
	z, mse, sum := make([]float32, c.Latent), make([]float64, 1), 0.0
	for _, im := range held {
		runner.Encode(z, [][]byte{im.Pixels})
		runner.MSE(mse, z, [][]byte{im.Pixels})
		sum += mse[0]
	}
	want := sum / float64(len(held))
	if got := r.Training.Metrics[MetricBaseline]; !(math.Abs(got-want) < 1e-6*want) {
		t.Errorf("baseline %g over %d images, want %g", got, len(held), want)
	}

	again, err := Run(t.Context(), c)
	if err != nil || again.Made || again.Training.Metrics[MetricBaseline] != r.Training.Metrics[MetricBaseline] {
		t.Errorf("second run: %+v, %v", again, err)
	}
	c.Validation = 0
	if err := c.Validate(); err == nil {
		t.Error("a baseline without images for validation is not refused")
	}
}
