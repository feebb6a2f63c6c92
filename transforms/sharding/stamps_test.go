package sharding

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// published leaves out what is not the same everywhere: the state, the record of the
// run and the places in collection.json.
func published(t *testing.T, dir string) map[string]string {
	return placeless(tree(t, dir))
}

func placeless(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(name, _ string) bool {
		name = strings.TrimPrefix(filepath.ToSlash(name), "/")
		return strings.HasPrefix(name, schemas.StateDir+"/") || name == schemas.CollectionFile || name == "run.json"
	})
	return all
}

// TestTheSameImagesGiveTheSameManifest: copies of a collection, of other times and in
// folders of other names, give the same published files.
func TestTheSameImagesGiveTheSameManifest(t *testing.T) {
	for _, kind := range []string{"files", "IDX"} {
		var want map[string]string
		for i, name := range []string{"a", filepath.Join("b", "c")} {
			in := filepath.Join(t.TempDir(), name)
			if kind == "files" {
				writePNGs(t, in, 12)
			} else {
				writeIDX(t, filepath.Join(in, "t-images-idx3-ubyte"))
			}
			touch(t, in, time.Unix(1700000000+int64(i), 5))
			c := config(in, filepath.Join(t.TempDir(), "shards"))
			c.Shards = 3
			mustRun(t, c)
			got := published(t, c.Output)
			if want == nil {
				want = got
			} else if d := cmp.Diff(want, got); d != "" || len(got) < 5 {
				t.Errorf("%s: %d files, (-first +second):\n%s", kind, len(got), d)
			}
		}
	}
}

// TestTheSameWords: the same command in another folder says the same, of rejected
// images, too.
func TestTheSameWords(t *testing.T) {
	var want map[string]string
	for range 2 {
		dir := t.TempDir()
		in := filepath.Join(dir, "in")
		writePNGs(t, in, 6)
		writeIDX(t, filepath.Join(in, "t-images-idx3-ubyte"))
		writeIDX(t, filepath.Join(in, "t-images.idx3-ubyte")) // of the same names
		if err := os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(in, "broken.png")); err != nil {
			t.Fatal(err)
		}
		t.Chdir(dir)
		c := config("in", "shards")
		c.Size.Height, c.Size.Width = 2, 2
		if m := mustRun(t, c).Manifest; m.Rejected != 12 {
			t.Errorf("%d images were rejected, want 6 of another size, 5 of a name twice and 1 link: %v", m.Rejected, m.RejectedByReason)
		}
		got := tree(t, c.Output)
		maps.DeleteFunc(got, func(name, _ string) bool {
			return strings.Contains(filepath.ToSlash(name), schemas.StateDir+"/images-")
		})
		if want == nil {
			want = got
		} else if d := cmp.Diff(want, got); d != "" || len(got) < 4 {
			t.Errorf("%d files, (-first +second):\n%s", len(got), d)
		}
	}
}

// TestTouched: an image with another time is another one, unless its bytes are
// compared.
func TestTouched(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 20)
	plain := config(in, filepath.Join(t.TempDir(), "plain"))
	sums := config(in, filepath.Join(t.TempDir(), "sums"))
	sums.Listing.Checksum = true
	for _, c := range []*Config{&plain, &sums} {
		c.Shards = 4
		mustRun(t, *c)
	}
	before, beforeSums := published(t, plain.Output), tree(t, sums.Output)
	one := filepath.Join(in, "run0", "cell 003#%é.png")
	touch(t, one, time.Unix(1700000000, 0))
	if r := mustRun(t, plain); r.Made != 1 {
		t.Errorf("an image was touched: %d shards made, want 1", r.Made)
	}
	touch(t, in, time.Unix(1700000001, 0))
	if r := mustRun(t, plain); r.Made != 4 {
		t.Errorf("all images were touched: %d shards made, want 4", r.Made)
	}
	if d := cmp.Diff(before, published(t, plain.Output)); d != "" {
		t.Errorf("the manifest tells that images were touched (-before +after):\n%s", d)
	}
	if r := mustRun(t, sums); r.Made != 0 {
		t.Errorf("with Config.Listing.Checksum all images were touched: %d shards made, want none", r.Made)
	}
	if d := cmp.Diff(beforeSums, tree(t, sums.Output)); d != "" {
		t.Errorf("with Config.Listing.Checksum a file changed (-before +after):\n%s", d)
	}
	if err := os.RemoveAll(filepath.Join(sums.Output, schemas.StateDir)); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, sums); r.Made != 0 {
		t.Errorf("with Config.Listing.Checksum, without the state folder: %d shards made, want none", r.Made)
	}
}

// TestEarlierFolders: what version 0.1.0 wrote is finished, and where the collection
// grows, its shards stay.
func TestEarlierFolders(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 20)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards = 4
	mustRun(t, c)
	fresh := tree(t, c.Output)
	age(t, c)
	aged := tree(t, c.Output)
	if cmp.Equal(fresh["/"+schemas.ShardsFile], aged["/"+schemas.ShardsFile]) {
		t.Fatal("the manifest was not changed to that of the earlier version")
	}
	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("%d shards of a finished folder were made", r.Made)
	}
	if d := cmp.Diff(aged, tree(t, c.Output)); d != "" {
		t.Errorf("a finished folder changed (-before +after):\n%s", d)
	}
	one := filepath.Join(in, "run0", "cell 003#%é.png")
	touch(t, one, time.Unix(1700000000, 0))
	if r := mustRun(t, c); r.Made != 1 {
		t.Errorf("an image was touched: %d shards made, want 1", r.Made)
	}
	if d := cmp.Diff(placeless(fresh), published(t, c.Output)); d != "" {
		t.Errorf("the folder differs from a fresh one (-fresh +grown):\n%s", d)
	}
	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("%d shards were made again", r.Made)
	}
}

// age rewrites a finished folder to what version 0.1.0 would have written.
func age(t *testing.T, c Config) {
	t.Helper()
	p, _, err := makePlan(t.Context(), c, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.earlier()
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.lists {
		change(t, p.folder.Part(i), func(part *schemas.ShardPart) { part.Fingerprint, part.Stamps = e.fingerprints[i], "" })
	}
	change(t, filepath.Join(c.Output, schemas.ShardsFile), func(m *schemas.ShardsManifest) {
		m.Fingerprint, m.CollectionContentSHA256 = e.fingerprint, ""
		if m.CollectionSHA256, err = store.FileSHA256(t.Context(), filepath.Join(c.Output, schemas.CollectionFile)); err != nil {
			t.Fatal(err)
		}
	})
}

// touch sets the times of a file, or of all files in a folder.
func touch(t *testing.T, name string, at time.Time) {
	t.Helper()
	err := filepath.WalkDir(name, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = os.Chtimes(path, at, at)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writeIDX writes five images of 2x2.
func writeIDX(t *testing.T, file string) {
	t.Helper()
	data := []byte{0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 2}
	for i := range 20 {
		data = append(data, byte(i))
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
