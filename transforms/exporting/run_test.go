package exporting

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
)

const fixtures = "../../model/keras/testdata/"

// modelDir writes a model directory and returns its name and the model.
func modelDir(t *testing.T, decodes bool) (string, *model.Model) {
	t.Helper()
	o := keras.Options{Encoder: fixture(t, "conv_encoder.keras")}
	if decodes {
		decoder := fixture(t, "conv_decoder.keras")
		o.Decoder = &decoder
	}
	m, err := keras.Import(o)
	if err != nil {
		t.Fatal(err)
	}
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, m
}

func fixture(t *testing.T, name string) keras.Source {
	t.Helper()
	data, err := os.ReadFile(fixtures + name)
	if err != nil {
		t.Fatal(err)
	}
	return keras.Source{Name: name, Data: data}
}

// TestRun exports in every format: the manifest says what is there, a second run
// does nothing, and a damaged file is written again.
func TestRun(t *testing.T) {
	dir, m := modelDir(t, true)
	for _, f := range formats {
		c := Config{Model: dir, Format: f.name, Output: filepath.Join(t.TempDir(), "out")}
		first, err := Run(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		if !first.Made || first.Manifest.ModelSHA256 != m.SHA256() || first.Manifest.Kind != f.name || first.Manifest.Dimension != 5 {
			t.Errorf("%s: made %v, manifest %+v", f.name, first.Made, first.Manifest)
		}
		written, _, err := outdir.ReadJSON[schemas.ExportManifest](context.Background(), filepath.Join(c.Output, "export.json"))
		if err != nil || !slices.Equal(written.Files, first.Manifest.Files) || len(written.Files) < 2 {
			t.Errorf("%s: export.json has %+v, %v", f.name, written, err)
		}
		for _, file := range written.Files {
			data, err := os.ReadFile(filepath.Join(c.Output, file.File))
			if err != nil || int64(len(data)) != file.Bytes || outdir.SHA256(data) != file.SHA256 {
				t.Errorf("%s: %s is not what export.json says: %v", f.name, file.File, err)
			}
		}
		if again, err := Run(context.Background(), c); err != nil || again.Made {
			t.Errorf("%s: second run: made, %v", f.name, err)
		}
		damaged := filepath.Join(c.Output, written.Files[0].File)
		if err := os.WriteFile(damaged, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		if again, err := Run(context.Background(), c); err != nil || !again.Made {
			t.Errorf("%s: after damage: %+v, %v", f.name, again, err)
		}
		if data, err := os.ReadFile(damaged); err != nil || outdir.SHA256(data) != written.Files[0].SHA256 {
			t.Errorf("%s: %s is still damaged: %v", f.name, damaged, err)
		}
	}
}

// TestOtherModel exports a model without a decoder over one with: nothing of the
// old one stays.
func TestOtherModel(t *testing.T) {
	whole, _ := modelDir(t, true)
	encoder, _ := modelDir(t, false)
	c := Config{Model: whole, Format: "onnx", Output: filepath.Join(t.TempDir(), "out")}
	if _, err := Run(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	c.Model = encoder
	if _, err := Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "Config.Overwrite") {
		t.Errorf("another model: %v", err)
	}
	c.Overwrite = true
	r, err := Run(context.Background(), c)
	if err != nil || !r.Made {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := os.Stat(filepath.Join(c.Output, "decoder.onnx")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old decoder is still there: %v", err)
	}
}

// TestRefusals: one line each, and nothing is written.
func TestRefusals(t *testing.T) {
	dir, _ := modelDir(t, true)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "npz")
	if _, err := Run(context.Background(), Config{Model: dir, Format: "npz", Output: other}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(c *Config)
		want   string
	}{
		{func(c *Config) { c.Model = "" }, "Config.Model is missing"},
		{func(c *Config) { c.Format = "" }, "Config.Format is missing: give one of onnx, keras, npz"},
		{func(c *Config) { c.Format = "tflite" }, "Config.Format=tflite: must be one of onnx, keras, npz"},
		{func(c *Config) { c.Output = "" }, "Config.Output is missing"},
		{func(c *Config) { c.Model = foreign }, "it is not a model directory"},
		{func(c *Config) { c.Output = foreign }, "thesis.txt"},
		{func(c *Config) { c.Output = c.Model }, "was not written by this step"},
		{func(c *Config) { c.Output = other }, "Config.Format is onnx here and was npz there"},
	} {
		config := Config{Model: dir, Format: "onnx", Output: filepath.Join(t.TempDir(), "out")}
		c.change(&config)
		err := config.Validate()
		if err == nil {
			_, err = Run(context.Background(), config)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, c.want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("the model directory has %d files, %v", len(entries), err)
	}
}

// TestPlan: a plan names the bytes that the run then writes, changes nothing, and
// refuses what the run refuses.
func TestPlan(t *testing.T) {
	dir, _ := modelDir(t, true)
	c := Config{Model: dir, Format: "onnx", Output: filepath.Join(t.TempDir(), "out")}
	p, err := Plan(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Output); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plan made the output: %v", err)
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range r.Manifest.Files {
		if want := f.File + ", " + progress.Bytes(f.Bytes); p.Writes[i] != want {
			t.Errorf("the plan says %q, written is %q", p.Writes[i], want)
		}
	}
	if p, err = Plan(t.Context(), c); err != nil || p.Nothing == "" {
		t.Errorf("the plan of what is done: %+v, %v", p, err)
	}
	c.Format = "npz"
	_, planned := Plan(t.Context(), c)
	if _, err := Run(t.Context(), c); err == nil || planned == nil || err.Error() != planned.Error() {
		t.Errorf("the plan says %v, the run %v", planned, err)
	}
}
