package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes a file with the given content in a new folder and returns the
// folder.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyOf copies a folder, with change applied to the files whose names it takes.
func copyOf(t *testing.T, dir string, change func(name string, data []byte) []byte) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for name := range tree(t, to) {
		file := filepath.Join(to, filepath.FromSlash(name))
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, change(name, data), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// TestBadInput gives each program what users give by mistake. The answer is one
// line that says what is wrong, never a stack trace, and an exit code.
func TestBadInput(t *testing.T) {
	r := reference(t)
	// A file of latents among those of another model.
	model, other := filepath.Join(t.TempDir(), "model"), filepath.Join(t.TempDir(), "latents")
	must(t, nil, "train", "--arch=linear", "--seed=2", "--limit=100", "--input="+r.shards, "--output="+model)
	must(t, nil, "encode", "--input="+r.shards, "--model="+model, "--output="+other)
	mixed := copyOf(t, r.latents, func(name string, data []byte) []byte {
		if !strings.HasPrefix(name, "latents-00003") {
			return data
		}
		data, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	})
	truncated := copyOf(t, r.shards, func(name string, data []byte) []byte {
		if strings.HasPrefix(name, "images-00003") {
			return data[:len(data)-7]
		}
		return data
	})
	wrongWeights := copyOf(t, r.model, func(name string, data []byte) []byte {
		if name == "encoder.safetensors" {
			return data[:len(data)-64]
		}
		return data
	})
	foreign := write(t, "thesis.txt", []byte("important"))
	out := func() string { return "--output=" + filepath.Join(t.TempDir(), "out") }

	for _, c := range []struct {
		name string
		args []string // program and flags
		code int
		want string // part of the line
	}{
		{"no match", []string{"shard", "--input=" + t.TempDir() + "/*.tif", out()}, 1, "*.tif"},
		{"missing folder", []string{"shard", "--input=" + foreign + "/none", out()}, 1, "none"},
		{"no images", []string{"shard", "--input=" + foreign, out()}, 1, foreign},
		{"foreign output", []string{"shard", "--input=" + r.images, "--output=" + foreign}, 1, "thesis.txt"},
		{"foreign output of encode", []string{"encode", "--input=" + r.shards, "--model=" + r.model, "--output=" + foreign}, 1, "thesis.txt"},
		{"foreign output of select", []string{"select", "--input=" + r.latents, "--output=" + foreign}, 1, "thesis.txt"},
		{"no input", []string{"shard", out()}, 2, "--input"},
		{"unknown value", []string{"shard", "--input=" + r.images, "--fit=stretch", out()}, 2, "--fit=stretch"},
		{"unknown metric", []string{"select", "--input=" + r.latents, "--metrics=manhattan", out()}, 2, "--metrics=manhattan"},
		{"unknown layout", []string{"encode", "--input=" + r.shards, "--model=" + r.model, "--layout=tall", out()}, 2, "--layout=tall"},
		{"unknown flag", []string{"shard", "--inptu=x"}, 2, "--inptu"},
		{"unknown runner", []string{"shard", "--input=" + r.images, out(), "--runner=slurm"}, 2, "--runner=slurm"},
		{"truncated shard", []string{"encode", "--input=" + truncated, "--model=" + r.model, out()}, 1, "images-00003-of-00020.tfrecords"},
		{"truncated shard, verified", []string{"verify", "--input=" + truncated}, 1, "images-00003-of-00020.tfrecords"},
		{"wrong weights", []string{"encode", "--input=" + r.shards, "--model=" + wrongWeights, out()}, 1, "encoder.safetensors"},
		{"no model", []string{"encode", "--input=" + r.shards, "--model=" + foreign, out()}, 1, "model.json"},
		{"latents of another model", []string{"select", "--input=" + mixed, out()}, 1, "latents-00003-of-00020.parquet"},
		{"latents of another model, verified", []string{"verify", "--input=" + mixed}, 1, "latents-00003-of-00020.parquet"},
		{"more clusters than images", []string{"select", "--input=" + r.latents, "--clusters=401", "--sample_size=1000", out()}, 1, "401"},
		{"too many images", []string{"quickstart", "--images=2000000", out()}, 2, "--images=2000000"},
		{"a number of images that are given", []string{"quickstart", "--images=300", "--input=" + r.images, out()}, 2, "--images=300"},
		{"nothing to verify", []string{"verify", "--input=" + foreign}, 1, foreign},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := start(t, nil, c.args[0], c.args[1:]...)
			message := strings.TrimSuffix(got.stderr, "\n")
			if got.code != c.code {
				t.Errorf("exit code %d, want %d", got.code, c.code)
			}
			if !strings.Contains(message+got.stdout, c.want) {
				t.Errorf("the message does not name %q", c.want)
			}
			if strings.Contains(message, "goroutine ") || strings.Count(message, "\n") > 0 || message == "" && c.args[0] != "verify" {
				t.Errorf("the message is not one line")
			}
			if t.Failed() {
				t.Logf("%s\n%s%s", strings.Join(c.args, " "), got.stdout, got.stderr)
			}
		})
	}
	if diff := tree(t, foreign); len(diff) != 1 {
		t.Errorf("the user's folder now holds %v", diff)
	}
}
