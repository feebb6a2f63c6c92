package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestIncremental changes a collection that was sharded and encoded: images are
// added, removed and replaced. Only the shards that they belong to are made again,
// and every byte is that of a workflow from scratch.
func TestIncremental(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	grown := workflow{images: filepath.Join(dir, "images"), shards: copyTree(t, r.shards), model: r.model, latents: copyTree(t, r.latents),
		selection: filepath.Join(dir, "selection")}
	linkTree(t, grown.images, r.images)
	added, broken, replaced, removed := []string{cropName(400), cropName(401), cropName(402)}, cropName(0), cropName(7), cropName(14)
	file := func(name string) string { return filepath.Join(grown.images, filepath.FromSlash(name)) }
	for i, name := range added {
		put(t, file(name), crop(400+i))
	}
	put(t, file(broken), nil) // is rejected from now on
	put(t, file(replaced), crop(500))
	if err := os.Remove(file(removed)); err != nil {
		t.Fatal(err)
	}
	touched := map[int]bool{}
	for _, name := range append(added, broken, replaced, removed) {
		touched[schemas.ShardOf(name, 20)] = true
	}

	scratch := grown.moved("shard", filepath.Join(dir, "a")).moved("encode", filepath.Join(dir, "b")).moved("select", filepath.Join(dir, "c"))
	for _, step := range steps {
		output := grown.output(step)
		before := map[string]fs.FileInfo{}
		if step != "select" {
			before = stats(t, output)
		}
		out := must(t, nil, step, grown.step(step, output)...)
		if want := fmt.Sprintf("%d of 20 made", len(touched)); step != "select" && !strings.Contains(out, want) {
			t.Errorf("%s does not say %q:\n%s", step, want, out)
		}
		for name, was := range before {
			_, i, _, ext, ok := schemas.ParseName(name)
			if ok && (ext == "parquet" || ext == "tfrecords") && untouched(was, stats(t, output)[name]) == touched[i] {
				t.Errorf("%s: of a shard that changed: %v, written again: %v", name, touched[i], !touched[i])
			}
		}
		must(t, nil, step, scratch.step(step, scratch.output(step))...)
		sameTree(t, output, scratch.output(step))
	}
}

// put makes a file anew, whatever links to the old one there are.
func put(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// copyTree copies a folder.
func copyTree(t *testing.T, dir string) string {
	return copyOf(t, dir, func(_ string, data []byte) []byte { return data })
}

// linkTree makes a folder with the files of another, with their times.
func linkTree(t *testing.T, to, from string) {
	t.Helper()
	for name := range tree(t, from) {
		file := filepath.Join(to, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o777)
		if err == nil {
			err = os.Link(filepath.Join(from, filepath.FromSlash(name)), file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// untouched reports whether a file was not written again: a new one may have the inode
// of one that was removed before, but not its time.
func untouched(was, is fs.FileInfo) bool {
	return os.SameFile(was, is) && was.ModTime().Equal(is.ModTime())
}

// stats returns what the system knows of the files of a folder.
func stats(t *testing.T, dir string) map[string]fs.FileInfo {
	t.Helper()
	infos := map[string]fs.FileInfo{}
	for name := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		infos[name] = info
	}
	return infos
}
