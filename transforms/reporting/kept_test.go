package reporting

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kept is the archive of finished folders that the end-to-end tests keep; the file
// beside it tells how they were made.
var kept = filepath.Join("..", "..", "pipelines", "internal", "e2e", "testdata", "folders-0.1.0.tar.gz")

// unpack unpacks folders of the archive and returns where they lie.
func unpack(t *testing.T, folders ...string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Open(kept)
	check(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(t, err)
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		check(t, err)
		top, _, _ := strings.Cut(strings.TrimPrefix(h.Name, "./"), "/")
		if h.Typeflag != tar.TypeReg || !slices.Contains(folders, top) {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(h.Name))
		check(t, os.MkdirAll(filepath.Dir(name), 0o777))
		data, err := io.ReadAll(r)
		check(t, err)
		check(t, os.WriteFile(name, data, 0o666))
	}
}

// linear unpacks the selection of a linear model's latents, with all that it was made
// from, and names the folders.
func linear(t *testing.T, more ...string) Config {
	t.Helper()
	dir := unpack(t, append([]string{"shards", "model-linear", "latents-linear", "selection"}, more...)...)
	return Config{
		Selection: filepath.Join(dir, "selection"), Latents: filepath.Join(dir, "latents-linear"),
		Shards: filepath.Join(dir, "shards"), Model: filepath.Join(dir, "model-linear"), Embedding: EmbeddingNone, Seed: 1,
	}
}
