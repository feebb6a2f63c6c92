package listing

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// makeFiles writes files whose content is their name.
func makeFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := store.WriteFile(t.Context(), store.Join(dir, name), []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
}

func mustList(t *testing.T, c Config) *Result {
	t.Helper()
	r, err := List(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func names(r *Result) (names []string) {
	for _, e := range r.Entries {
		names = append(names, e.Name)
	}
	return names
}

func TestInputs(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "p1/a.tif", "p1/b#1 %20.PNG", "p1/notes.csv", "p1/deep/er/c.jpeg", "p1/.hidden.tif",
		"p1/.cache/d.tif", "p1/_state/e.tif", "p2/a.tif", "p2/µ.tiff", "p1/tif", "p2/[x].tif")
	in := func(rel ...string) (full []string) {
		for _, r := range rel {
			full = append(full, filepath.Join(dir, r))
		}
		return full
	}
	p1 := []string{"a.tif", "b#1 %20.PNG", "deep/er/c.jpeg"}
	for _, c := range []struct {
		what    string
		config  Config
		root    string
		want    []string
		ignored int64
	}{
		{"folder", Config{Inputs: in("p1")}, "p1", p1, 5},
		{"glob", Config{Inputs: in("p*/*.tif")}, "", []string{"p1/a.tif", "p2/[x].tif", "p2/a.tif"}, 1},
		{"deep glob", Config{Inputs: in("p1/**/*.jp*g")}, "p1", []string{"deep/er/c.jpeg"}, 0},
		{"file", Config{Inputs: in("p1/a.tif")}, "p1", []string{"a.tif"}, 0},
		{"file that looks like a glob", Config{Inputs: in("p2/[x].tif")}, "p2", []string{"[x].tif"}, 0},
		{"two folders", Config{Inputs: in("p2", "p1")}, "",
			[]string{"p1/a.tif", "p1/b#1 %20.PNG", "p1/deep/er/c.jpeg", "p2/[x].tif", "p2/a.tif", "p2/µ.tiff"}, 5},
		{"overlap", Config{Inputs: in("p1", "p1/*.tif", "p1/deep")}, "p1", p1, 6},
		{"root", Config{Inputs: in("p2/a.tif"), Root: dir + "/"}, "", []string{"p2/a.tif"}, 0},
		{"exclude", Config{Inputs: in(""), Exclude: in("p1/deep", "p2")}, "", []string{"p1/a.tif", "p1/b#1 %20.PNG"}, 5}, // what lies in them is not counted
	} {
		r := mustList(t, c.config)
		if d := cmp.Diff(c.want, names(r)); d != "" {
			t.Errorf("%s: names (-want +got):\n%s", c.what, d)
		}
		if want := filepath.Join(dir, c.root); r.Root != want || r.Ignored != c.ignored || len(r.Rejected) != 0 {
			t.Errorf("%s: root %s, ignored %d, rejected %v; want %s, %d, none", c.what, r.Root, r.Ignored, r.Rejected, want, c.ignored)
		}
		var bytes int64
		for _, e := range r.Entries {
			data, err := store.ReadFile(t.Context(), Source(r.Root, e))
			if err != nil || e.Size != int64(len(data)) || e.ModTime.IsZero() || e.Source != "" {
				t.Errorf("%s: entry %+v, %v", c.what, e, err)
			}
			bytes += e.Size
		}
		if r.Bytes != bytes {
			t.Errorf("%s: Bytes = %d, want %d", c.what, r.Bytes, bytes)
		}
	}
}

func TestInputsInOneLineOfError(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "sub/a.csv", "sub/b.csv", "sub/README", "imgs/1/a.tif", "empty.list", "plain.txt")
	if err := os.WriteFile(filepath.Join(dir, "blank.list"), []byte("\n\r\n\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "void"), 0o777); err != nil {
		t.Fatal(err)
	}
	in := func(rel string) Config { return Config{Inputs: []string{dir + "/" + rel}} }
	for _, c := range []struct {
		what   string
		config Config
		says   []string
	}{
		{"nothing given", Config{}, []string{"Config.Inputs is missing"}},
		{"both given", Config{Inputs: []string{"a"}, InputList: "b"}, []string{"use one of them"}},
		{"missing", in("nope"), []string{"Config.Inputs", "nope", "no such file"}},
		{"other files only", in("sub"), []string{"2 .csv, 1 without extension", ".tif"}},
		{"empty folder", in("void"), []string{"void", "there are no files"}},
		{"glob of nothing", in("sub/*.tif"), []string{"nothing matches", "sub/*.tif", "quote it"}},
		{"glob of a missing folder", in("nope/*.tif"), []string{"nothing matches"}},
		{"glob of folders", in("imgs/*"), []string{"folders do", "imgs/*/**"}},
		{"malformed glob", in("sub/[a"), []string{"sub/[a"}},
		{"no image by name", in("plain.txt"), []string{"Config.InputList", "plain.txt"}},
		{"blank list", Config{InputList: filepath.Join(dir, "blank.list")}, []string{"holds no paths"}},
		{"missing list", Config{InputList: filepath.Join(dir, "no.list")}, []string{"Config.InputList", "no.list"}},
		{"other root", Config{Inputs: []string{dir + "/imgs"}, Root: dir + "/sub"}, []string{"does not lie in Config.Root"}},
		{"bad pattern", Config{Inputs: []string{dir}, LabelPattern: "("}, []string{"Config.LabelPattern"}},
		{"pattern without group", Config{Inputs: []string{dir}, LabelPattern: "a"}, []string{"parentheses"}},
		{"labels without IDX", Config{Inputs: []string{dir + "/imgs"}, Labels: "l"}, []string{"Config.Labels=l", "Config.LabelPattern"}},
		{"two stores", Config{InputList: writeList(t, dir, "gs://b/x.tif", dir+"/imgs/1/a.tif")}, []string{"no folder in common"}},
	} {
		if c.what == "two stores" {
			startGS(t)
		}
		_, err := List(t.Context(), c.config)
		if err == nil {
			t.Errorf("%s: no error", c.what)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %q should be one line with %q", c.what, err, says)
			}
		}
	}
}

func writeList(t *testing.T, dir string, lines ...string) string {
	t.Helper()
	name := filepath.Join(dir, "some.list")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\r\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestInputList(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "x/b.tif", "x/#a.tif", "x/y/c.dat")
	list := writeList(t, dir, "x/b.tif", "", "x/#a.tif", "x/missing.tif", "x/b.tif", "x/y", dir+"/x/y/c.dat")
	r := mustList(t, Config{InputList: list, Root: dir})
	if d := cmp.Diff([]string{"x/#a.tif", "x/b.tif", "x/y/c.dat"}, names(r)); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
	checkRejected(t, r, "x/missing.tif unreadable", "x/y unreadable")
	if d := cmp.Diff([]string{list}, r.Inputs); d != "" {
		t.Error(d)
	}

	t.Chdir(dir)
	r = mustList(t, Config{InputList: writeList(t, dir, "x/b.tif", "./x/y/../y/c.dat")})
	if d := cmp.Diff([]string{"b.tif", "y/c.dat"}, names(r)); d != "" || filepath.Base(r.Root) != "x" {
		t.Errorf("root %s, names (-want +got):\n%s", r.Root, d)
	}
	if _, err := List(t.Context(), Config{InputList: writeList(t, dir, "x/none.tif")}); err == nil || !strings.Contains(err.Error(), "the one image in ") {
		t.Errorf("a list of missing files: %v", err)
	}
}

// checkRejected compares rejected rows with "name reason" strings.
func checkRejected(t *testing.T, r *Result, want ...string) {
	t.Helper()
	var got []string
	for _, row := range r.Rejected {
		got = append(got, row.Name+" "+row.Reason)
		if row.Stage != schemas.StageList || row.Detail == "" || strings.Contains(row.Detail, "\n") {
			t.Errorf("row %+v", row)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rejected (-want +got):\n%s", d)
	}
}

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "in/a.tif", "other/b.tif")
	for link, to := range map[string]string{
		"in/loop": "..", "in/other": "../other", "in/link.tif": "../other/b.tif", "in/broken.tif": "nowhere", "in/broken.csv": "nowhere",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"in/again": "other", "in/.h": "../other", "other/back": "../in", "in/gone": "nowhere"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	r := mustList(t, Config{Inputs: []string{filepath.Join(dir, "in")}})
	if d := cmp.Diff([]string{"a.tif", "again/b.tif", "link.tif"}, names(r)); d != "" { // the first link by name
		t.Errorf("names (-want +got):\n%s", d)
	}
	checkRejected(t, r, "broken.tif unreadable")
	if d := cmp.Diff([]string{"again"}, r.Account.Followed); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"again/back", "loop", "other"}, slices.Sorted(slices.Values(r.Account.Known))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"broken.csv", "gone"}, r.Account.Broken); d != "" {
		t.Error(d)
	}
	r = mustList(t, Config{Inputs: []string{filepath.Join(dir, "in/o*/*.tif")}}) // reaches it under one name
	if d := cmp.Diff([]string{"other/b.tif"}, names(r)); d != "" {
		t.Error(d)
	}
}

func TestNamesThatAreNotUTF8AreRejected(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a.tif", "caf\xe9.tif")
	r := mustList(t, Config{Inputs: []string{dir}})
	if d := cmp.Diff([]string{"a.tif"}, names(r)); d != "" {
		t.Error(d)
	}
	checkRejected(t, r, `"caf\xe9.tif" unsupported`)
}

// idx returns an IDX file: dims, then as many bytes as they say.
func idx(t *testing.T, packed bool, dims ...uint32) []byte {
	t.Helper()
	b := []byte{0, 0, 8, byte(len(dims))}
	n := uint32(1)
	for _, d := range dims {
		b, n = binary.BigEndian.AppendUint32(b, d), n*d
	}
	for i := range n {
		b = append(b, byte(i%7))
	}
	if !packed {
		return b
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestIDX(t *testing.T) {
	dir := t.TempDir()
	file, labels := filepath.Join(dir, "m", "t10k-images-idx3-ubyte.gz"), filepath.Join(dir, "m", "t10k-labels-idx1-ubyte")
	write := func(name string, data []byte) {
		t.Helper()
		if err := store.WriteFile(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
	}
	data := idx(t, true, 12, 3, 2)
	write(file, data)
	write(labels, idx(t, false, 12))
	r := mustList(t, Config{Inputs: []string{file}, Labels: labels, Checksum: true})
	if len(r.Entries) != 12 || r.Bytes != int64(len(data)) || r.LabelsSHA256 == "" {
		t.Fatalf("%d entries, %d bytes, labels %q", len(r.Entries), r.Bytes, r.LabelsSHA256)
	}
	for i, e := range r.Entries {
		want := schemas.ListEntry{Name: fmt.Sprintf("t10k-images/%05d", i), Source: filepath.Base(file), Index: i, Size: int64(len(data)),
			ModTime: e.ModTime, Checksum: r.Entries[0].Checksum, Label: fmt.Sprint(i % 7)}
		if d := cmp.Diff(want, e); d != "" || len(e.Checksum) != 64 {
			t.Errorf("entry %d (-want +got):\n%s", i, d)
		}
	}

	write(labels, idx(t, false, 11))
	if _, err := List(t.Context(), Config{Inputs: []string{file}, Labels: labels}); err == nil || !strings.Contains(err.Error(), "11 labels") {
		t.Errorf("label count: %v", err)
	}

	// In a folder the name keeps the folder; a second file of the same stem clashes.
	write(filepath.Join(dir, "m", "t10k-images-idx3-ubyte"), idx(t, false, 2, 3, 2))
	write(filepath.Join(dir, "bad-images-idx3-ubyte"), []byte("no IDX"))
	makeFiles(t, dir, "z.tif")
	r = mustList(t, Config{Inputs: []string{dir}})
	if len(r.Entries) != 13 || r.Entries[0].Name != "m/t10k-images/00000" || r.Entries[12].Name != "z.tif" {
		t.Errorf("names %v", names(r))
	}
	if notes := strings.Join(r.Notes(), "\n"); !strings.Contains(notes, "1 file of IDX labels is not used: Config.Labels=FILE takes") {
		t.Errorf("labels that nobody named: %q", notes)
	}
	if !strings.HasSuffix(r.Entries[0].Source, "ubyte") || !strings.HasSuffix(r.Entries[5].Source, ".gz") {
		t.Errorf("sources %s and %s", r.Entries[0].Source, r.Entries[5].Source)
	}
	checkRejected(t, r, "bad-images-idx3-ubyte corrupt", "m/t10k-images/00000 duplicate", "m/t10k-images/00001 duplicate")
	if _, err := List(t.Context(), Config{Inputs: []string{dir}, Labels: labels}); err == nil || !strings.Contains(err.Error(), "3 IDX files") {
		t.Errorf("labels for several files: %v", err)
	}
}

func TestLabelPattern(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "G1/x_1.tif", "S/x_2.tif", "other.tif")
	for pattern, want := range map[string][]string{
		`^([^/]+)/`:                  {"G1", "S", ""},
		`^(\w+)/x_(?P<label>\d)\.`:   {"1", "2", ""},
		`(nothing)|x_`:               {"", "", ""},
		`(?P<phase>[A-Z][^/]*)/.*_1`: {"G1", "", ""},
	} {
		var got []string
		for _, e := range mustList(t, Config{Inputs: []string{dir}, LabelPattern: pattern}).Entries {
			got = append(got, e.Label)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, d)
		}
	}
}

func startGS(t *testing.T) {
	t.Helper()
	srv, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	srv.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "b"})
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL())
}

func TestObjectStore(t *testing.T) {
	startGS(t)
	makeFiles(t, "gs://b", "in/a 1.tif", "in/b#%20µ.png", "in/notes.csv", "in/deep/c?.jpg", "other/d.tif")
	want := []string{"a 1.tif", "b#%20µ.png", "deep/c?.jpg"}
	for _, input := range []string{"gs://b/in", "gs://b/in/", "gs://b/in/**"} {
		r := mustList(t, Config{Inputs: []string{input}})
		if d := cmp.Diff(want, names(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s", input, d)
		}
		for _, e := range r.Entries {
			if data, err := store.ReadFile(t.Context(), Source(r.Root, e)); err != nil || int64(len(data)) != e.Size {
				t.Errorf("%s: %v", e.Name, err)
			}
			if e.Generation == 0 || !e.ModTime.IsZero() || e.Source != "" {
				t.Errorf("%+v: want a generation and no time", e)
			}
		}
	}
	if err := store.WriteFile(t.Context(), "gs://b/my.list", []byte("in/a 1.tif\nin/deep/c?.jpg\ngs://b/in/none.tif\n")); err != nil {
		t.Fatal(err)
	}
	r := mustList(t, Config{InputList: "gs://b/my.list"})
	if d := cmp.Diff([]string{"a 1.tif", "deep/c?.jpg"}, names(r)); d != "" || r.Root != "gs://b/in" {
		t.Errorf("root %s (-want +got):\n%s", r.Root, d)
	}
	checkRejected(t, r, "none.tif unreadable")
	for input, says := range map[string]string{
		"gs://b/none":      "check the spelling",
		"gs://nobucket/x":  "no bucket nobucket",
		"gs://b/in/*.tiff": "nothing matches",
	} {
		if _, err := List(t.Context(), Config{Inputs: []string{input}}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", input, err, says)
		}
	}
}

func TestRealCollections(t *testing.T) {
	data := os.Getenv("EXEMPLAR_DATA")
	if data == "" {
		t.Skip("EXEMPLAR_DATA not set: it names the folder with the real data sets")
	}
	r := mustList(t, Config{Inputs: []string{filepath.Join(data, "nuclei")}})
	if len(r.Entries) != 1503 || r.Ignored != 1 || !strings.HasPrefix(r.Entries[0].Name, "images/") {
		t.Errorf("nuclei: %d entries, %d ignored, first %s", len(r.Entries), r.Ignored, r.Entries[0].Name)
	}
	mnist := filepath.Join(data, "mnist")
	r = mustList(t, Config{Inputs: []string{filepath.Join(mnist, "t10k-images-idx3-ubyte.gz")}, Labels: filepath.Join(mnist, "t10k-labels-idx1-ubyte.gz")})
	if len(r.Entries) != 10000 || r.Entries[42].Name != "t10k-images/00042" || r.Entries[0].Label != "7" {
		t.Errorf("mnist: %d entries, %+v", len(r.Entries), r.Entries[42])
	}
	r = mustList(t, Config{Inputs: []string{filepath.Join(data, "jurkat", "dna_u8")}, LabelPattern: `^([^/]+)/`})
	phases := map[string]int{}
	for _, e := range r.Entries {
		phases[e.Label]++
	}
	if len(r.Entries) != 3416 || len(phases) < 5 || phases[""] != 0 {
		t.Errorf("jurkat: %d entries, phases %v", len(r.Entries), phases)
	}
}

func TestSameResultWhateverTheOrderOfInputs(t *testing.T) {
	dir := t.TempDir()
	var inputs []string
	for _, d := range []string{"a", "a-b", "c/d", "c"} {
		makeFiles(t, filepath.Join(dir, d), "1.tif", "2.tif")
		inputs = append(inputs, filepath.Join(dir, d))
	}
	want := mustList(t, Config{Inputs: inputs})
	slices.Reverse(inputs)
	got := mustList(t, Config{Inputs: inputs})
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(Result{}, "Inputs")); d != "" || len(got.Entries) != 8 {
		t.Errorf("%d entries (-want +got):\n%s", len(got.Entries), d)
	}
	if !slices.IsSorted(names(got)) {
		t.Errorf("not sorted: %v", names(got))
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "a.tif")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := List(ctx, Config{Inputs: []string{dir}}); err == nil {
		t.Error("no error")
	}
}
