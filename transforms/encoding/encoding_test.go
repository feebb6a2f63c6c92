package encoding

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(childConfig); config != "" {
		child(config)
	}
	os.Exit(runtest.Main(m))
}

// side is the size of the images of the tests.
const side = 8

var shape = schemas.ImageShape{Height: side, Width: side, Channels: 1, Bits: 8}

// makeModel writes a dense model with random weights and returns its folder.
func makeModel(t testing.TB, arch string, decoder bool) string {
	t.Helper()
	a, err := model.ParseArch([]byte(arch))
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Arch: a, Encoder: randomWeights(a.EncoderWeights())}
	if decoder {
		m.Decoder = randomWeights(a.DecoderWeights())
	}
	return writeModel(t, m)
}

func writeModel(t testing.TB, m *model.Model) string {
	t.Helper()
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range files {
		write(t, filepath.Join(dir, name), data)
	}
	return dir
}

const denseArch = `{"family":"dense","input":{"height":8,"width":8},"latent":5,"widths":[16]}`

func randomWeights(specs []model.TensorSpec) (w model.Weights) {
	r := rand.New(rand.NewPCG(3, 5))
	for _, s := range specs {
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		t := model.Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, n)}
		scale := 1.0
		if len(s.Shape) > 1 {
			scale = 1 / float64(n/s.Shape[len(s.Shape)-1])
		}
		for i := range t.Data {
			t.Data[i] = float32(r.NormFloat64() * scale)
		}
		w = append(w, t)
	}
	return w
}

// makeImages returns n images with names of the kind run3/B02/00017.tif.
func makeImages(n int) []records.Image {
	r := rand.New(rand.NewPCG(1, 1))
	ims := make([]records.Image, n)
	for i := range ims {
		im := records.Image{Filename: fmt.Sprintf("run%d/B%02d/%05d #é.tif", i%3, i%5, i), Height: side, Width: side, Channels: 1, Bits: 8,
			Pixels: make([]byte, side*side), Label: fmt.Sprint("class", i%2), HasLabel: i%4 != 0}
		if !im.HasLabel {
			im.Label = ""
		}
		for k := range im.Pixels {
			im.Pixels[k] = byte(r.Uint32())
		}
		ims[i] = im
	}
	return ims
}

// frame returns the shard file of the records.
func frame(t testing.TB, recs [][]byte, gz bool) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{Gzip: gz})
	for _, r := range recs {
		if _, err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// makeShards writes a finished shards folder of n images in the given number of
// shards, and returns it with the images of each.
func makeShards(t testing.TB, n, shards int) (dir string, groups [][]records.Image) {
	t.Helper()
	return shardsOf(t, makeImages(n), shards)
}

// shardsOf does the same of given images.
func shardsOf(t testing.TB, ims []records.Image, shards int) (dir string, groups [][]records.Image) {
	t.Helper()
	dir = t.TempDir()
	m := schemas.ShardsManifest{Format: schemas.ShardsFormat, Image: shape, Parameters: schemas.ShardParameters{
		Shards: shards, Compression: "none", Height: side, Width: side, Fit: "reject", BitsMode: "keep", MaxPixels: 1e8,
		MetadataPattern: `^(?P<run>[^/]+)/(?P<well>[^/]+)/`}}
	groups = make([][]records.Image, shards)
	for _, im := range ims {
		i := schemas.ShardOf(im.Filename, shards)
		groups[i] = append(groups[i], im)
	}
	for i, g := range groups {
		var recs [][]byte
		for k := range g {
			recs = append(recs, records.Append(nil, &g[k]))
		}
		data := frame(t, recs, false)
		info := schemas.ShardInfo{File: schemas.ShardName(i, shards, "none"), Records: int64(len(g)), Bytes: int64(len(data)), SHA256: outdir.SHA256(data)}
		write(t, filepath.Join(dir, info.File), data)
		m.Shards = append(m.Shards, info)
		m.Written, m.Listed, m.Bytes = m.Written+info.Records, m.Listed+info.Records, m.Bytes+info.Bytes
	}
	writeManifest(t, dir, m)
	return dir, groups
}

func writeManifest(t testing.TB, dir string, m schemas.ShardsManifest) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, schemas.ShardsFile), data)
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// configOf returns a configuration as the flags give it by default.
func configOf(t testing.TB, shards, mod string) Config {
	return Config{Shards: shards, Model: mod, Output: filepath.Join(t.TempDir(), "latents"), Layout: "list", Batch: DefaultBatch, Resume: true}
}

func mustRun(t testing.TB, c Config) *Result {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), c, runtest.Direct)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// readFolder returns the files of a folder by their names.
func readFolder(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// readRows returns the rows of a latents file.
func readRows(t testing.TB, name string) (rows []schemas.Latent, spec schemas.LatentsSpec) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := latents.Open(bytes.NewReader(data), int64(len(data)), name)
	if err != nil {
		t.Fatal(err)
	}
	spec = f.Spec()
	for b, err := range f.Batches(latents.All) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			row := schemas.Latent{ImageID: b.ImageID[i], Embedding: bytesOf(b.Embedding[i*spec.Dimension : (i+1)*spec.Dimension]),
				Shard: b.Shard[i], Record: b.Record[i], Offset: b.Offset[i], SHA256: b.SHA256[i], MSE: b.MSE[i], HasMSE: b.HasMSE[i],
				Quality: b.Quality[i], HasObject: b.HasObject[i], QCFlags: b.QCFlags[i], Label: b.Label[i], HasLabel: b.HasLabel[i], Channels: slices.Clone(b.ChannelsOf(i))}
			for _, m := range b.Metadata {
				row.Metadata = append(row.Metadata, m[i])
			}
			rows = append(rows, row)
		}
	}
	return rows, spec
}

func bytesOf(z []float32) []float32 { return append([]float32(nil), z...) }

func TestRunEncodesEveryImage(t *testing.T) {
	shards, groups := makeShards(t, 150, 4)
	dir := makeModel(t, denseArch, true)
	enc, err := loadEncoder(t.Context(), dir, "", true)
	if err != nil {
		t.Fatal(err)
	}
	runner := enc.plan.NewRunner(1)
	for _, layout := range schemas.Layouts {
		c := configOf(t, shards, dir)
		c.Layout, c.Reconstruct = layout, true
		r := mustRun(t, c)
		if m := r.Manifest; r.Made != 4 || m.Rows != 150 || m.Rejected != 0 || m.Records != 150 {
			t.Fatalf("made %d, manifest %+v", r.Made, m)
		}
		for i, g := range groups {
			name := filepath.Join(c.Output, schemas.LatentsName(i, 4))
			rows, spec := readRows(t, name)
			if len(rows) != len(g) || len(g) == 0 {
				t.Fatalf("%s: %d rows of %d images", name, len(rows), len(g))
			}
			if diff := cmp.Diff(r.Manifest.Spec, spec); diff != "" {
				t.Errorf("%s: specification differs from the manifest's: %s", name, diff)
			}
			for k, im := range g {
				// The expected row comes of the image alone, encoded by itself.
				want := schemas.Latent{ImageID: im.Filename, Embedding: make([]float32, 5), Shard: int32(i), Record: int64(k),
					Offset: rows[k].Offset, SHA256: outdir.SHA256(im.Pixels), HasMSE: true, HasObject: true, Label: im.Label, HasLabel: im.HasLabel,
					Metadata: strings.SplitN(im.Filename, "/", 3)[:2]}
				runner.Encode(want.Embedding, [][]byte{im.Pixels})
				mse := make([]float64, 1)
				runner.MSE(mse, want.Embedding, [][]byte{im.Pixels})
				want.MSE = float32(mse[0])
				want.Quality, want.QCFlags = images.Quality(im.Pixels, shape, 0)
				if diff := cmp.Diff(want, rows[k]); diff != "" {
					t.Fatalf("%s row %d (-want +got):\n%s", name, k, diff)
				}
				checkOffset(t, filepath.Join(shards, r.Manifest.Files[i].Shard), rows[k], im)
			}
		}
	}
}

// checkOffset fetches an image by the offset of its row.
func checkOffset(t *testing.T, shard string, row schemas.Latent, want records.Image) {
	t.Helper()
	f, err := os.Open(shard)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	record, err := tfrecord.ReadAt(f, row.Offset, tfrecord.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := records.Parse(record, records.Fields{}); err != nil || got.Filename != want.Filename {
		t.Errorf("record at offset %d of %s is %q (%v), want %q", row.Offset, shard, got.Filename, err, want.Filename)
	}
}

// TestSameBytes: any number of processors, any batch, any local runner, and a run that was cut
// short and started again give the same files; a further run does nothing.
func TestSameBytes(t *testing.T) {
	shards, _ := makeShards(t, 200, 3)
	c := configOf(t, shards, makeModel(t, denseArch, false))
	mustRun(t, c)
	want := readFolder(t, c.Output)
	if len(want) != 3+3+2 {
		t.Fatalf("output holds %d files", len(want))
	}
	if again := mustRun(t, c); again.Made != 0 {
		t.Errorf("a second run encoded %d shards", again.Made)
	}

	for _, procs := range []int{1, 2, 4} {
		old := runtime.GOMAXPROCS(procs)
		o := c
		o.Output, o.Batch = filepath.Join(t.TempDir(), "x"), 7*procs
		run := map[bool]beamrun.Runner{true: runtest.Prism, false: runtest.Direct}[procs == 4]
		_, err := Run(t.Context(), o, run)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, readFolder(t, o.Output)); diff != "" {
			t.Errorf("GOMAXPROCS=%d, batch %d: files differ:\n%.500s", procs, o.Batch, diff)
		}
	}

	// A killed run leaves no manifest, some shards without part, some not at all,
	// and a temporary file.
	for _, lost := range []string{schemas.LatentsFile, schemas.LatentsErrorsFile, schemas.LatentsName(0, 3), "_state/latents-00002-of-00003.json"} {
		if err := os.Remove(filepath.Join(c.Output, lost)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(c.Output, ".latents-00002-of-00003.parquet.0123456789abcdef.partial"), []byte("PAR1"))
	if r := mustRun(t, c); r.Made != 2 {
		t.Errorf("the rerun encoded %d shards, want the 2 that were lost", r.Made)
	}
	if diff := cmp.Diff(want, readFolder(t, c.Output)); diff != "" {
		t.Errorf("after the rerun files differ:\n%.500s", diff)
	}
}

// TestAMixedFolderIsNoFinishedOne: a file whose part tells of other bytes than the
// manifest was written by another run, and is made again.
func TestAMixedFolderIsNoFinishedOne(t *testing.T) {
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, makeModel(t, denseArch, false))
	mustRun(t, c)
	want := readFolder(t, c.Output)
	for what, change := range map[string]func(*schemas.LatentsPart){
		"another run":  func(p *schemas.LatentsPart) { p.Fingerprint, p.Info.SHA256 = "other", "other" },
		"other bytes":  func(p *schemas.LatentsPart) { p.Info.SHA256 = "other" },
		"a failed run": func(p *schemas.LatentsPart) { p.Info, p.Failure = schemas.LatentsInfo{}, "damaged" },
	} {
		name := filepath.Join(c.Output, schemas.StateDir, schemas.PartName(partStep, 1, 2))
		part, _, err := outdir.ReadJSON[schemas.LatentsPart](t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		change(&part)
		if err := outdir.WriteJSON(t.Context(), name, part); err != nil {
			t.Fatal(err)
		}
		if r := mustRun(t, c); r.Made != 1 {
			t.Errorf("the part of %s: %d shards were encoded, want 1", what, r.Made)
		}
		if diff := cmp.Diff(want, readFolder(t, c.Output)); diff != "" {
			t.Errorf("the part of %s: files differ:\n%.500s", what, diff)
		}
	}
}

// TestAnUnfinishedRunIsNotReplaced: what an unfinished run with other parameters
// left is refused by the name of the parameter, and made again with Overwrite.
func TestAnUnfinishedRunIsNotReplaced(t *testing.T) {
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, makeModel(t, denseArch, true))
	mustRun(t, c)
	want := readFolder(t, c.Output)
	for _, name := range []string{schemas.LatentsFile, filepath.Join(schemas.StateDir, schemas.PartName(partStep, 1, 2))} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	killed := func(context.Context, *beam.Pipeline) error { return errors.New("killed") }
	if _, err := Run(t.Context(), c, killed); err == nil {
		t.Fatal("no error")
	}
	left := readFolder(t, c.Output)
	model := makeModel(t, strings.Replace(denseArch, "16", "17", 1), true)
	for want, change := range map[string]func(c *Config){
		"Config.Layout is wide here and was list there":     func(c *Config) { c.Layout = "wide" },
		"Config.Reconstruct is true here and was not given": func(c *Config) { c.Reconstruct = true },
		"Config.Model is ": func(c *Config) { c.Model = model },
		`Config.MetadataPattern is "(?P<other>\\d+) x" here`: func(c *Config) { c.MetadataPattern = `(?P<other>\d+) x` },
	} {
		other := c
		change(&other)
		wantError(t, other, want, "Config.Overwrite")
		if _, err := Plan(t.Context(), other); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Plan: %v, want %q", err, want)
		}
		if diff := cmp.Diff(left, readFolder(t, c.Output)); diff != "" {
			t.Errorf("%s: the folder was changed:\n%.500s", want, diff)
		}
	}
	if r := mustRun(t, c); r.Made != 1 {
		t.Errorf("with the same parameters %d shards were encoded, want 1", r.Made)
	}
	c.Layout = "wide"
	if _, err := Run(t.Context(), c, killed); err == nil {
		t.Fatal("no error")
	}
	c.Layout, c.Overwrite = "list", true
	if r := mustRun(t, c); r.Made != 2 {
		t.Errorf("with Overwrite %d shards were encoded, want 2", r.Made)
	}
	if diff := cmp.Diff(want, readFolder(t, c.Output)); diff != "" {
		t.Errorf("files differ from those of an undisturbed run:\n%.500s", diff)
	}
}

func TestChangedParametersAreRedone(t *testing.T) {
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, makeModel(t, denseArch, true))
	mustRun(t, c)
	for what, change := range map[string]func(){
		"layout":   func() { c.Layout = "wide" },
		"decoder":  func() { c.Reconstruct = true },
		"model":    func() { c.Model = makeModel(t, strings.Replace(denseArch, "16", "17", 1), true) },
		"metadata": func() { c.MetadataPattern = `(?P<other>\d+)` },
		"again":    func() { c.Overwrite = true },
	} {
		change()
		if !c.Overwrite {
			if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "finished work that would be replaced") {
				t.Errorf("after a change of %s: %v", what, err)
			}
		}
		again := c
		again.Overwrite = true
		if r := mustRun(t, again); r.Made != 2 {
			t.Errorf("after a change of %s %d shards were encoded, want 2", what, r.Made)
		}
	}
	fresh := c
	fresh.Output = filepath.Join(t.TempDir(), "fresh")
	mustRun(t, fresh)
	if diff := cmp.Diff(readFolder(t, fresh.Output), readFolder(t, c.Output)); diff != "" {
		t.Errorf("redone output differs from a fresh one:\n%.500s", diff)
	}
}

// hugeModel writes a model whose latents overflow for any image that is not
// black: two layers of huge weights.
func hugeModel(t testing.TB) string {
	t.Helper()
	a, err := model.ParseArch([]byte(denseArch))
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Arch: a, Encoder: randomWeights(a.EncoderWeights())}
	for _, w := range m.Encoder {
		for i := range w.Data {
			w.Data[i] = 0
			if len(w.Shape) > 1 {
				w.Data[i] = math.MaxFloat32 / 1e6
			}
		}
	}
	return writeModel(t, m)
}
