package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/training/fit"
)

// spots draws n images of a bright spot each, of two labels by its place.
func spots(n, size int) (out []records.Image) {
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range n {
		pixels := make([]byte, size*size)
		cy, cx := rng.Float64()*float64(size), rng.Float64()*float64(size)
		for k := range pixels {
			dy, dx := float64(k/size)-cy, float64(k%size)-cx
			pixels[k] = byte(250 * math.Exp(-(dy*dy+dx*dx)/6))
		}
		label := "left"
		if cx > float64(size)/2 {
			label = "right"
		}
		out = append(out, records.Image{
			Filename: fmt.Sprintf("spot %03d.tif", i), Pixels: pixels, Height: size, Width: size, Channels: 1, Bits: 8,
			Label: label, HasLabel: true,
		})
	}
	return out
}

// gradient returns the configuration of a small convolutional training.
func gradient(shards, output string) Config {
	return Config{
		Shards: shards, Output: output, Arch: "mnist-conv", Latent: 2, Seed: 1,
		Change:     Change{Filters: []int{4, 6}},
		Learner:    training.Config{Loss: training.LossMSE},
		Fit:        fit.Config{Epochs: 3, Batch: 16, LR: 0.01, Schedule: fit.Constant},
		Validation: 0.2, Buffer: 20 * 12 * 12,
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir+"/")] = outdir.SHA256(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGradient trains to the end: what is in the folder, that its numbers are
// those of the model in it, and that a second run does nothing.
func TestGradient(t *testing.T) {
	ctx := context.Background()
	images := spots(150, 12)
	c := gradient(shardsOf(t, images, 3), filepath.Join(t.TempDir(), "model"))
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	found := slices.Sorted(maps.Keys(files(t, c.Output)))
	var visible []string
	for _, name := range found {
		if !strings.HasPrefix(name, schemas.StateDir) {
			visible = append(visible, name)
		}
	}
	if want := []string{
		"codes.png", "decoder.safetensors", "encoder.safetensors", "errors.jsonl", "latents.png", "loss.png", "model.json",
		"reconstructions/epoch-001.png", "reconstructions/epoch-002.png", "reconstructions/epoch-003.png", "training_log.csv",
	}; !slices.Equal(visible, want) {
		t.Errorf("files %v", visible)
	}

	m, modelFiles := readModel(t, c.Output)
	if m.Arch.Name != "" || m.Arch.Input.Height != 12 || m.Arch.Latent != 2 || r.SHA256 != modelFiles.SHA256() {
		t.Errorf("architecture %+v", m.Arch)
	}
	plan, err := model.Compile(m)
	if err != nil {
		t.Fatal(err)
	}
	// The error that model.json states is that of the compiled model.
	runner := plan.NewRunner(1)
	z, mse, sum, held := make([]float32, 2), make([]float64, 1), 0.0, 0.0
	for _, im := range images {
		if dataset.Held(im.Filename, c.Validation) {
			runner.Encode(z, [][]byte{im.Pixels})
			runner.MSE(mse, z, [][]byte{im.Pixels})
			sum, held = sum+mse[0], held+1
		}
	}
	if got := m.Training.Metrics["val_mse"]; !(math.Abs(got-sum/held) < 1e-5*got) || m.Training.Metrics["validation_images"] != held {
		t.Errorf("model.json says mse %g over %g images, the model has %g over %g",
			got, m.Training.Metrics["validation_images"], sum/held, held)
	}
	rows := r.Fit.Rows
	if len(rows) != 3 || !(rows[2].Held.Loss < 0.9*rows[0].Train.Loss) || m.Training.Metrics["val_loss"] != rows[r.Fit.Best].Held.Loss {
		t.Errorf("rows %+v, metrics %v", rows, m.Training.Metrics)
	}
	log, err := os.ReadFile(filepath.Join(c.Output, schemas.TrainingLogFile))
	if err != nil || string(log) != string(fit.CSV(rows)) {
		t.Errorf("log %s, %v", log, err)
	}

	newLearner = func(training.Config) (learner, error) { t.Fatal("trained again"); return nil, nil }
	defer restoreLearner()
	if again, err := Run(ctx, c); err != nil || again.Made || again.SHA256 != r.SHA256 {
		t.Errorf("second run: %+v, %v", again, err)
	}
}

func restoreLearner() {
	newLearner = func(c training.Config) (learner, error) { return training.New(c) }
}

// mortal is a trainer that fails at a step.
type mortal struct {
	*training.Trainer
	left *int
}

var errKilled = errors.New("killed")

func (m mortal) Step(lr float64, pixels [][]byte) (training.Losses, error) {
	if *m.left--; *m.left < 0 {
		return training.Losses{}, errKilled
	}
	return m.Trainer.Step(lr, pixels)
}

// TestKilledTraining ends a training at some of its steps, with checkpoints in
// every epoch and without, and starts it again on another number of processors:
// the folder is that of an undisturbed run, byte for byte.
func TestKilledTraining(t *testing.T) {
	defer restoreLearner()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	ctx := context.Background()
	shards := shardsOf(t, spots(150, 12), 3)
	for name, change := range map[string]func(*Config){
		"plain": func(c *Config) { c.Fit.Schedule = fit.Cosine },
		"regularised": func(c *Config) {
			c.Learner.Noise, c.Learner.Dropout, c.Learner.L1, c.Learner.ClipNorm = 0.1, 0.2, 0.01, 1
		},
		"descent": func(c *Config) {
			c.Learner.Optimizer, c.Learner.Momentum, c.Learner.Loss, c.Learner.DropoutInput = training.OptimizerSGD, 0.9, training.LossMAE, 0.2
		},
		"steps": func(c *Config) { // the last epoch is cut
			c.Fit.Epochs, c.Fit.Steps, c.Fit.ReportSteps, c.Fit.Schedule = 0, 21, 4, fit.Cosine
			c.Learner.InitNormal = 0.1
		},
		"variational": func(c *Config) { c.Learner.Variational, c.Learner.Beta, c.Learner.Loss = true, 0.001, training.LossBCE },
	} {
		t.Run(name, func(t *testing.T) {
			start := func() Config {
				c := gradient(shards, filepath.Join(t.TempDir(), "model"))
				change(&c)
				return c
			}
			restoreLearner()
			clean := start()
			if _, err := Run(ctx, clean); err != nil {
				t.Fatal(err)
			}
			want := files(t, clean.Output)
			for i, left := range []int{0, 3, 8, 13, 20} {
				c := start()
				if i%2 == 1 {
					c.Fit.Every = 1
				}
				runtime.GOMAXPROCS(1 + i%2)
				newLearner = func(cfg training.Config) (learner, error) {
					l, err := training.New(cfg)
					return mortal{l, &left}, err
				}
				if _, err := Run(ctx, c); !errors.Is(err, errKilled) {
					t.Fatalf("killed run: %v", err)
				}
				restoreLearner()
				runtime.GOMAXPROCS(2 - i%2)
				c.Fit.Every = 0
				if _, err := Run(ctx, c); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, files(t, c.Output)); diff != "" {
					t.Fatalf("case %d differs from the undisturbed run (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// TestDivergedTraining: a loss that explodes is an error that says why and what to
// do, at once when the command is run again; the best weights are kept.
func TestDivergedTraining(t *testing.T) {
	defer restoreLearner()
	ctx := context.Background()
	c := gradient(shardsOf(t, spots(150, 12), 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.Epochs = 50
	steps := 0
	newLearner = func(cfg training.Config) (learner, error) {
		l, err := training.New(cfg)
		return exploding{l, &steps}, err
	}
	_, first := Run(ctx, c)
	var diverged *DivergedError
	if !errors.As(first, &diverged) || !diverged.Kept || !strings.Contains(first.Error(), "Config.LR") || !strings.Contains(first.Error(), "epoch 3") {
		t.Fatalf("error %v", first)
	}
	m, _ := readModel(t, c.Output)
	if m.Training.Metrics["epochs"] != 2 || len(m.Encoder) == 0 {
		t.Errorf("kept weights of %v", m.Training.Metrics)
	}
	before := steps
	if _, err := Run(ctx, c); err == nil || err.Error() != first.Error() || steps != before {
		t.Errorf("second run: %v after %d more steps", err, steps-before)
	}
}

// exploding has weights that grow from the twentieth step on.
type exploding struct {
	*training.Trainer
	steps *int
}

func (e exploding) Step(lr float64, pixels [][]byte) (training.Losses, error) {
	if *e.steps++; *e.steps > 20 {
		lr = 1e38
	}
	return e.Trainer.Step(lr, pixels)
}

// TestRejectedRecords: what cannot be trained on is in errors.jsonl and counted.
func TestRejectedRecords(t *testing.T) {
	images := spots(90, 12)
	odd := spots(1, 10)[0]
	odd.Filename = "odd.tif"
	c := gradient(shardsOf(t, append(images, odd), 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.Epochs = 1
	r, err := Run(context.Background(), c)
	if err != nil || r.Skipped != 1 || r.Fit.Images+r.Fit.Held != 90 {
		t.Fatalf("%+v, %v", r, err)
	}
	text, err := os.ReadFile(filepath.Join(c.Output, schemas.ErrorsFile))
	if err != nil || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), `"odd.tif"`) || !strings.Contains(string(text), schemas.ReasonWrongSize) {
		t.Errorf("errors %s, %v", text, err)
	}
}

// TestReplaced: another training in the same folder is refused, and with Overwrite
// replaces the first, whole. So is one in a folder that does not remember its
// parameters, as far as the model tells them.
func TestReplaced(t *testing.T) {
	shards := shardsOf(t, spots(60, 12), 2)
	c := gradient(shards, filepath.Join(t.TempDir(), "model"))
	if _, err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	for _, other := range []Config{func() Config { o := c; o.Latent, o.Fit.Epochs = 3, 1; return o }(), config(shards, c.Output)} {
		remembered := filepath.Join(c.Output, schemas.StateDir, "parameters.json")
		for range 2 {
			_, err := Run(context.Background(), other)
			_, planned := Plan(context.Background(), other)
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), "Config.Latent is") || !strings.Contains(err.Error(), "Config.Overwrite to replace it") {
					t.Errorf("%v", err)
				}
			}
			if err := os.Remove(remembered); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		other.Overwrite = true
		if _, err := Run(context.Background(), other); err != nil {
			t.Errorf("%v", err)
		}
		fresh := other
		fresh.Output = filepath.Join(t.TempDir(), "model")
		if _, err := Run(context.Background(), fresh); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files(t, fresh.Output), files(t, c.Output)); diff != "" {
			t.Errorf("remains of the first training (-want +got):\n%s", diff)
		}
	}
}

func TestGradientRefusals(t *testing.T) {
	dir := t.TempDir()
	json := filepath.Join(dir, "arch.json")
	if err := os.WriteFile(json, []byte(`{"family":"conv","input":{"height":20,"width":20},"latent":3,"filters":[4],"convs_per_stage":1}`), 0o666); err != nil {
		t.Fatal(err)
	}
	shards := shardsOf(t, spots(40, 12), 2)
	for want, change := range map[string]func(*Config){
		`"nonsense" is no architecture`: func(c *Config) { c.Arch = "nonsense" },
		"takes 20x20 images":            func(c *Config) { c.Arch, c.Change = json, Change{} },
		"takes 28x28 images":            func(c *Config) { c.Arch, c.Change = "dense-784-100-20", Change{} },
		"Config.Filters: family dense":  func(c *Config) { c.Arch = "dense-784-100-20" },
		"Config.Widths: family conv":    func(c *Config) { c.Change.Widths = []int{3} },
		`latent activation "swish"`:     func(c *Config) { c.Change.Activations.Latent = "swish" },
		"too small for 5 stages":        func(c *Config) { c.Change.Filters = []int{1, 1, 1, 1, 1} },
		"loss bce needs pixels in [0,1]": func(c *Config) {
			c.Change.Scale, c.Learner.Loss = model.ScaleSymmetric, training.LossBCE
		},
		"output activation sigmoid never gives": func(c *Config) {
			c.Change.Scale, c.Change.Activations.Output = model.ScaleSymmetric, model.ActSigmoid
		},
		"loss bce needs pixels in [0,1], which it takes for probabilities: use loss mse for [0,255]": func(c *Config) {
			c.Change.Scale, c.Learner.Loss = model.ScaleByte, training.LossBCE
		},
		"output activation tanh never gives a number above 1": func(c *Config) {
			c.Change.Scale, c.Change.Activations.Output = model.ScaleByte, model.ActTanh
		},
		`optimizer "lion"`: func(c *Config) { c.Learner.Optimizer = "lion" },
		"momentum has a meaning only with optimizer sgd": func(c *Config) { c.Learner.Momentum = 0.9 },
		"momentum 1: must":                           func(c *Config) { c.Learner.Optimizer, c.Learner.Momentum = training.OptimizerSGD, 1 },
		"standard deviation":                         func(c *Config) { c.Learner.InitNormal = math.Inf(1) },
		"dropout of the input":                       func(c *Config) { c.Learner.DropoutInput = 1 },
		"Config.Epochs=3 says how long, too":         func(c *Config) { c.Fit.Steps = 9 },
		"Config.From: ":                              func(c *Config) { c.From = shards },
		"is the folder of Config.Output":             func(c *Config) { c.From = c.Output },
		"Config.InitNormal: the first":               func(c *Config) { c.From, c.Learner.InitNormal = "there", 0.1 },
		"Config.From: a model holds the means alone": func(c *Config) { c.From, c.Learner.Variational = "there", true },
		`loss "huber"`:                               func(c *Config) { c.Learner.Loss = "huber" },
		"Config.Validation=1":                        func(c *Config) { c.Validation = 1 },
		"Config.HeldShards":                          func(c *Config) { c.HeldShards = c.Shards },
		"Config.Epochs=0":                            func(c *Config) { c.Fit.Epochs = 0 },
		"Config.Buffer":                              func(c *Config) { c.Buffer = 0 },
	} {
		c := gradient(shards, filepath.Join(dir, "model"))
		change(&c)
		if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q in one line", err, want)
		}
		if _, err := os.Stat(c.Output); err == nil {
			t.Fatalf("%s: the output was made", want)
		}
	}
}

// TestOtherImages: odd sizes, colors and 16 bits are trained on and drawn.
func TestOtherImages(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var images []records.Image
	for i := range 40 {
		im := records.Image{Filename: fmt.Sprint(i), Pixels: make([]byte, 11*9*3*2), Height: 11, Width: 9, Channels: 3, Bits: 16}
		for k := range im.Pixels {
			im.Pixels[k] = byte(rng.IntN(256))
		}
		images = append(images, im)
	}
	c := gradient(shardsOf(t, images, 2), filepath.Join(t.TempDir(), "model"))
	c.Fit.Epochs, c.Latent = 1, 3
	r, err := Run(context.Background(), c)
	if err != nil || r.Arch.Input.Channels != 3 || r.Arch.Input.Bits != 16 || r.Arch.Input.Height != 11 {
		t.Fatalf("%+v, %v", r, err)
	}
	// Noise has a variance of 1/12 about its mean.
	if got := r.Fit.Rows[0].Held.MSE; !(got > 0.07 && got < 0.1) {
		t.Errorf("mean squared error %g", got)
	}
}

// TestInputRange: a model of pixels in [-1,1] or [0,255] says so; its errors are those of
// pixels in [0,1], as of the model that encode loads, its loss is not.
func TestInputRange(t *testing.T) {
	images := spots(90, 12)
	shards := shardsOf(t, images, 2)
	for scale, want := range map[string]struct {
		output string
		factor float64
	}{model.ScaleSymmetric: {model.ActTanh, 4}, model.ScaleByte: {model.ActLinear, 65025}} {
		c := gradient(shards, filepath.Join(t.TempDir(), "model"))
		c.Change.Scale = scale
		r, err := Run(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := readModel(t, c.Output)
		if m.Arch.Input.Scale != scale || m.Arch.Activations.Output != want.output {
			t.Errorf("architecture %+v", m.Arch)
		}
		plan, err := model.Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		runner := plan.NewRunner(1)
		z, mse, sum, held := make([]float32, 2), make([]float64, 1), 0.0, 0.0
		for _, im := range images {
			if dataset.Held(im.Filename, c.Validation) {
				runner.Encode(z, [][]byte{im.Pixels})
				runner.MSE(mse, z, [][]byte{im.Pixels})
				sum, held = sum+mse[0], held+1
			}
		}
		best := r.Fit.Rows[r.Fit.Best].Held
		if !(math.Abs(best.MSE-sum/held) < 1e-5*best.MSE) || !(math.Abs(best.Loss-want.factor*best.MSE) < 1e-5*best.Loss) {
			t.Errorf("%s: the log says loss %g, mse %g, the model has mse %g", scale, best.Loss, best.MSE, sum/held)
		}
		c.Change.Scale = ""
		c.Overwrite = true
		again, err := Run(context.Background(), c)
		if err != nil || !again.Made || again.Arch.Input.Scale != model.ScaleUnit {
			t.Errorf("another range trains anew: %+v, %v", again, err)
		}
	}
}
