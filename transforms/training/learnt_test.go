package training

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/training/fit"
)

// TestLearned: a training says after its first epoch and in model.json how the model
// compares with the mean image of the images for training, and with their mean, and
// warns where it is no better: here, where its steps are too small to learn anything.
func TestLearned(t *testing.T) {
	images := spots(60, 12)
	var out strings.Builder
	c := gradient(shardsOf(t, images, 2), t.TempDir())
	c.Fit.LR, c.Fit.Epochs, c.Out = 1e-12, 1, &out
	r, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	const pixels = 12 * 12
	var mean [pixels]float64
	var n, held, gray float64
	each := func(isHeld bool, f func(i int, v float64)) {
		for _, im := range images {
			if dataset.Held(im.Filename, c.Validation) == isHeld {
				for i, p := range im.Pixels {
					f(i, float64(p)/255)
				}
			}
		}
	}
	each(false, func(i int, v float64) { mean[i] += v; n += 1.0 / pixels; gray += v / pixels })
	var wantMean, wantGray float64
	each(true, func(i int, v float64) {
		held += 1.0 / pixels
		wantMean += math.Pow(v-mean[i]/n, 2) / pixels
		wantGray += math.Pow(v-gray/n, 2) / pixels
	})
	l := schemas.LearnedOf(r.Training.Metrics)
	if l == nil || math.Abs(float64(l.Images)-held) > 1e-6 || l.MSE != r.Training.Metrics["val_mse"] ||
		!(math.Abs(l.MeanImage-wantMean/held) < 1e-9) || !(math.Abs(l.Gray-wantGray/held) < 1e-9) {
		t.Fatalf("model.json says %+v, the images give %v and %v over %v", l, wantMean/held, wantGray/held, held)
	}
	if l.Warning() == "" || !strings.Contains(out.String(), "after the first epoch: "+l.String()) || !strings.Contains(out.String(), "warning: so far the model is no better") {
		t.Errorf("%q\n%s", l.Warning(), &out)
	}
}

// TestInterruptedOfAnotherSample: a checkpoint of the sample that an earlier version
// took is not gone on from, and the reason is said.
func TestInterruptedOfAnotherSample(t *testing.T) {
	var out strings.Builder
	c := gradient(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Limit, c.Out = 40, &out
	ctx := context.Background()
	s, err := c.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.plan(ctx, s)
	if err != nil || p.earlierSteps == "" || p.earlierSteps == p.steps {
		t.Fatalf("steps %q, of an earlier version %q, %v", p.steps, p.earlierSteps, err)
	}
	// What an earlier version left: an epoch, under the fingerprint that it had.
	data, err := p.scan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	l, err := training.New(p.learner)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f := p.fitConfig()
	f.Fingerprint, f.Epochs, f.Out = p.earlierSteps, 1, nil
	if _, err := fit.Run(ctx, f, l, data); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(ctx, c); err != nil || !r.Made || r.Fit.From != 60 || strings.Contains(out.String(), "going on") ||
		!strings.Contains(out.String(), "Config.Limit draws them by a hash now, so it starts again") {
		t.Errorf("%+v, %v\n%s", r, err, &out)
	}
}
