package quickstart

import (
	"flag"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/training"
)

func gray(height, width int) schemas.ImageShape {
	return schemas.ImageShape{Height: height, Width: width, Channels: 1, Bits: 8}
}

func base() training.Config {
	return training.Config{Shards: "shards", Output: "model", Arch: training.ArchLinear, Latent: 64, Working: 32, Seed: 1}
}

// TestFilters: the plane that is flattened is neither large nor smaller than 2x2.
func TestFilters(t *testing.T) {
	for _, c := range []struct{ height, width, stages int }{
		{256, 256, 3}, {28, 28, 2}, {64, 64, 2}, {8, 8, 1}, {15, 15, 1}, {16, 16, 2}, {80, 8, 1}, {97, 131, 2}, {97, 132, 3}, {1024, 1024, 3},
	} {
		if got := filters(gray(c.height, c.width)); len(got) != c.stages {
			t.Errorf("%dx%d: filters %v, want %d stages", c.height, c.width, got, c.stages)
		}
	}
	for channels := 1; channels <= schemas.MaxChannels; channels++ {
		shape := gray(48, 48)
		shape.Channels = channels
		if got := filters(shape); got[0] < channels || channels <= 3 && got[0] != 4 {
			t.Errorf("%d channels: filters %v", channels, got)
		}
	}
}

// TestConvolutional: what is chosen can be trained for images of any size between
// the limits, and costs about as much as the budget at most.
func TestConvolutional(t *testing.T) {
	for _, bits := range []int{8, 16} {
		for _, channels := range []int{1, 3, 5, 16} {
			for _, size := range [][2]int{{8, 8}, {9, 300}, {28, 28}, {101, 53}, {256, 256}, {1024, 1024 / wide(schemas.ImageShape{Channels: channels})}} {
				shape := schemas.ImageShape{Height: size[0], Width: size[1], Channels: channels, Bits: bits}
				for _, images := range []int64{fewest, 2000, 1_000_000_000} {
					c, err := convolutional(base(), shape, images, 0)
					if err == nil {
						err = c.Validate()
					}
					if err != nil {
						t.Errorf("%d of %s: %v", images, shape, err)
						continue
					}
					used := images
					if c.Limit > 0 {
						used = c.Limit
					}
					if cost := used * int64(c.Fit.Epochs) * int64(size[0]*size[1]); used > images || c.Fit.Epochs < 1 || cost > 2*budget {
						t.Errorf("%d of %s: %d images, %d epochs", images, shape, used, c.Fit.Epochs)
					}
				}
			}
		}
	}
	sample, err := convolutional(base(), gray(256, 256), 2000, 0)
	if err != nil || sample.Fit.Epochs != 5 || sample.Limit != 0 || !sample.Baseline {
		t.Errorf("the sample: %+v, %v", sample, err)
	}
	if c, err := convolutional(base(), gray(256, 256), 2000, 7); err != nil || c.Fit.Epochs != 7 {
		t.Errorf("7 epochs asked for, %d chosen, %v", c.Fit.Epochs, err)
	}
}

// TestLinearInstead: what cannot be trained is said.
func TestLinearInstead(t *testing.T) {
	for _, c := range []struct {
		shape  schemas.ImageShape
		images int64
		want   string
	}{
		{gray(256, 256), fewest - 1, "99 images are too few"},
		{gray(7, 100), 2000, "7x100 8-bit are too small"},
		{gray(2048, 2048), 2000, "2048x2048 8-bit are too large"},
	} {
		if _, err := convolutional(base(), c.shape, c.images, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d of %s: %v, want %q", c.images, c.shape, err, c.want)
		}
	}
}

// TestCompare: both errors are told, of the same images.
func TestCompare(t *testing.T) {
	r := trained()
	r.Training.Metrics["val_mse"] = 0.0003
	got := compare(r)
	if lines := strings.Split(got, "\n"); len(lines) != 2 || !strings.HasSuffix(lines[0], "MSE 0.0003") || !strings.HasSuffix(lines[1], "0.0004 on the same 1,234 images held out") {
		t.Errorf("compare: %q", got)
	}
}

// TestContest: the model of the smaller error wins, and of equal ones the linear.
func TestContest(t *testing.T) {
	for _, c := range []struct {
		mse  float64
		wins bool
		why  string
	}{
		{0.0003, false, "its error on the images held out is 25 % smaller"},
		{0.0005, true, "its error on the images held out is 20 % smaller"},
		{0.0004, true, "its error on the images held out is as small, and it is the simpler one"},
		{0, false, "its error on the images held out is 100 % smaller"},
	} {
		of := contestOf(map[string]float64{"val_mse": c.mse, training.MetricBaseline: 0.0004})
		if of.linearWins() != c.wins || of.why() != c.why {
			t.Errorf("%g: the linear one wins: %v, %q", c.mse, of.linearWins(), of.why())
		}
	}
}

// TestStop: only a training under way can be stopped.
func TestStop(t *testing.T) {
	var g graceful
	if g.stop() {
		t.Error("stopped before it began")
	}
	ctx, done := g.begin(t.Context())
	if !g.stop() || ctx.Err() == nil {
		t.Error("the training was not stopped")
	}
	done()
	if g.stop() {
		t.Error("stopped after its end")
	}
}

func TestBadFlags(t *testing.T) {
	for want, args := range map[string][]string{
		"--arch=ae1m":                      {"--arch=ae1m"},
		"--epochs=-1":                      {"--epochs=-1"},
		"--epochs=3":                       {"--epochs=3", "--arch=linear"},
		"--clusters=101":                   {"--clusters=101", "--images=100"},
		"Config.Top=3 and Config.Budget=5": {"--top=3", "--budget=5"},
	} {
		if err := parsed(t, args...).Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := parsed(t).Validate(); err != nil {
		t.Error(err)
	}
}

func parsed(t *testing.T, args ...string) *job {
	t.Helper()
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	j := setup(fs).(*job)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return j
}

// trained returns a result whose baseline has an error of 0.0004.
func trained() *training.Result {
	return &training.Result{Arch: model.Arch{Latent: 64}, Training: &model.Training{Metrics: map[string]float64{
		training.MetricBaseline: 0.0004, "epochs": 3, "validation_images": 1234,
	}}}
}

// A draw is claimed only where there was one, and figures keep their digits and nouns.
func TestWordsOfTheLinear(t *testing.T) {
	for want, got := range map[string]string{
		"all 5 images": measuredOn(5, 5), "the one image": measuredOn(1, 1), "1,024 of 2,000 images, drawn by hash": measuredOn(1024, 2000),
		"1 dimension explains 100 %": explained(1, 1), "64 dimensions explain 0.0123 %": explained(64, 0.000123),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
