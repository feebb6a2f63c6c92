package training

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// refused runs and plans a training, which both must refuse with a text, and checks that
// nothing in its output changes but the record of the run.
func refused(t *testing.T, c Config, want string) {
	t.Helper()
	before := files(t, c.Output)
	_, err := Run(context.Background(), c)
	_, planned := Plan(context.Background(), c)
	for _, err := range []error{err, planned} {
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if diff := cmp.Diff(before, files(t, c.Output)); diff != "" {
		t.Errorf("what was refused changed the output:\n%.300s", diff)
	}
}

// TestFewerEpochs: a finished model of the same training with more epochs is not replaced. It
// stands where nobody asked for fewer, and is refused where somebody did; so it is where the
// folder remembers no parameters and has no checkpoint. More epochs go on.
func TestFewerEpochs(t *testing.T) {
	ctx := context.Background()
	for name, baseline := range map[string]bool{"alone": false, "with a baseline": true} {
		t.Run(name, func(t *testing.T) {
			c := gradient(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
			c.Baseline, c.Working = baseline, 4
			if _, err := Run(ctx, c); err != nil {
				t.Fatal(err)
			}
			made := files(t, c.Output)
			fewer, longer := c, c
			fewer.Fit.Epochs, longer.Fit.Epochs, longer.Longer = 2, 2, true
			for _, remove := range []string{"", schemas.IntentFile, "_state/checkpoint.json"} {
				if remove != "" {
					if err := os.Remove(filepath.Join(c.Output, remove)); err != nil {
						t.Fatal(err)
					}
				}
				refused(t, fewer, "finished work that would be replaced: Config.Epochs is 2 here and was 3 there; give what was given there")
				r, err := Run(ctx, longer)
				p, planned := Plan(ctx, longer)
				if err != nil || planned != nil || r.Made || r.Epochs != 3 || !strings.Contains(p.Nothing, "already holds this model, trained for 3 epochs.") {
					t.Errorf("without %q: %+v, %v; plan %+v, %v", remove, r, err, p, planned)
				}
			}
			other := longer
			other.Fit.LR *= 2
			refused(t, other, "Config.LR is 0.02 here and was 0.01 there")

			overwritten := fewer
			overwritten.Overwrite = true
			if r, err := Run(ctx, overwritten); err != nil || !r.Made {
				t.Errorf("with Overwrite: %+v, %v", r, err)
			}
			if r, err := Run(ctx, c); err != nil || !r.Made || r.Epochs != 0 {
				t.Errorf("more epochs: %+v, %v", r, err)
			}
			if diff := cmp.Diff(made, files(t, c.Output)); diff != "" {
				t.Errorf("gone on from 2 epochs (-want +got):\n%.300s", diff)
			}
		})
	}
}

// TestFewerEpochsOfAnUnfinishedTraining: a checkpoint with more epochs behind it than there
// are to be is refused, whoever says how many; with as many it ends.
func TestFewerEpochsOfAnUnfinishedTraining(t *testing.T) {
	c := gradient(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.Epochs = 50
	ctx, cancel := context.WithCancel(context.Background())
	stopped := c
	lines := 0
	stopped.Out = writerFunc(func() {
		if lines++; lines == 6 {
			cancel()
		}
	})
	if _, err := Run(ctx, stopped); !errors.Is(err, outdir.ErrInterrupted) {
		t.Fatal(err)
	}
	c.Fit.Epochs = 2
	for _, c.Longer = range []bool{false, true} {
		refused(t, c, "behind it, and Config.Epochs is 2 here: give Config.Epochs=")
	}
	_, err := Run(context.Background(), c)
	_, text, _ := strings.Cut(err.Error(), "Config.Epochs=")
	for c.Fit.Epochs = 0; text != "" && text[0] >= '0' && text[0] <= '9'; text = text[1:] {
		c.Fit.Epochs = 10*c.Fit.Epochs + int(text[0]-'0')
	}
	fresh := c
	fresh.Output = filepath.Join(t.TempDir(), "model")
	for _, c := range []Config{c, fresh} {
		if r, err := Run(context.Background(), c); err != nil || !r.Made {
			t.Errorf("%+v, %v", r, err)
		}
	}
	for _, name := range []string{schemas.ModelFile, schemas.TrainingLogFile} {
		if files(t, c.Output)[name] != files(t, fresh.Output)[name] {
			t.Errorf("%s differs from that of a training of %d epochs", name, c.Fit.Epochs)
		}
	}
}

// TestUnstarted: where the loss of the first weights is not finite the learning rate is not
// blamed, and what is named helps.
func TestUnstarted(t *testing.T) {
	arch := filepath.Join(t.TempDir(), "arch.json")
	if err := os.WriteFile(arch, []byte(`{"family":"dense","input":{"height":12,"width":12},"latent":3,"widths":[24]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c := gradient(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Arch, c.Change, c.Fit.Epochs, c.Fit.LR = arch, Change{Scale: "byte"}, 1, 1e-12
	c.Learner.Variational, c.Learner.Beta, c.Learner.InitNormal = true, 1, 5
	_, err := Run(context.Background(), c)
	var diverged *DivergedError
	if !errors.As(err, &diverged) || diverged.Kept || strings.Contains(err.Error(), "smaller Config.LR") ||
		!strings.Contains(err.Error(), "after 0 of") || !strings.Contains(err.Error(), "try smaller first weights, Config.InitNormal=normal:0.01, or smaller numbers for pixels, Config.Scale=0,1") {
		t.Fatal(err)
	}
	c.Learner.InitNormal, c.Overwrite = 0.01, true
	if _, err := Run(context.Background(), c); err != nil {
		t.Error(err)
	}
	c.Learner.InitNormal, c.Change.Scale = 0, ""
	if _, err := Run(context.Background(), c); err != nil {
		t.Error(err)
	}
}

// TestUnreported: reports that are asked for of a model that is there are told where they are
// not there, and only then.
func TestUnreported(t *testing.T) {
	ctx := context.Background()
	for name, of := range map[string]struct {
		made, asked int64
		steps       int64
		want        string
	}{
		"none made":         {0, 2, 0, "there is no "},
		"others made":       {3, 2, 0, "steps_log.csv stays"},
		"every second one":  {2, 4, 0, "steps_log.csv stays"},
		"beyond the end":    {2, 1000, 0, "steps_log.csv stays"},
		"the same":          {2, 2, 0, ""},
		"each":              {1, 1, 0, ""},
		"the first alone":   {500, 500, 0, ""},
		"none asked for":    {2, 0, 0, ""},
		"of steps":          {3, 3, 7, ""},
		"of steps, others":  {3, 2, 7, "steps_log.csv stays"},
		"of steps, all":     {1, 1, 7, ""},
		"of steps, default": {3, 1000, 7, ""}, // which the command gives by itself
	} {
		t.Run(name, func(t *testing.T) {
			c := gradient(shardsOf(t, spots(60, 12), 2), filepath.Join(t.TempDir(), "model"))
			if c.Fit.ReportSteps, c.Fit.Steps = of.made, of.steps; of.steps > 0 {
				c.Fit.Epochs = 0
			}
			if _, err := Run(ctx, c); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			c.Fit.ReportSteps, c.Out = of.asked, &out
			r, err := Run(ctx, c)
			p, planned := Plan(ctx, c)
			if err != nil || planned != nil || r.Made {
				t.Fatalf("%+v, %v, %v", r, err, planned)
			}
			for _, said := range []string{out.String(), strings.TrimPrefix(p.Nothing, c.Output+" already holds this model.")} {
				if (said == "") != (of.want == "") || !strings.Contains(said, of.want) {
					t.Errorf("said %q, want %q", said, of.want)
				}
			}
		})
	}
}
