package sweep

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/model"
	trainer "exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/training"
	"exemplar/transforms/training/fit"
)

func names(runs []values) (out []string) {
	for _, v := range runs {
		out = append(out, v.name())
	}
	return out
}

func TestParse(t *testing.T) {
	for text, want := range map[string][]string{
		`{"grid": {"lr": [0.001, 1e-05], "filters": [[8, 16], [4]]}}`: {
			"run-lr0.001-filters8x16", "run-lr0.001-filters4", "run-lr1e-05-filters8x16", "run-lr1e-05-filters4",
		},
		`{"grid": {"seed": [0, 7], "noise": [0, 0.25], "latent": [2]}}`: {
			"run-latent2-noise0-seed0", "run-latent2-noise0-seed7", "run-latent2-noise0.25-seed0", "run-latent2-noise0.25-seed7",
		},
		`{"runs": [{"loss": "mae", "optimizer": "sgd", "momentum": 0, "init": "normal:0.05", "input_range": "-1,1", "l1": 0.001, "dropout": 0.5, "dropout_input": 0.2, "beta": 4}]}`: {
			"run-lossmae-optimizersgd-momentum0-initnormal0.05-input_range-1to1-l10.001-dropout0.5-dropout_input0.2-beta4",
		},
		`{"grid": {"batch": [32, 64], "latent": [2]}}`:                 {"run-batch32-latent2", "run-batch64-latent2"},
		`{"runs": [{"lr": 0.1, "latent": 3}, {"filters": [1, 2, 3]}]}`: {"run-lr0.1-latent3", "run-filters1x2x3"},
	} {
		runs, err := parse([]byte(text))
		if diff := cmp.Diff(want, names(runs)); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		``:                                           "EOF",
		`{}`:                                         "0 runs",
		`{"grid": {}}`:                               "0 runs",
		`{"runs": [{}]}`:                             "names no value",
		`{"runs": [{"lr": 1}, {"lr": 1.0}]}`:         "run-lr1 is there twice",
		`{"runs": [{"warmth": 1}]}`:                  "warmth",
		`{"runs": [{"noise": -0.1}]}`:                "run-noise-0.1: noise -0.1: must be 0 or more",
		`{"runs": [{"loss": "huber"}]}`:              "must be one of mse, mae, bce",
		`{"runs": [{"optimizer": "lion"}]}`:          "must be one of adam, sgd",
		`{"runs": [{"init": "he"}]}`:                 "want glorot, or normal:0.05",
		`{"runs": [{"init": "normal:0"}]}`:           "want glorot, or normal:0.05",
		`{"runs": [{"input_range": "0,2"}]}`:         "want 0,1 or -1,1 or 0,255",
		`{"runs": [{"seed": -1}]}`:                   "seed",
		`{"grid": {"loss": []}}`:                     "0 runs",
		`{"runs": [{"lr": -1}]}`:                     "must be positive",
		`{"grid": {"filters": [[8, 0]]}}`:            "must be positive",
		`{"grid": {"lr": [1]}, "runs": [{"lr": 1}]}`: "one of them",
		`{"grid": {"lr": [1]}} x`:                    "after the JSON",
		`{"grid": {"latent": [` + strings.Repeat("1,", 1100) + `1]}}`: "must be 1 to 1000",
	} {
		if _, err := parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}

// fake trains nothing: its validation loss is the batch times the rate. A rate of
// 1 diverges.
func fake(made *[]string, fail string) func(context.Context, training.Config) (*training.Result, error) {
	return func(_ context.Context, c training.Config) (*training.Result, error) {
		name := filepath.Base(c.Output)
		if name == fail {
			return nil, errors.New("disk full")
		}
		*made = append(*made, name)
		record := filepath.Join(c.Output, schemas.RunFile) // as every training leaves one
		if err := errors.Join(os.MkdirAll(c.Output, 0o777), os.WriteFile(record, []byte(`{"format": "`+schemas.RunFormat+`"}`), 0o666)); err != nil {
			return nil, err
		}
		if c.Fit.LR == 1 {
			return nil, &training.DivergedError{Dir: c.Output, Why: "in epoch 1: the loss is NaN", Advice: "-"}
		}
		loss := c.Fit.LR * float64(c.Fit.Batch)
		return &training.Result{Made: true, Arch: model.Arch{Latent: 7, Filters: []int{4, 8}}, Training: &model.Training{Metrics: map[string]float64{
			"val_loss": loss, "val_mse": loss / 2, "loss": 3, "mse": 4, "epochs": 5, "best_epoch": 4,
		}}}, nil
	}
}

func TestRun(t *testing.T) {
	defer func() { train = training.Run }()
	ctx := context.Background()
	dir := t.TempDir()
	file := filepath.Join(dir, "sweep.json")
	if err := os.WriteFile(file, []byte(`{"grid": {"lr": [1, 0.5, 0.125], "batch": [16, 8]}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c := training.Config{
		Shards: "shards", Output: filepath.Join(dir, "out"), Arch: "mnist-conv", Latent: 7, Buffer: 1,
		Learner: trainer.Config{Loss: trainer.LossMSE},
		Fit:     fit.Config{Epochs: 5, Batch: 32, LR: 0.1, Schedule: fit.Constant},
	}
	var made []string
	train = fake(&made, "run-lr0.125-batch16")
	var out bytes.Buffer
	if err := Run(ctx, Config{file, c}, &out); err == nil || !strings.Contains(err.Error(), "run-lr0.125-batch16: disk full") {
		t.Fatalf("failing run: %v", err)
	}
	train = fake(&made, "")
	out.Reset()
	if err := Run(ctx, Config{file, c}, &out); err != nil {
		t.Fatal(err)
	}
	if len(made) != 4+6 {
		t.Errorf("runs %v", made)
	}
	table, err := os.ReadFile(filepath.Join(c.Output, schemas.SweepFile))
	want := `run,lr,batch,latent,filters,epochs,best_epoch,loss,mse,val_loss,val_mse,diverged
run-lr0.125-batch8,0.125,8,7,4x8,5,4,3,4,1,0.5,
run-lr0.125-batch16,0.125,16,7,4x8,5,4,3,4,2,1,
run-lr0.5-batch8,0.5,8,7,4x8,5,4,3,4,4,2,
run-lr0.5-batch16,0.5,16,7,4x8,5,4,3,4,8,4,
run-lr1-batch16,1,16,7,,,,,,,,in epoch 1: the loss is NaN
run-lr1-batch8,1,8,7,,,,,,,,in epoch 1: the loss is NaN
`
	if diff := cmp.Diff(want, string(table)); err != nil || diff != "" {
		t.Errorf("table (-want +got), %v:\n%s", err, diff)
	}
	if !strings.Contains(out.String(), "1   run-lr0.125-batch8   1         0.5") {
		t.Errorf("printed:\n%s", &out)
	}

	// A wrong value is found before the first run.
	made = nil
	if err := os.WriteFile(file, []byte(`{"runs": [{"lr": 0.5}, {"batch": 9999}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Run(ctx, Config{file, c}, &out); err == nil || !strings.Contains(err.Error(), "Config.Batch=9999") || len(made) > 0 {
		t.Errorf("%v after %v", err, made)
	}
	// Nor is a user's folder written.
	c.Output = dir
	if err := Run(ctx, Config{file, c}, &out); err == nil {
		t.Error("a folder with other files was taken")
	}
}

// TestInterrupted: a sweep that is told to stop while a run ends, or before the first
// one, ends as interrupted, and goes on when it is run again.
func TestInterrupted(t *testing.T) {
	defer func() { train = training.Run }()
	dir := t.TempDir()
	file := filepath.Join(dir, "sweep.json")
	if err := os.WriteFile(file, []byte(`{"grid": {"latent": [2, 5]}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c := training.Config{
		Shards: "shards", Output: filepath.Join(dir, "out"), Arch: "mnist-conv", Latent: 7, Buffer: 1,
		Learner: trainer.Config{Loss: trainer.LossMSE},
		Fit:     fit.Config{Epochs: 5, Batch: 32, LR: 0.1, Schedule: fit.Constant},
	}
	var made []string
	for stopped := range 2 {
		ctx, stop := context.WithCancel(context.Background())
		if stopped == 0 {
			stop()
		}
		train = func(ctx context.Context, c training.Config) (*training.Result, error) {
			defer stop() // after its last step
			return fake(&made, "")(ctx, c)
		}
		err := Run(ctx, Config{file, c}, new(bytes.Buffer))
		if !errors.Is(err, outdir.ErrInterrupted) || !strings.Contains(err.Error(), "run the same command again") || len(made) != stopped {
			t.Errorf("stopped after %d runs: %v after %v", stopped, err, made)
		}
	}
	train = fake(&made, "")
	if err := Run(context.Background(), Config{file, c}, new(bytes.Buffer)); err != nil {
		t.Error(err)
	}
}

// TestConfig: what a run names reaches the training, zero too, and nothing else changes.
func TestConfig(t *testing.T) {
	each := training.DefaultConfig()
	each.Shards, each.Output, each.Arch = "shards", "out", "mnist-conv"
	each.Learner.Noise, each.Learner.L1, each.Learner.Optimizer = 0.3, 0.1, trainer.OptimizerAdam
	for text, change := range map[string]func(*training.Config){
		`{"noise": 0, "l1": 0.5, "seed": 0}`:      func(c *training.Config) { c.Learner.Noise, c.Learner.L1, c.Seed = 0, 0.5, 0 },
		`{"optimizer": "sgd"}`:                    func(c *training.Config) { c.Learner.Optimizer, c.Learner.Momentum = "sgd", 0.9 },
		`{"optimizer": "sgd", "momentum": 0}`:     func(c *training.Config) { c.Learner.Optimizer = "sgd" },
		`{"optimizer": "adam"}`:                   func(*training.Config) {},
		`{"loss": "mae", "init": "normal:0.05"}`:  func(c *training.Config) { c.Learner.Loss, c.Learner.InitNormal = "mae", 0.05 },
		`{"input_range": "0,255"}`:                func(c *training.Config) { c.Change.Scale = model.ScaleByte },
		`{"dropout": 0.5, "dropout_input": 0.25}`: func(c *training.Config) { c.Learner.Dropout, c.Learner.DropoutInput = 0.5, 0.25 },
	} {
		runs, err := parse([]byte(`{"runs": [` + text + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		got, want := runs[0].config(each), each
		want.Output = filepath.Join("out", runs[0].name())
		change(&want)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(training.Config{})); diff != "" || got.Validate() != nil {
			t.Errorf("%s: %v (-want +got):\n%s", text, got.Validate(), diff)
		}
	}
	// What goes together with nothing is found by the configuration.
	runs, err := parse([]byte(`{"runs": [{"momentum": 0.5}, {"beta": 2}, {"loss": "bce", "input_range": "0,255"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"momentum has a meaning", "beta has a meaning", "bce needs"} {
		if err := runs[i].config(each).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", runs[i].name(), err)
		}
	}
	sgd := each
	sgd.Learner.Optimizer, sgd.Learner.Momentum = trainer.OptimizerSGD, 0.5
	for text, want := range map[string]float64{`{"optimizer": "adam"}`: 0, `{"optimizer": "sgd"}`: 0.5, `{"momentum": 0.25}`: 0.25} {
		runs, err := parse([]byte(`{"runs": [` + text + `]}`))
		if c := runs[0].config(sgd); err != nil || c.Learner.Momentum != want || c.Validate() != nil {
			t.Errorf("%s: momentum %g, %v", text, c.Learner.Momentum, c.Validate())
		}
	}
}

// TestNamed: what any run of a file names is listed, zero too, and nothing else.
func TestNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sweep.json")
	for text, want := range map[string]string{
		`{"grid": {"noise": [0, 0.1], "lr": [1], "beta": []}}`:                                                               "lr noise",
		`{"runs": [{"latent": 3}, {"seed": 0}, {"init": "glorot"}]}`:                                                         "init latent seed",
		`{"runs": [{"batch": 3, "filters": [8], "loss": "mse", "optimizer": "sgd", "momentum": 0, "input_range": "0,255"}]}`: "batch filters input_range loss momentum optimizer",
		`{"runs": [{"l1": 0, "dropout": 0, "dropout_input": 0, "beta": 0}]}`:                                                 "beta dropout dropout_input l1",
	} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := Named(t.Context(), file); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if _, err := Named(t.Context(), file+"x"); err == nil {
		t.Error("no error of a file that is not there")
	}
}

// TestIncomparable: a table of several losses has columns for what is varied, behind all
// others, and is sorted by the mean squared error.
func TestIncomparable(t *testing.T) {
	metrics := func(loss, mse float64) *training.Result {
		return &training.Result{Arch: model.Arch{Latent: 7}, Training: &model.Training{Metrics: map[string]float64{
			"val_loss": loss, "val_mse": mse, "loss": 3, "mse": 4, "epochs": 5, "best_epoch": 4,
		}}}
	}
	c := training.DefaultConfig()
	runs, err := parse([]byte(`{"runs": [{"loss": "mae", "seed": 3}, {"loss": "bce"}, {"loss": "mse", "seed": 0}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for i, r := range []*training.Result{metrics(0.1, 0.3), metrics(0.9, 0.2), nil} {
		why := ""
		if r == nil {
			why = "in epoch 1: it rose"
		}
		rows = append(rows, newRow(runs[i], c, r, why))
	}
	dir := t.TempDir()
	if err := writeTable(t.Context(), dir, rows); err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(dir, schemas.SweepFile))
	want := `run,lr,batch,latent,filters,epochs,best_epoch,loss,mse,val_loss,val_mse,diverged,loss_function,seed
run-lossbce,0.0003,32,7,,5,4,3,4,0.9,0.2,,bce,
run-lossmae-seed3,0.0003,32,7,,5,4,3,4,0.1,0.3,,mae,3
run-lossmse-seed0,0.0003,32,,,,,,,,,in epoch 1: it rose,mse,0
`
	if diff := cmp.Diff(want, string(table)); err != nil || diff != "" {
		t.Errorf("table (-want +got), %v:\n%s", err, diff)
	}
	var out bytes.Buffer
	if printTable(&out, rows); !strings.Contains(out.String(), "sorted by the mean squared error") {
		t.Errorf("printed:\n%s", &out)
	}
	out.Reset()
	if printTable(&out, rows[1:2]); strings.Contains(out.String(), "sorted by") {
		t.Errorf("printed of one loss:\n%s", &out)
	}
}
