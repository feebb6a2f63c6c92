package sharding

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/store"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

// config shards one folder with the defaults of the command.
func config(input, output string) Config {
	return Config{
		Listing: listing.Config{Inputs: []string{input}}, Output: output,
		Fit: "reject", Bits: "keep", Compression: "none", MaxPixels: DefaultMaxPixels, Resume: true,
	}
}

func mustRun(t *testing.T, c Config) *Result {
	t.Helper()
	r, err := Run(t.Context(), c, runtest.Direct)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// writePNGs writes n different 8x8 gray images, each with its number as value.
func writePNGs(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		im := image.NewGray(image.Rect(0, 0, 8, 8))
		for j := range im.Pix {
			im.Pix[j] = byte(i + j)
		}
		savePNG(t, filepath.Join(dir, fmt.Sprintf("run%d", i%3), fmt.Sprintf("cell %03d#%%é.png", i)), im)
	}
}

// savePNG writes a picture, and the folder that it is in.
func savePNG(t *testing.T, name string, im image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, im); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// tree returns the sha256 of every file below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		files[strings.TrimPrefix(path, dir)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// allImages reads every record of a folder of shards, by name.
func allImages(t *testing.T, dir string, m *schemas.ShardsManifest) map[string]records.Image {
	t.Helper()
	found := map[string]records.Image{}
	for i, s := range m.Shards {
		r, err := records.Open(t.Context(), filepath.Join(dir, s.File), records.Fields{})
		if err != nil {
			t.Fatal(err)
		}
		previous := ""
		for {
			im, _, _, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if im.Filename <= previous || schemas.ShardOf(im.Filename, len(m.Shards)) != i {
				t.Errorf("%s: %q after %q: want sorted names of this shard", s.File, im.Filename, previous)
			}
			previous = im.Filename
			im.Pixels = append([]byte(nil), im.Pixels...)
			found[im.Filename] = im
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestEveryImageLandsInItsShard(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	writePNGs(t, in, 30)
	for _, compression := range schemas.Compressions {
		c := config(in, filepath.Join(out, compression))
		c.Compression, c.Shards, c.Listing.LabelPattern = compression, 4, `^(run\d)`
		r := mustRun(t, c)
		if r.Manifest.Listed != 30 || r.Manifest.Written != 30 || r.Made != 4 {
			t.Errorf("%s: %+v, want 30 listed and written, 4 shards made", compression, r)
		}
		found := allImages(t, c.Output, r.Manifest)
		for i := range 30 {
			name := fmt.Sprintf("run%d/cell %03d#%%é.png", i%3, i)
			im, ok := found[name]
			if !ok || im.Label != fmt.Sprintf("run%d", i%3) || len(im.Pixels) != 64 || im.Pixels[5] != byte(i+5) {
				t.Errorf("%s: image %q: found %v, label %q", compression, name, ok, im.Label)
			}
		}
		c.Output = filepath.Join(out, compression+" on prism")
		if _, err := Run(t.Context(), c, runtest.Prism); err != nil {
			t.Fatal(err)
		}
		runtest.Same(t, c.Output, filepath.Join(out, compression))
	}
}

func TestARerunDoesOnlyWhatIsMissing(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 40)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards = 5
	mustRun(t, c)
	want := tree(t, c.Output)

	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("a second run made %d shards, want none", r.Made)
	}
	// What a kill leaves: no manifest, a shard without its part, a part without
	// its shard, and temporary files.
	for _, name := range []string{"shards.json", "_state/images-00001-of-00005.json", "images-00003-of-00005.tfrecords"} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	partial := filepath.Join(c.Output, ".images-00002-of-00005.tfrecords.0123456789abcdef.partial")
	if err := os.WriteFile(partial, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, c); r.Made != 2 {
		t.Errorf("the run after the kill made %d shards, want 2", r.Made)
	}
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("output differs from that of an undisturbed run (-want +got):\n%s", diff)
	}
	c.Overwrite = true
	if r := mustRun(t, c); r.Made != 5 {
		t.Errorf("with Overwrite %d shards were made, want 5", r.Made)
	}
	c.Overwrite, c.Shards = false, 3
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "Config.Shards is 3 here and was 5 there") || !strings.Contains(err.Error(), "Config.Overwrite") {
		t.Errorf("other parameters: %v", err)
	}
	c.Overwrite = true
	mustRun(t, c)
	if left, _ := filepath.Glob(filepath.Join(c.Output, "*-of-00005*")); len(left) > 0 {
		t.Errorf("files of the earlier run are left: %v", left)
	}
}

func TestAChangedImageIsMadeAgain(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 40)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards = 8
	mustRun(t, c)
	if err := os.Remove(filepath.Join(in, "run0", "cell 003#%é.png")); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, c); r.Made != 1 || r.Manifest.Listed != 39 {
		t.Errorf("after one image was removed: %d shards made, %d images; want 1 and 39", r.Made, r.Manifest.Listed)
	}
}

// TestAnotherCollection: a finished folder takes what has grown, and is not replaced by a
// collection that lacks its images, or has others of the same names; nor where the state
// folder is gone, or a name list in it is damaged.
func TestAnotherCollection(t *testing.T) {
	in, few, same, other := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	for dir, n := range map[string]int{in: 20, few: 20, same: 30, other: 30} {
		writePNGs(t, dir, n)
	}
	if err := os.Rename(filepath.Join(other, "run0"), filepath.Join(other, "run9")); err != nil {
		t.Fatal(err)
	}
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	mustRun(t, c)
	writePNGs(t, in, 30)
	grown := mustRun(t, c).Manifest
	if grown.Listed != 30 {
		t.Errorf("grown: %d images", grown.Listed)
	}
	shards := grown.Parameters.Shards
	for state, damage := range []func() error{
		func() error { return nil },
		func() error {
			return os.WriteFile(filepath.Join(c.Output, schemas.StateDir, schemas.ListName(0, shards)), []byte("{"), 0o666)
		},
		func() error { return os.RemoveAll(filepath.Join(c.Output, schemas.StateDir)) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		before := tree(t, c.Output)
		for dir, want := range map[string]string{few: `10 images of its 30 are not in this collection, the first "run`, same: "not one shard would stay", other: `the first "run0/`} {
			c.Listing.Inputs = []string{dir}
			_, err := Run(t.Context(), c, runtest.Direct)
			_, planned := Plan(t.Context(), c)
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("state %d: %v, want %s", state, err, want)
				}
			}
		}
		if diff := cmp.Diff(before, tree(t, c.Output)); diff != "" {
			t.Errorf("what was refused changed the output:\n%s", diff)
		}
	}
	c.Overwrite = true
	mustRun(t, c)
}

// TestUnreadableImagesAreTriedAgain: what could not be read is no image of the
// collection's, and may be readable in the next run.
func TestUnreadableImagesAreTriedAgain(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 40)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards = 8
	mustRun(t, c)
	want := tree(t, c.Output)
	// What a run leaves that could not read an image of shard 2.
	row := schemas.ErrorRow{Name: "x", Stage: schemas.StageRead, Reason: schemas.ReasonUnreadable, Detail: "permission denied"}
	change(t, filepath.Join(c.Output, schemas.StateDir, schemas.PartName("images", 2, 8)), func(p *schemas.ShardPart) {
		p.Errors, p.Info.Rejected, p.Info.Records = append(p.Errors, row), p.Info.Rejected+1, p.Info.Records-1
	})
	change(t, filepath.Join(c.Output, schemas.ShardsFile), func(m *schemas.ShardsManifest) {
		m.RejectedByReason = map[string]int64{row.Reason: 1}
		m.Rejected, m.Written, m.Shards[2].Rejected, m.Shards[2].Records = 1, m.Written-1, 1, m.Shards[2].Records-1
	})
	if r := mustRun(t, c); r.Made != 1 || r.Manifest.Rejected != 0 {
		t.Errorf("%d shards were made and %d images rejected, want 1 and none", r.Made, r.Manifest.Rejected)
	}
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("output differs from that of an undisturbed run (-want +got):\n%s", diff)
	}
}

// change changes a JSON file.
func change[T any](t *testing.T, name string, f func(*T)) {
	t.Helper()
	v, _, err := outdir.ReadJSON[T](t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	f(&v)
	if err := outdir.WriteJSON(t.Context(), name, v); err != nil {
		t.Fatal(err)
	}
}

// TestAFailingStoreIsNoRejection: an image is rejected for what is wrong with it,
// not because its store did not answer.
func TestAFailingStoreIsNoRejection(t *testing.T) {
	for _, c := range []struct {
		name     string
		err      error
		rejected bool
	}{
		{"gs://b/x.png", errors.New("503 service unavailable"), false},
		{"s3://b/x.png", context.DeadlineExceeded, false},
		{"gs://b/x.png", fs.ErrNotExist, true},
		{"gs://b/x.png", fs.ErrPermission, true},
		{"gs://b/x.png", store.ErrTooLarge, true},
		{"/b/x.png", errors.New("input/output error"), true},
	} {
		got, err := unread("x.png", &store.Error{Op: "read", Name: c.name, Err: c.err})
		if (got.reject != nil) != c.rejected || (err == nil) != c.rejected {
			t.Errorf("%s, %v: rejected as %v, error %v", c.name, c.err, got.reject, err)
		}
	}
}

// TestAwkwardFiles shards good images together with files that break readers.
func TestAwkwardFiles(t *testing.T) {
	data := os.Getenv("EXEMPLAR_DATA")
	if data == "" {
		t.Skip("EXEMPLAR_DATA not set: no awkward files")
	}
	in := t.TempDir()
	if err := os.CopyFS(filepath.Join(in, "awkward"), os.DirFS(filepath.Join(data, "awkward"))); err != nil {
		t.Fatal(err)
	}
	writePNGs(t, in, 10)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Size.Height, c.Size.Width, c.Fit = 8, 8, "crop"
	m := mustRun(t, c).Manifest
	if m.Listed != 10+43 || m.Listed != m.Written+m.Rejected {
		t.Errorf("%d listed, %d written, %d rejected; want 53 = written + rejected", m.Listed, m.Written, m.Rejected)
	}
	written := allImages(t, c.Output, m)
	rows := errorRows(t, c.Output)
	for name, tier := range awkwardNames(t, data) {
		id := "awkward/" + name
		_, isWritten := written[id]
		row, isRejected := rows[id]
		if isWritten == isRejected {
			t.Errorf("%s: written %v, rejected %v: want exactly one", id, isWritten, isRejected)
		}
		if isRejected && (row.Reason == "" || row.Detail == "" || strings.Contains(row.Detail, "\n")) {
			t.Errorf("%s: row %+v: want a reason and one line of detail", id, row)
		}
		if tier == "reject" && isWritten {
			t.Errorf("%s: written, want it rejected", id)
		}
	}
}

// awkwardNames returns what the manifest of the awkward files expects of each.
func awkwardNames(t *testing.T, data string) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(data, "awkward", "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, row := range rows[1:] {
		names[row[0]] = row[2]
	}
	return names
}

func errorRows(t *testing.T, dir string) map[string]schemas.ErrorRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, schemas.ErrorsFile))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]schemas.ErrorRow{}
	for line := range strings.Lines(string(text)) {
		var row schemas.ErrorRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows[row.Name] = row
	}
	return rows
}

func TestIDXImagesAndLabels(t *testing.T) {
	dir := t.TempDir()
	pixels := make([]byte, 12*4)
	for i := range pixels {
		pixels[i] = byte(i)
	}
	idx := append([]byte{0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 2}, pixels...)
	labels := append([]byte{0, 0, 8, 1, 0, 0, 0, 12}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1)
	file, labelFile := filepath.Join(dir, "t10k-images-idx3-ubyte"), filepath.Join(dir, "t10k-labels-idx1-ubyte")
	for name, data := range map[string][]byte{file: idx, labelFile: labels} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c := config(file, filepath.Join(dir, "out"))
	c.Shards, c.Listing.Labels = 3, labelFile
	found := allImages(t, c.Output, mustRun(t, c).Manifest)
	if im := found["t10k-images/00011"]; im.Label != "1" || len(im.Pixels) != 4 || im.Pixels[0] != 44 {
		t.Errorf("image 11: %+v, want label 1 and pixels from 44", im)
	}

	// A file that is cut off loses the images behind the cut, and says so for each.
	if err := os.WriteFile(file, idx[:16+4*9+2], 0o666); err != nil {
		t.Fatal(err)
	}
	m := mustRun(t, c).Manifest
	if m.Listed != 12 || m.Written != 9 || m.RejectedByReason[schemas.ReasonCorrupt] != 3 {
		t.Errorf("cut off: %d listed, %d written, rejected %v; want 12, 9, 3 corrupt", m.Listed, m.Written, m.RejectedByReason)
	}
}

func TestUserMistakesAreOneLine(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 3)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.docx"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		input, output, want string
	}{
		"no images":   {t.TempDir(), filepath.Join(in, "out"), "no"},
		"no folder":   {filepath.Join(in, "missing"), filepath.Join(in, "out"), "missing"},
		"not ours":    {in, foreign, "thesis.docx"},
		"not a glob":  {filepath.Join(in, "*.bmp"), filepath.Join(in, "out"), "*.bmp"},
		"output file": {in, filepath.Join(foreign, "thesis.docx"), "thesis.docx"},
	} {
		_, err := Run(t.Context(), config(c.input, c.output), runtest.Direct)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, err, c.want)
		}
	}
	for flag, change := range map[string]func(*Config){
		"Config.Fit":             func(c *Config) { c.Fit = "squash" },
		"Config.Bits":            func(c *Config) { c.Bits = "12" },
		"Config.Shards":          func(c *Config) { c.Shards = -1 },
		"Config.Compression":     func(c *Config) { c.Compression = "zip" },
		"Config.MaxPixels":       func(c *Config) { c.MaxPixels = 0 },
		"Config.Output":          func(c *Config) { c.Output = "" },
		"Config.MetadataPattern": func(c *Config) { c.MetadataPattern = `(\d+)` },
	} {
		c := config(in, filepath.Join(in, "out"))
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: Validate = %v, want an error that names the flag", flag, err)
		}
	}
}
