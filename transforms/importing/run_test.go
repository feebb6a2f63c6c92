package importing

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/model"
)

const fixtures = "../../model/keras/testdata/"

func fixture() Config {
	return Config{Encoder: fixtures + "conv_encoder.keras", Decoder: fixtures + "conv_decoder.keras"}
}

// TestRun imports, imports again (nothing to do), imports another model over it,
// and one without a decoder.
func TestRun(t *testing.T) {
	c := fixture()
	data, err := os.ReadFile(c.Encoder)
	if err != nil {
		t.Fatal(err)
	}
	c.Encoder = filepath.Join(t.TempDir(), "a & b.keras") // JSON may write & in two ways
	if err := os.WriteFile(c.Encoder, data, 0o666); err != nil {
		t.Fatal(err)
	}
	c.Output = filepath.Join(t.TempDir(), "model")
	first, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	files := model.Files{}
	for _, name := range model.FileNames() {
		if files[name], err = os.ReadFile(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := first.Model.Marshal(); err != nil || string(files["model.json"]) != string(want["model.json"]) {
		t.Errorf("model.json is not as package model writes it: %v", err)
	}
	if !first.Made || m.SHA256() != first.SHA256 {
		t.Errorf("made %v, sha256 %s, want that of the folder, %s", first.Made, first.SHA256, m.SHA256())
	}
	again, err := Run(context.Background(), c)
	if err != nil || again.Made || again.SHA256 != first.SHA256 {
		t.Errorf("second run: %+v, %v", again, err)
	}
	c.Decoder = ""
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "that import made, with other weights") || !strings.Contains(err.Error(), "Config.Overwrite") {
		t.Errorf("without decoder: %v", err)
	}
	c.Overwrite = true
	less, err := Run(context.Background(), c)
	if err != nil || !less.Made {
		t.Fatalf("without decoder: %+v, %v", less, err)
	}
	if _, err := os.Stat(filepath.Join(c.Output, "decoder.safetensors")); !os.IsNotExist(err) {
		t.Errorf("the old decoder is still there: %v", err)
	}
}

// TestTrainingLog: the log of training lies beside the model, is added to one that is there,
// stays where none is given, and is refused where it is none.
func TestTrainingLog(t *testing.T) {
	ctx, c := t.Context(), fixture()
	c.Output = filepath.Join(t.TempDir(), "model")
	name := filepath.Join(t.TempDir(), "log.csv")
	give := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	there := func() string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(c.Output, "training_log.csv"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return string(data)
	}
	if _, err := Run(ctx, c); err != nil {
		t.Fatal(err)
	}
	c.TrainingLog = name
	for _, text := range []string{"", "epoch,loss\n", "epoch,mse\n0,1\n", "loss,epoch\n1,0\n", "epoch,loss\n1,0.5\n", "epoch,loss\n0,0.5\n2,0.4\n", "epoch,loss\n0,nan\n", "epoch,loss\n0,0.5,1\n", "\xff\xfe",
		"epoch,loss,r\xe9\n0,0.5,1\n", "epoch,loss,loss\n0,0.5,1\n", "epoch,loss\n0,NA\n", "epoch,loss\n0,0x1p-2\n", "epoch;loss\n0;0.5\n", "\ufeffepoch,loss\n0,0.5\n"} {
		give(text)
		if _, err := Run(ctx, c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for i, text := range []string{"epoch,loss,val_loss\n0,0.5,0.6\n1,0.4,NA\n", "epoch,loss\n0,0.5\n"} {
		give(text)
		if i > 0 { // another log is finished work
			if _, err := Run(ctx, c); err == nil || !strings.Contains(err.Error(), "Config.TrainingLog has other lines than the training_log.csv there") {
				t.Errorf("another log: %v", err)
			}
			if _, err := Plan(ctx, c); err == nil {
				t.Error("the plan takes another log")
			}
			c.Overwrite = true
		}
		for _, made := range []bool{true, false} {
			if r, err := Run(ctx, c); err != nil || r.Made != made || there() != text {
				t.Errorf("made %+v, %v, and the log is %q; want %q", r, err, there(), text)
			}
		}
	}
	c.TrainingLog = ""
	if r, err := Run(ctx, c); err != nil || r.Made || there() != "epoch,loss\n0,0.5\n" {
		t.Errorf("without a log: %+v, %v, and the log is %q", r, err, there())
	}
	// The losses of other weights do not stay beside these.
	c.Encoder, c.Decoder, c.Arch = fixtures+"dense_encoder.keras", "", ""
	if r, err := Run(ctx, c); err != nil || !r.Stale || there() != "" {
		t.Errorf("other weights: %+v, %v, and the log is %q", r, err, there())
	}
	if r, err := Run(ctx, c); err != nil || r.Made || r.Stale {
		t.Errorf("other weights again: %+v, %v", r, err)
	}
}

// TestInputRange: weights that do not say what pixels were are of the range that
// is stated.
func TestInputRange(t *testing.T) {
	c := Config{
		Encoder: fixtures + "conv_encoder.keras", Scale: model.ScaleSymmetric,
		Output: filepath.Join(t.TempDir(), "model"),
	}
	r, err := Run(context.Background(), c)
	if err != nil || r.Model.Arch.Input.Preprocessing() != "uint8/127.5-1" {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestRefusals: one line each, and nothing is written.
func TestRefusals(t *testing.T) {
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	trained := t.TempDir()
	if err := os.WriteFile(filepath.Join(trained, "model.json"), []byte(`{"format":"exemplar.model/1","provenance":{"tool":"train"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	arch := filepath.Join(t.TempDir(), "arch.json")
	if err := os.WriteFile(arch, []byte(`{"family":"conv","filtres":[1]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.Encoder = "" }, "Config.Encoder is missing"},
		{func(c *Config) { c.Output = "" }, "Config.Output is missing"},
		{func(c *Config) { c.Latent = -1 }, "Config.Latent=-1"},
		{func(c *Config) { c.Decoder = c.Encoder }, "is the encoder's file"},
		{func(c *Config) { c.Encoder = "absent.h5" }, "absent.h5"},
		{func(c *Config) { c.Arch = "resnet" }, `"resnet" is no architecture: must be one of ae1m`},
		{func(c *Config) { c.Arch = arch }, "filtres"},
		{func(c *Config) { c.Arch = "ae1m" }, "conv_encoder.keras: layer conv2d is conv 3 relu where conv 16 relu must be"},
		{func(c *Config) { c.Latent = 6 }, "conv_encoder.keras: layer z is dense 5 linear where dense 6 linear must be"},
		{func(c *Config) { c.Scale = model.ScaleSymmetric }, "conv_encoder.keras: the model maps to no architecture: output activation sigmoid never gives a number below 0"},
		{func(c *Config) { c.Output = foreign }, "thesis.txt"},
		{func(c *Config) { c.Output = trained }, "not imported"},
	} {
		config := fixture()
		config.Output = filepath.Join(t.TempDir(), "model")
		c.change(&config)
		err := config.Validate()
		if err == nil {
			_, err = Run(context.Background(), config)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, c.want)
		}
	}
}

// TestPlan: a plan changes nothing and refuses what the run refuses.
func TestPlan(t *testing.T) {
	c := fixture()
	c.Output = filepath.Join(t.TempDir(), "model")
	p, err := Plan(t.Context(), c)
	if err != nil || len(p.Writes) != 1 || !strings.HasPrefix(p.Writes[0], "3 files, ") {
		t.Errorf("plan %+v, %v", p, err)
	}
	if _, err := os.Stat(c.Output); !os.IsNotExist(err) {
		t.Errorf("the plan made the output: %v", err)
	}
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if p, err = Plan(t.Context(), c); err != nil || p.Nothing == "" {
		t.Errorf("the plan of what is done: %+v, %v", p, err)
	}
	if err := os.WriteFile(filepath.Join(c.Output, "thesis.txt"), []byte("important"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, planned := Plan(t.Context(), c)
	if _, err := Run(t.Context(), c); err == nil || planned == nil || err.Error() != planned.Error() {
		t.Errorf("the plan says %v, the run %v", planned, err)
	}
}
