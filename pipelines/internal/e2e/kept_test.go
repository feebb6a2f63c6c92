package e2e

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// kept is the archive of folders of an earlier version; the file beside it tells how
// they were made.
var kept = filepath.Join("testdata", "folders-0.1.0")

// beside names what verify needs to know of a folder's neighbors.
var beside = map[string][]string{
	"shards": nil, "shards-gzip": nil, "shards-checksum": nil, "shards-idx": nil,
	"model-linear":           {"--latents=latents-linear", "--shards=shards"},
	"model-conv":             {"--latents=latents-conv", "--shards=shards"},
	"model-imported":         {"--shards=shards"},
	"latents-linear":         {"--shards=shards", "--model=model-linear"},
	"latents-conv":           {"--shards=shards", "--model=model-conv"},
	"latents-wide":           {"--shards=shards", "--model=model-conv"},
	"selection":              {"--latents=latents-linear", "--shards=shards", "--model=model-linear"},
	"selection-extended":     {"--latents=latents-linear", "--shards=shards", "--model=model-linear"},
	"selection-hierarchical": {"--latents=latents-conv", "--shards=shards", "--model=model-conv"},
	"selection-whitened":     {"--latents=latents-wide", "--shards=shards", "--model=model-conv"},
	"selection-npy":          nil,
	"selection-parquet":      nil,
}

// TestKeptFolders: what an earlier version wrote verifies, is finished for the same
// commands, and grows.
func TestKeptFolders(t *testing.T) {
	dir := t.TempDir()
	commands := unpack(t, dir)
	t.Chdir(dir)
	before := hashes(t, dir)
	for folder, args := range beside {
		must(t, nil, "verify", append([]string{"--input=" + folder}, args...)...)
	}
	again := func(skip ...string) {
		for _, c := range commands {
			output := outputOf(c)
			if c[0] == "export" || c[0] == "import" || slices.Contains(skip, output) {
				continue // these two write in any case
			}
			if out := must(t, nil, c[0], c[1:]...); !strings.Contains(out, "othing to do") {
				t.Errorf("%q does not say that nothing was to do:\n%s", c, out)
			}
		}
	}
	again("shards-idx") // whose lists hold the folder that it was made in
	if d := cmp.Diff(before, hashes(t, dir)); d != "" {
		t.Errorf("finished folders changed (-before +after):\n%s", d)
	}

	// The collection grows by three images: two shards of four are made, and two
	// files of latents.
	for name, data := range sources(t, "added") {
		put(t, filepath.Join("images", filepath.FromSlash(name)), data)
	}
	made := map[string]string{"shards": "2 of 4 made", "latents-linear": "2 of 4 made", "latents-conv": "2 of 4 made"}
	for _, c := range commands {
		if want, ok := made[outputOf(c)]; ok {
			if out := must(t, nil, c[0], c[1:]...); !strings.Contains(out, want) {
				t.Errorf("%q does not say %q:\n%s", c, want, out)
			}
			args := []string{"--input=" + outputOf(c), "--shards=shards"}
			if model, ok := strings.CutPrefix(outputOf(c), "latents"); ok {
				args = append(args, "--model=model"+model)
			}
			must(t, nil, "verify", args...)
		}
	}
	for _, c := range commands {
		if outputOf(c) == "selection-extended" { // of the grown collection, on the picks of the earlier version
			grown := slices.DeleteFunc(slices.Clone(c[1:]), func(arg string) bool { return strings.HasPrefix(arg, "--output=") })
			grown = append(grown, "--output=selection-grown")
			must(t, nil, c[0], grown...)
			must(t, nil, "verify", append([]string{"--input=selection-grown"}, beside["selection"]...)...)
		}
	}
	// The IDX shards are made again here, to the same bytes.
	for _, c := range commands {
		if outputOf(c) == "shards-idx" {
			must(t, nil, c[0], c[1:]...)
			must(t, nil, "verify", "--input=shards-idx")
		}
	}
	for name, sum := range hashes(t, dir) {
		if strings.HasPrefix(name, "shards-idx/images") && sum != before[name] {
			t.Errorf("%s was made again with other bytes", name)
		}
	}
}

// outputOf returns the output folder of a command.
func outputOf(command []string) string {
	for _, a := range command {
		if dir, ok := strings.CutPrefix(a, "--output="); ok {
			return dir
		}
	}
	return ""
}

// hashes returns the files of a folder, without the records of runs.
func hashes(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	for name, data := range tree(t, dir) {
		all[name] = data
	}
	maps.DeleteFunc(all, func(name, _ string) bool {
		return strings.HasSuffix(name, "run.json") || strings.HasSuffix(name, "lock")
	})
	return all
}

// sources returns the files of a folder of images in the current folder.
func sources(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for name := range tree(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

// unpack unpacks the kept folders, with their times, and returns the commands that
// made them.
func unpack(t *testing.T, dir string) (commands [][]string) {
	t.Helper()
	text, err := os.ReadFile(kept + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, " --") {
			commands = append(commands, strings.Fields(line))
		}
	}
	f, err := os.Open(kept + ".tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return commands
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		name := filepath.Join(dir, filepath.FromSlash(h.Name))
		err = errors.Join(err, os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, data, 0o666), os.Chtimes(name, h.ModTime, h.ModTime))
		if err != nil {
			t.Fatal(err)
		}
	}
}
