package training

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/training/fit"
)

// options are the parameters that came after the first version, by what model.json says of
// them.
var options = map[string]func(*Config){
	"optimizer:sgd momentum:0.5": func(c *Config) { c.Learner.Optimizer, c.Learner.Momentum = training.OptimizerSGD, 0.5 },
	"optimizer:sgd momentum:0":   func(c *Config) { c.Learner.Optimizer = training.OptimizerSGD },
	"loss:mae":                   func(c *Config) { c.Learner.Loss = training.LossMAE },
	"init:normal:0.05":           func(c *Config) { c.Learner.InitNormal = 0.05 },
	"dropout_input:0.25":         func(c *Config) { c.Learner.DropoutInput = 0.25 },
	"steps:11":                   func(c *Config) { c.Fit.Epochs, c.Fit.Steps, c.Fit.ReportSteps = 0, 11, 5 },
}

// TestOptionsAreOtherWork: each option has a fingerprint of its own, and without them it is
// what it was before there were any (see TestPinnedFingerprints); Adam by its name is no option.
func TestOptionsAreOtherWork(t *testing.T) {
	folder := &dataset.Folder{SHA256: "of the shards", Shape: schemas.ImageShape{Height: 32, Width: 32, Channels: 1, Bits: 8}}
	fingerprints := func(change func(*Config)) (steps, model string) {
		c := gradient("shards", "out")
		change(&c)
		p, err := c.plan(t.Context(), sources{folder: folder})
		if err != nil {
			t.Fatal(err)
		}
		return p.steps, p.fingerprint
	}
	_, plain := fingerprints(func(*Config) {})
	if _, named := fingerprints(func(c *Config) { c.Learner.Optimizer = training.OptimizerAdam; c.Fit.ReportSteps = 7 }); named != plain {
		t.Error("Adam by its name, or lines on the loss, are other work")
	}
	seen := map[string]string{plain: "none"}
	for name, change := range options {
		steps, model := fingerprints(change)
		if of := seen[model]; of != "" || steps == "" {
			t.Errorf("%s has the fingerprint of %s", name, of)
		}
		seen[model] = name
	}
}

// TestOptionsAreKept: model.json tells the options, and a run with others is refused, also
// where the folder remembers no parameters; the same one has nothing to do.
func TestOptionsAreKept(t *testing.T) {
	ctx := context.Background()
	shards := shardsOf(t, spots(60, 12), 2)
	for name, change := range options {
		t.Run(name, func(t *testing.T) {
			c := gradient(shards, filepath.Join(t.TempDir(), "model"))
			c.Fit.Epochs = 1
			plain := c
			change(&c)
			r, err := Run(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			m, _ := readModel(t, c.Output)
			for text := range strings.SplitSeq(name, " ") {
				parameter, value, _ := strings.Cut(text, ":")
				if got := fmt.Sprint(m.Training.Parameters[parameter]); got != value {
					t.Errorf("model.json has %s %q, want %s", parameter, got, value)
				}
			}
			if _, epochs := m.Training.Parameters["epochs"]; epochs == (c.Fit.Steps > 0) {
				t.Errorf("parameters %v", m.Training.Parameters)
			}
			if want := map[bool]string{true: "sgd", false: "adam"}[c.Learner.Optimizer != ""]; m.Training.Method != want {
				t.Errorf("method %s", m.Training.Method)
			}
			steps, err := os.ReadFile(filepath.Join(c.Output, schemas.StepsLogFile))
			if c.Fit.Steps == 0 != os.IsNotExist(err) || string(steps) != "" && string(steps) != string(fit.ReportsCSV(r.Fit.Reports)) {
				t.Errorf("%s: %s, %v", schemas.StepsLogFile, steps, err)
			}
			for range 2 {
				if again, err := Run(ctx, c); err != nil || again.Made {
					t.Errorf("the same again: %+v, %v", again, err)
				}
				for _, run := range []func() error{
					func() error { _, err := Run(ctx, plain); return err },
					func() error { _, err := Plan(ctx, plain); return err },
				} {
					if err := run(); err == nil || !strings.Contains(err.Error(), "Config.Overwrite to replace it") || !strings.Contains(err.Error(), " here and was ") {
						t.Errorf("without it: %v", err)
					}
				}
				if err := os.Remove(filepath.Join(c.Output, schemas.IntentFile)); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestFrom: a training starts from the weights of a model; of other layers, pixels or
// weights it is another training, or none.
func TestFrom(t *testing.T) {
	ctx := context.Background()
	shards := shardsOf(t, spots(90, 12), 2)
	first := gradient(shards, filepath.Join(t.TempDir(), "first"))
	r, err := Run(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	c := gradient(shards, filepath.Join(t.TempDir(), "second"))
	c.From, c.Fit.Epochs, c.Fit.LR = first.Output, 1, 1e-12
	second, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	// Steps so small change nothing that counts: it is the model that it started from.
	was, is := r.Training.Metrics["val_mse"], second.Training.Metrics["val_mse"]
	if !(is > 0.9999*was && is < 1.0001*was) || second.Training.Parameters["from"] != r.SHA256 {
		t.Errorf("val_mse was %g and is %g, from %v", was, is, second.Training.Parameters["from"])
	}
	if again, err := Run(ctx, c); err != nil || again.Made {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	for range 2 {
		other := c
		other.From = c.Output
		other.Output, other.Overwrite = c.Output+"-2", true
		if _, err := Run(ctx, other); err != nil {
			t.Fatal(err)
		}
		other.Output, other.Overwrite = c.Output, false
		other.From = c.Output + "-2"
		if _, err := Run(ctx, other); err == nil || !strings.Contains(err.Error(), "Config.From is ") {
			t.Errorf("from another model: %v", err)
		}
		other.From = ""
		if _, err := Run(ctx, other); err == nil || !strings.Contains(err.Error(), "Config.From is not given here") {
			t.Errorf("from none: %v", err)
		}
		if err := os.Remove(filepath.Join(c.Output, schemas.IntentFile)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	for want, change := range map[string]func(*Config){
		"the encoder has other layers there": func(c *Config) { c.Change.Filters = []int{4, 7} },
		"dense of 3 (linear)":                func(c *Config) { c.Latent = 3 },
		"conv of 4 (tanh)":                   func(c *Config) { c.Change.Activations.Hidden = model.ActTanh },
		"12x12x1 of 8 bits in [0,1], and here they are 12x12x1 of 8 bits in [0,255]": func(c *Config) { c.Change.Scale = model.ScaleByte },
		"would lie in": func(c *Config) { c.Output = filepath.Join(c.From, "below") },
	} {
		bad := c
		bad.Output += "-3"
		change(&bad)
		_, err := Run(ctx, bad)
		_, planned := Plan(ctx, bad)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q in one line", err, want)
			}
		}
		if _, err := os.Stat(bad.Output); err == nil {
			t.Fatalf("%s: the output was made", want)
		}
	}
}

// TestSummary: the tables come before the work, of both kinds of models, and in the plan.
func TestSummary(t *testing.T) {
	ctx := context.Background()
	shards := shardsOf(t, spots(60, 12), 2)
	steps := gradient(shards, filepath.Join(t.TempDir(), "model"))
	steps.Fit.Epochs = 1
	for _, c := range []Config{steps, config(shards, filepath.Join(t.TempDir(), "linear"))} {
		var out bytes.Buffer
		c.Summary, c.Out = true, &out
		p, err := Plan(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		want := r.Arch.Summary(true)
		if !strings.HasPrefix(out.String(), want) || !strings.Contains(want, "autoencoder: ") {
			t.Errorf("printed\n%s", &out)
		}
		if got := strings.Join(p.Writes, "\n"); !strings.HasPrefix(got+"\n", want) {
			t.Errorf("planned\n%s", got)
		}
	}
}
