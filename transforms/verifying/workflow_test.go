package verifying

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/decoding"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
)

func TestMain(m *testing.M) {
	status := runtest.Main(m)
	os.RemoveAll(made)
	os.Exit(status)
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const side = 8 // of an image

// pixels is image i of the collection: a bright spot in one of three places, and
// every twentieth blank.
func pixels(i int) []byte {
	p := make([]byte, side*side)
	if i%20 == 7 {
		return p
	}
	for y := range side {
		for x := range side {
			cx, cy := 2+2*(i%3), 2+2*(i*i%3)
			p[y*side+x] = byte(max(0, 200-20*((x-cx)*(x-cx)+(y-cy)*(y-cy))+(i*7+x*y)%17))
		}
	}
	return p
}

// collection is the source of the model's training.
type collection int

func (collection) Shards() int { return 1 }

func (c collection) Images(context.Context, int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := range int(c) {
			if !yield(pixels(i), nil) {
				return
			}
		}
	}
}

// made is the finished workflow that the tests copy: 150 images, 10 of which cannot be
// read, in 3 shards.
var made string

// folders are those of a workflow that are checked.
var folders = []string{"shards", "model", "latents", "selection", "decoded"}

// workflow returns a folder with shards/, model/, latents/ and selection/, which the
// test may change.
func workflow(t *testing.T) string {
	t.Helper()
	if made == "" {
		dir, err := os.MkdirTemp("", "verifying")
		check(t, err)
		makeWorkflow(t, dir)
		made = dir
	}
	return copyWorkflow(t, made)
}

// copyWorkflow copies the folders of a workflow to one of its own.
func copyWorkflow(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range folders {
		check(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(from, folder))))
	}
	return dir
}

func makeWorkflow(t *testing.T, dir string) {
	t.Helper()
	input := filepath.Join(dir, "input")
	for i := range 150 {
		name := filepath.Join(input, fmt.Sprintf("run%d", i%2), fmt.Sprintf("cell %02d.png", i))
		check(t, os.MkdirAll(filepath.Dir(name), 0o777))
		f, err := os.Create(name)
		check(t, err)
		if i%15 == 14 {
			_, err = f.WriteString("no image")
			check(t, err)
		} else {
			check(t, png.Encode(f, &image.Gray{Pix: pixels(i), Stride: side, Rect: image.Rect(0, 0, side, side)}))
		}
		check(t, f.Close())
	}
	_, err := sharding.Run(t.Context(), sharding.Config{
		Listing: listing.Config{Inputs: []string{input}, LabelPattern: `^(run\d)`}, Output: filepath.Join(dir, "shards"), Shards: 3,
		Fit: "reject", Bits: "keep", Compression: "none", MaxPixels: sharding.DefaultMaxPixels, Resume: true,
		MetadataPattern: `^(?P<run>run\d)/cell (?P<cell>\d+)`,
	}, runtest.Direct)
	check(t, err)

	m, _, err := linear.Train(t.Context(), linear.Config{Input: model.Input{Height: side, Width: side, Channels: 1, Bits: 8, Scale: "unit"}, Latent: 4}, collection(150))
	check(t, err)
	files, err := m.Marshal()
	check(t, err)
	check(t, os.MkdirAll(filepath.Join(dir, "model"), 0o777))
	for name, data := range files {
		check(t, os.WriteFile(filepath.Join(dir, "model", name), data, 0o666))
	}
	_, err = encoding.Run(t.Context(), encoding.Config{Shards: filepath.Join(dir, "shards"), Model: filepath.Join(dir, "model"),
		Output: filepath.Join(dir, "latents"), Layout: "list", Reconstruct: true, Batch: 8, Resume: true}, runtest.Direct)
	check(t, err)
	_, err = selecting.Run(t.Context(), selecting.Config{Input: filepath.Join(dir, "latents"), Shards: filepath.Join(dir, "shards"),
		Output: filepath.Join(dir, "selection"), Resume: true, Parameters: schemas.SelectionParameters{Scopes: []string{"cluster", "Metadata_run"}, Clusters: 4, Top: 3,
			Centers: schemas.Centers, Metrics: schemas.Metrics, Assignments: true, Seed: 1, Restarts: 3, MaxPasses: 20, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	check(t, err)
	c := decoding.DefaultConfig()
	c.Input, c.Model, c.Output = filepath.Join(dir, "latents"), filepath.Join(dir, "model"), filepath.Join(dir, "decoded")
	_, err = decoding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
}

// verify checks one folder of a workflow and returns its problems as lines. That
// the check cannot be done counts as one.
func verify(t *testing.T, dir, folder string) []string {
	t.Helper()
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, folder)})
	if err != nil {
		return []string{err.Error()}
	}
	return r.Problems
}

func TestAFinishedWorkflowHolds(t *testing.T) {
	dir := workflow(t)
	for _, folder := range folders {
		r, err := Run(t.Context(), Config{Input: filepath.Join(dir, folder)})
		check(t, err)
		r.Unchecked = slices.DeleteFunc(r.Unchecked, func(s string) bool {
			for _, said := range []string{"the course of ", "what is told of the run", "the source images, which are not at hand", "the training that model.json tells of",
				"embeddings and errors of their reconstructions of the other ", "the pixels of the other ", "what the contact sheet shows"} {
				if strings.HasPrefix(s, said) {
					return true
				}
			}
			return false
		})
		if len(r.Problems)+len(r.Unchecked) > 0 || len(r.Checked) == 0 {
			t.Errorf("%s: %d checks\n%s", folder, len(r.Checked), strings.Join(append(r.Problems, r.Unchecked...), "\n"))
		}
	}
	for _, folder := range folders { // the state may be removed
		check(t, os.RemoveAll(filepath.Join(dir, folder, schemas.StateDir)))
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Errorf("%s without its state: %s", folder, strings.Join(problems, "\n"))
		}
	}
}

// filesOf returns the files below a folder.
func filesOf(t *testing.T, dir string) (files []string) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}
