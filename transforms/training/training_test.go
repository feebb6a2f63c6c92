package training

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/sample"
	"exemplar/transforms/run/outdir"
)

// collect draws n crops of the sample collection, small enough for a test.
func collect(t *testing.T, n int) []records.Image {
	t.Helper()
	dir := t.TempDir()
	if _, err := sample.Generate(context.Background(), dir, sample.Options{Images: n, Seed: 2}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.tif"))
	if err != nil || len(files) != n {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var out []records.Image
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		im, err := images.Decode(name, data, images.Options{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, records.Image{
			Filename: filepath.Base(filepath.Dir(name)) + filepath.Base(name), Pixels: im.Pixels,
			Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits,
		})
	}
	return out
}

// shardsOf writes images as n shards with a manifest and returns their folder.
func shardsOf(t *testing.T, all []records.Image, n int) string {
	t.Helper()
	dir := t.TempDir()
	m := schemas.ShardsManifest{
		Format: schemas.ShardsFormat, Image: all[0].Shape(),
		Parameters: schemas.ShardParameters{
			Shards: n, Compression: "none", Height: all[0].Height, Width: all[0].Width,
			Fit: "reject", BitsMode: "keep", MaxPixels: 1 << 28,
		},
	}
	for i := range n {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
		info := schemas.ShardInfo{File: schemas.ShardName(i, n, "none")}
		for k := i; k < len(all); k += n {
			if _, err := w.Write(records.Append(nil, &all[k])); err != nil {
				t.Fatal(err)
			}
			info.Records++
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		info.Bytes, info.SHA256 = int64(buf.Len()), fmt.Sprintf("%x", sha256.Sum256(buf.Bytes()))
		m.Shards = append(m.Shards, info)
		m.Written, m.Listed, m.Bytes = m.Written+info.Records, m.Listed+info.Records, m.Bytes+info.Bytes
		if err := os.WriteFile(filepath.Join(dir, info.File), buf.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := outdir.WriteJSON(context.Background(), filepath.Join(dir, schemas.ShardsFile), &m); err != nil {
		t.Fatal(err)
	}
	return dir
}

func config(shards, output string) Config {
	return Config{Shards: shards, Output: output, Arch: ArchLinear, Latent: 8, Working: 16, Seed: 1}
}

func readModel(t *testing.T, dir string) (*model.Model, model.Files) {
	t.Helper()
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		t.Fatal(err)
	}
	return m, files
}

// writeModel replaces it.
func writeModel(t *testing.T, dir string, m *model.Model) {
	t.Helper()
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRun(t *testing.T) {
	ctx := context.Background()
	c := config(shardsOf(t, collect(t, 60), 4), filepath.Join(t.TempDir(), "new", "model"))
	r, err := Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Made || r.Linear.Summary.Images != 60 || r.Linear.Learned.Images != 60 || r.Skipped != 0 {
		t.Errorf("result %+v, want 60 images trained on and measured", r)
	}
	m, files := readModel(t, c.Output)
	if r.SHA256 != files.SHA256() {
		t.Errorf("result says model %s, the files are %s", r.SHA256, files.SHA256())
	}
	if len(m.Training.Data) != 64 || m.Provenance.Tool != "train" {
		t.Errorf("model.json names data %q of tool %s, want a sha256 of tool train", m.Training.Data, m.Provenance.Tool)
	}
	// The error at full size cannot be below that of the pooled images: pooling
	// averages, and a mean of errors squared is at most the mean of their squares.
	// Overlap of upsampled cells blurs that by little; blanks by nothing.
	pooled := r.Linear.Summary.Variance * (1 - r.Linear.Summary.Explained()) / float64(r.Linear.Summary.Size)
	if !(r.Linear.MSE >= 0.9*pooled) || !(r.Linear.MSE < 0.01) || math.IsNaN(pooled) {
		t.Errorf("reconstruction error %g, residual of the pooled images %g", r.Linear.MSE, pooled)
	}

	again, err := Run(ctx, c)
	if err != nil || again.Made || again.SHA256 != r.SHA256 {
		t.Errorf("second run: %+v, %v; want nothing made", again, err)
	}
	// A damaged file is made again, the same.
	if err := os.Truncate(filepath.Join(c.Output, schemas.EncoderFile), 99); err != nil {
		t.Fatal(err)
	}
	third, err := Run(ctx, c)
	if err != nil || !third.Made {
		t.Fatalf("after damage: %+v, %v", third, err)
	}
	if _, repaired := readModel(t, c.Output); !maps.EqualFunc(files, repaired, bytes.Equal) {
		t.Error("the repaired model differs from the first")
	}
	// Other parameters replace it when that is asked for.
	c.Latent, c.Overwrite = 5, true
	if r, err := Run(ctx, c); err != nil || !r.Made {
		t.Errorf("other latent size: %+v, %v", r, err)
	}
	if m, _ := readModel(t, c.Output); m.Arch.Latent != 5 {
		t.Errorf("latent size is %d, want 5", m.Arch.Latent)
	}
}

// TestShardsOfAnotherProgram trains on shards without a manifest, and leaves out
// records that are not images of the collection's size.
// TestTheModelDoesNotKnowWhereImagesWere: the same shards out of another folder,
// or listed at another time, give the same model.
func TestTheModelDoesNotKnowWhereImagesWere(t *testing.T) {
	ctx := context.Background()
	c := config(shardsOf(t, collect(t, 60), 4), filepath.Join(t.TempDir(), "model"))
	if _, err := Run(ctx, c); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(c.Shards, schemas.ShardsFile)
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	m.Fingerprint, m.CollectionSHA256 = "of another listing", "of another folder"
	if err := outdir.WriteJSON(ctx, name, m); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(ctx, c); err != nil || r.Made {
		t.Errorf("the same shards, moved: %+v, %v, want nothing to do", r, err)
	}
	m.Shards[1].SHA256 = outdir.SHA256(replaceShard(t, filepath.Join(c.Shards, m.Shards[1].File)))
	if err := outdir.WriteJSON(ctx, name, m); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(ctx, c); err != nil || !r.Made {
		t.Errorf("other shards: %+v, %v, want the model trained again", r, err)
	}
}

func TestShardsOfAnotherProgram(t *testing.T) {
	all := collect(t, 30)
	dir := shardsOf(t, all, 2)
	c := config(dir, t.TempDir())
	with, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, schemas.ShardsFile)); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, schemas.ShardName(1, 2, "none")), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := tfrecord.NewWriter(f, tfrecord.WriterOptions{})
	small := records.Image{Filename: "small.tif", Pixels: make([]byte, 9), Height: 3, Width: 3, Channels: 1, Bits: 8}
	for _, record := range [][]byte{records.Append(nil, &small), []byte("no example")} {
		if _, err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	c.Output = t.TempDir()
	without, err := Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if without.Skipped != 2 {
		t.Errorf("%d records skipped, want 2", without.Skipped)
	}
	if diff := cmp.Diff(with.Linear.Summary, without.Linear.Summary); diff != "" {
		t.Errorf("summaries with and without a manifest (-with +without):\n%s", diff)
	}
}

// TestLimit: as many images are trained on and measured as were asked for, and it is
// recorded of how many they were drawn. A model of version 0.1.0 with a limit stands,
// although it drew otherwise; a limit that takes all images is no sample.
func TestLimit(t *testing.T) {
	ctx := context.Background()
	c := config(shardsOf(t, collect(t, 20), 3), t.TempDir())
	c.Limit = 11
	r, err := Run(ctx, c)
	if err != nil || r.Linear.Summary.Images != 11 || r.Linear.Learned.Images != 11 || r.Linear.From != 20 || !strings.Contains(r.Used(), "11 of 20 images, drawn by hash") {
		t.Fatalf("limit 11: %+v, %v", r, err)
	}
	m, _ := readModel(t, c.Output)
	folder, err := dataset.Open(ctx, c.Shards)
	if err != nil {
		t.Fatal(err)
	}
	_, fingerprints, err := c.linearRun(folder)
	if err != nil || fingerprints[0] == fingerprints[1] {
		t.Fatalf("fingerprints %v, %v", fingerprints, err)
	}
	m.Training.Parameters[parameterFingerprint] = fingerprints[1]
	writeModel(t, c.Output, m)
	if again, err := Run(ctx, c); err != nil || again.Made {
		t.Errorf("the model of an earlier version with a limit was made again: %+v, %v", again, err)
	}
	c.Limit, c.Output = 20, t.TempDir()
	if all, err := Run(ctx, c); err != nil || all.Linear.From != 0 || all.Used() != "" {
		t.Errorf("limit 20 of 20: %+v, %v", all, err)
	}
	if _, fingerprints, err = c.linearRun(folder); err != nil || fingerprints[0] != fingerprints[1] {
		t.Errorf("limit 20 of 20 has fingerprints %v, %v", fingerprints, err)
	}
}

func TestRefusals(t *testing.T) {
	ctx := context.Background()
	good := shardsOf(t, collect(t, 12), 2)
	cut := shardsOf(t, collect(t, 12), 2)
	shard := filepath.Join(cut, schemas.ShardName(1, 2, "none"))
	data, err := os.ReadFile(shard)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(shard, data[:len(data)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	notes := t.TempDir()
	imported := t.TempDir()
	for name, text := range map[string]string{
		filepath.Join(notes, "notes.txt"):            "mine",
		filepath.Join(imported, schemas.ModelFile):   `{"provenance": {"tool": "import"}}`,
		filepath.Join(imported, schemas.EncoderFile): "weights",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	with := func(change func(*Config)) Config {
		c := config(good, filepath.Join(t.TempDir(), "model"))
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		config Config
		expect []string
	}{
		"no input":        {with(func(c *Config) { c.Shards = "" }), []string{"Config.Shards"}},
		"no output":       {with(func(c *Config) { c.Output = "" }), []string{"Config.Output"}},
		"no arch":         {with(func(c *Config) { c.Arch = "" }), []string{"Config.Arch"}},
		"negative latent": {with(func(c *Config) { c.Latent = -1 }), []string{"Config.Latent=-1"}},
		"latent too big":  {with(func(c *Config) { c.Latent = 300 }), []string{"Config.Latent=300", "Config.Working=16"}},
		"no working":      {with(func(c *Config) { c.Working = 0 }), []string{"Config.Working=0"}},
		"negative limit":  {with(func(c *Config) { c.Limit = -1 }), []string{"Config.Limit=-1"}},
		"no shards":       {with(func(c *Config) { c.Shards = notes }), []string{notes, schemas.ShardsFile}},
		"missing folder":  {with(func(c *Config) { c.Shards = notes + "/no" }), []string{notes + "/no"}},
		"cut shard":       {with(func(c *Config) { c.Shards = cut }), []string{schemas.ShardName(1, 2, "none")}},
		"user's folder":   {with(func(c *Config) { c.Output = notes }), []string{notes, "notes.txt"}},
		"imported model":  {with(func(c *Config) { c.Output = imported }), []string{imported, "choose another"}},
	} {
		_, err := Run(ctx, c.config)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v, want one line", name, err)
			continue
		}
		for _, part := range c.expect {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q does not mention %q", name, err, part)
			}
		}
	}
	if text, err := os.ReadFile(filepath.Join(imported, schemas.EncoderFile)); err != nil || string(text) != "weights" {
		t.Errorf("the imported model was touched: %q, %v", text, err)
	}
}
