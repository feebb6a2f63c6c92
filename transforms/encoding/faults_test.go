package encoding

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

// wantError runs the step and checks that it fails in one line with all parts.
func wantError(t *testing.T, c Config, parts ...string) {
	t.Helper()
	_, err := Run(context.Background(), c, runtest.Direct)
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q\nwant one line with %q", err, part)
		}
	}
}

// changeShard rewrites shard i of a folder, and with manifest also its entry.
func changeShard(t *testing.T, dir string, i int, manifest bool, change func(data []byte, info *schemas.ShardInfo) []byte) {
	t.Helper()
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](t.Context(), filepath.Join(dir, schemas.ShardsFile))
	if err != nil {
		t.Fatal(err)
	}
	info := &m.Shards[i]
	name := filepath.Join(dir, info.File)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data = change(data, info)
	write(t, name, data)
	if manifest {
		m.Bytes += int64(len(data)) - info.Bytes
		info.Bytes, info.SHA256 = int64(len(data)), outdir.SHA256(data)
		writeManifest(t, dir, m)
	}
}

// TestDamagedShard: the run fails with file, record and offset, the other
// shards are encoded, and after repair only the damaged one is.
func TestDamagedShard(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(data []byte, info *schemas.ShardInfo) []byte
		want   []string
	}{
		{"flipped bit", func(d []byte, _ *schemas.ShardInfo) []byte { d[len(d)/2] ^= 4; return d }, []string{"record", "at byte"}},
		{"cut in a record", func(d []byte, _ *schemas.ShardInfo) []byte { return d[:len(d)-9] }, []string{"record", "at byte", "truncated"}},
		{"cut between records", func(d []byte, info *schemas.ShardInfo) []byte {
			end := 0
			for range info.Records - 2 {
				end += int(binary.LittleEndian.Uint64(d[end:])) + tfrecord.FrameLen
			}
			return d[:end]
		}, []string{"ends after", "shards.json says"}},
		{"replaced by a sound one", func(d []byte, _ *schemas.ShardInfo) []byte {
			n := int(binary.LittleEndian.Uint64(d)) + tfrecord.FrameLen
			return slices.Concat(d[n:], d[:n])
		}, []string{"its sha256 begins with", "shards.json says"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			shards, _ := makeShards(t, 150, 4)
			config := configOf(t, shards, makeModel(t, denseArch, false))
			var good []byte
			changeShard(t, shards, 2, false, func(d []byte, info *schemas.ShardInfo) []byte {
				good = bytes.Clone(d)
				return c.damage(d, info)
			})
			wantError(t, config, append(c.want, schemas.ShardName(2, 4, "none"), "3 of 4 shards")...)
			for i, want := range []bool{true, true, false, true} {
				if _, err := os.Stat(filepath.Join(config.Output, schemas.LatentsName(i, 4))); (err == nil) != want {
					t.Errorf("latents of shard %d are there: %v, want %v", i, err == nil, want)
				}
			}
			if _, err := os.Stat(filepath.Join(config.Output, schemas.LatentsFile)); err == nil {
				t.Error("a manifest was written")
			}
			changeShard(t, shards, 2, false, func([]byte, *schemas.ShardInfo) []byte { return good })
			if r := mustRun(t, config); r.Made != 1 || r.Manifest.Rows != 150 {
				t.Errorf("after repair %d shards were encoded, %d rows; want 1, 150", r.Made, r.Manifest.Rows)
			}
		})
	}
}

func TestMissingShard(t *testing.T) {
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, makeModel(t, denseArch, false))
	if err := os.Remove(filepath.Join(shards, schemas.ShardName(1, 2, "none"))); err != nil {
		t.Fatal(err)
	}
	wantError(t, c, schemas.ShardName(1, 2, "none"), "is missing")
}

// TestBadRecords: records that are sound but hold no image for the model are
// rejected with a reason and counted.
func TestBadRecords(t *testing.T) {
	shards, groups := makeShards(t, 40, 1)
	ims := groups[0]
	ims[3].Height, ims[3].Pixels = side/2, ims[3].Pixels[:side*side/2]
	ims[5].Bits, ims[5].Pixels = 16, make([]byte, side*side*2)
	var recs [][]byte
	for i := range ims {
		recs = append(recs, records.Append(nil, &ims[i]))
	}
	recs[7] = []byte("no Example at all")
	changeShard(t, shards, 0, true, func([]byte, *schemas.ShardInfo) []byte { return frame(t, recs, false) })

	c := configOf(t, shards, makeModel(t, denseArch, false))
	r := mustRun(t, c)
	if m := r.Manifest; m.Records != 40 || m.Rows != 37 || m.Rejected != 3 {
		t.Errorf("%d records, %d rows, %d rejected; want 40, 37, 3", m.Records, m.Rows, m.Rejected)
	}
	got := map[string]string{}
	for _, row := range readErrors(t, c.Output) {
		got[row.Name] = row.Stage + " " + row.Reason
	}
	want := map[string]string{ims[3].Filename: "record wrong_size", ims[5].Filename: "record wrong_depth",
		schemas.ShardName(0, 1, "none") + "#7": "record corrupt"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors.jsonl (-want +got):\n%s", diff)
	}
	rows, _ := readRows(t, filepath.Join(c.Output, schemas.LatentsName(0, 1)))
	if rows[3].Record != 4 || rows[3].ImageID != ims[4].Filename {
		t.Errorf("row 3 is record %d, %s; want record 4", rows[3].Record, rows[3].ImageID)
	}
}

func readErrors(t *testing.T, dir string) (rows []schemas.ErrorRow) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, schemas.LatentsErrorsFile))
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); {
		var row schemas.ErrorRow
		if err := dec.Decode(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// TestNotFinite: weights at the edge of float32 overflow for bright images.
func TestNotFinite(t *testing.T) {
	shards, groups := makeShards(t, 20, 1)
	ims := groups[0]
	for i := range ims {
		if i != 4 {
			clear(ims[i].Pixels)
		}
	}
	var recs [][]byte
	for i := range ims {
		recs = append(recs, records.Append(nil, &ims[i]))
	}
	changeShard(t, shards, 0, true, func([]byte, *schemas.ShardInfo) []byte { return frame(t, recs, false) })

	c := configOf(t, shards, hugeModel(t))
	r := mustRun(t, c)
	if r.Manifest.Rows != 19 || r.Manifest.Rejected != 1 {
		t.Errorf("%d rows, %d rejected; want 19, 1", r.Manifest.Rows, r.Manifest.Rejected)
	}
	rows := readErrors(t, c.Output)
	if len(rows) != 1 || rows[0].Name != ims[4].Filename || rows[0].Reason != schemas.ReasonNotFinite {
		t.Errorf("errors.jsonl: %+v", rows)
	}
}

// TestErrorNotFinite: a decoder at the edge of float32 overflows for bright images, which are
// rejected as those are that the encoder gives no numbers for; without the decoder they are
// encoded. Where no image is left, the model is named.
func TestErrorNotFinite(t *testing.T) {
	a, err := model.ParseArch([]byte(`{"family":"dense","input":{"height":8,"width":8},"latent":5,"widths":[16],"activations":{"output":"linear"}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Arch: a, Encoder: randomWeights(a.EncoderWeights()), Decoder: randomWeights(a.DecoderWeights())}
	fill := func(weights model.Weights, kernel float32) {
		for _, w := range weights {
			for i := range w.Data {
				if w.Data[i] = 0; len(w.Shape) > 1 {
					w.Data[i] = kernel
				}
			}
		}
	}
	fill(m.Encoder, 1)
	fill(m.Decoder, 1e15)
	shards, groups := makeShards(t, 20, 1)
	ims := groups[0]
	write := func() {
		var recs [][]byte
		for i := range ims {
			recs = append(recs, records.Append(nil, &ims[i]))
		}
		changeShard(t, shards, 0, true, func([]byte, *schemas.ShardInfo) []byte { return frame(t, recs, false) })
	}
	for i := range ims {
		if i != 4 {
			clear(ims[i].Pixels)
		}
	}
	write()
	c := configOf(t, shards, writeModel(t, m))
	c.Reconstruct = true
	r := mustRun(t, c)
	rows := readErrors(t, c.Output)
	if r.Manifest.Rows != 19 || len(rows) != 1 || rows[0].Name != ims[4].Filename || rows[0].Reason != schemas.ReasonNotFinite ||
		!strings.Contains(rows[0].Detail, "the squared error of its reconstruction is +Inf") {
		t.Errorf("%d rows, errors.jsonl: %+v", r.Manifest.Rows, rows)
	}
	if of := r.Manifest.Reconstructed; of == nil || of.Images != 19 {
		t.Errorf("reconstructed: %+v", of)
	}
	alone := configOf(t, shards, c.Model)
	if r := mustRun(t, alone); r.Manifest.Rows != 20 {
		t.Errorf("%d rows without the decoder", r.Manifest.Rows)
	}
	for i := range ims {
		ims[i].Pixels = bytes.Repeat([]byte{200}, len(ims[i].Pixels))
	}
	write()
	c.Output = filepath.Join(t.TempDir(), "latents")
	if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), "choose another Config.Model than "+c.Model) {
		t.Errorf("plan: %v", err)
	}
	wantError(t, c, "none of the 20 images", ims[0].Filename, "is +Inf", "choose another Config.Model than "+c.Model, "without Config.Reconstruct")
}

func TestRefusals(t *testing.T) {
	shards, _ := makeShards(t, 40, 2)
	good := configOf(t, shards, makeModel(t, denseArch, false))
	t.Run("shape", func(t *testing.T) {
		c := good
		c.Model = makeModel(t, strings.ReplaceAll(denseArch, ":8", ":28"), false)
		wantError(t, c, "takes 28x28 8-bit images", "hold 8x8 8-bit")
	})
	t.Run("no decoder", func(t *testing.T) {
		c := good
		c.Reconstruct = true
		wantError(t, c, "no decoder", "Config.Reconstruct")
	})
	t.Run("no model", func(t *testing.T) {
		c := good
		c.Model = t.TempDir()
		wantError(t, c, c.Model, "no model.json")
	})
	t.Run("no shards", func(t *testing.T) {
		c := good
		c.Shards = t.TempDir()
		wantError(t, c, c.Shards, "shards.json")
		write(t, filepath.Join(c.Shards, schemas.CollectionFile), []byte("{}"))
		wantError(t, c, c.Shards, "has not finished")
	})
	t.Run("foreign output", func(t *testing.T) {
		c := good
		c.Output = t.TempDir()
		write(t, filepath.Join(c.Output, "thesis.docx"), nil)
		wantError(t, c, "thesis.docx", "Config.Output")
	})
	t.Run("table of other images", func(t *testing.T) {
		c := good
		c.MetadataCSV = filepath.Join(t.TempDir(), "m.csv")
		write(t, c.MetadataCSV, []byte("filename,x\nother.tif,1\n"))
		wantError(t, c, "m.csv", "no row for any of the images", `its filename must hold their file names as in the shards; its first row names "other.tif", an image in the shards is "`)
	})
	for part, change := range map[string]func(*Config){
		"Config.Shards":      func(c *Config) { c.Shards = "" },
		"Config.Model":       func(c *Config) { c.Model = "" },
		"Config.Output":      func(c *Config) { c.Output = "" },
		"Config.Layout=tall": func(c *Config) { c.Layout = "tall" },
		"Config.Batch=0":     func(c *Config) { c.Batch = 0 },
		"Config.Size":        func(c *Config) { c.Size.Height = 5 },
		"no named group":     func(c *Config) { c.MetadataPattern = `(\d)` },
		"regular expression": func(c *Config) { c.MetadataPattern = `(` },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("Validate = %v, want %q", err, part)
		}
	}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate = %v for a good configuration", err)
	}
}

// TestForeignShards reads shards of another program: other features, no size,
// gzip beside plain, no manifest.
func TestForeignShards(t *testing.T) {
	dir := t.TempDir()
	ims := makeImages(30)
	var recs [2][][]byte
	for i, im := range ims {
		recs[i%2] = append(recs[i%2], tfrecord.AppendExample(nil,
			tfrecord.BytesFeature("pixels", im.Pixels), tfrecord.BytesFeature("id", []byte(im.Filename))))
	}
	write(t, filepath.Join(dir, "b.tfrecord"), frame(t, recs[0], false))
	write(t, filepath.Join(dir, "a.tfrecords.gz"), frame(t, recs[1], true))
	write(t, filepath.Join(dir, "notes.txt"), nil)
	c := configOf(t, dir, makeModel(t, denseArch, false))
	c.ImageFeature, c.NameFeature = "pixels", "id"
	r := mustRun(t, c)
	if m := r.Manifest; m.Rows != 30 || len(m.Files) != 2 || m.Files[0].Shard != "a.tfrecords.gz" || m.Files[1].Shard != "b.tfrecord" {
		t.Errorf("manifest %+v", m)
	}
	if again := mustRun(t, c); again.Made != 0 {
		t.Errorf("a second run encoded %d shards", again.Made)
	}
	one := c
	one.Shards, one.Output = filepath.Join(dir, "b.tfrecord"), filepath.Join(t.TempDir(), "one")
	if r := mustRun(t, one); r.Manifest.Rows != 15 {
		t.Errorf("one file: %d rows, want 15", r.Manifest.Rows)
	}
	wrong := c
	wrong.ImageFeature = "image_raw"
	wrong.Output = filepath.Join(t.TempDir(), "wrong")
	wantError(t, wrong, "none of the 30 images", "image_raw")
}

// TestMetadata joins a table to the groups of the pattern.
func TestMetadata(t *testing.T) {
	shards, groups := makeShards(t, 30, 1)
	table := filepath.Join(t.TempDir(), "table.csv")
	write(t, table, []byte("\ufeffsource image,filename,Metadata_site\n\"a, b\","+groups[0][0].Filename+",7\n"))
	c := configOf(t, shards, makeModel(t, denseArch, false))
	c.MetadataCSV = table
	r := mustRun(t, c)
	if r.Matched != 1 {
		t.Errorf("%d images matched, want 1", r.Matched)
	}
	want := []string{"Metadata_run", "Metadata_site", "Metadata_source_image", "Metadata_well"}
	if diff := cmp.Diff(want, r.Manifest.Spec.Metadata); diff != "" {
		t.Fatalf("columns (-want +got):\n%s", diff)
	}
	rows, _ := readRows(t, filepath.Join(c.Output, schemas.LatentsName(0, 1)))
	dirs := strings.Split(groups[0][0].Filename, "/")
	if diff := cmp.Diff([]string{dirs[0], "7", "a, b", dirs[1]}, rows[0].Metadata); diff != "" {
		t.Errorf("row 0 (-want +got):\n%s", diff)
	}
	if rows[1].Metadata[1] != "" || rows[1].Metadata[0] == "" {
		t.Errorf("row 1 has metadata %q", rows[1].Metadata)
	}
	for text, want := range map[string]string{
		"a,b\n1,2\n":                   "image_id or file_name or filename",
		"":                             "no header line",
		"filename,x\na,1\na,2\n":       "line 3 names image \"a\" a second time",
		"filename,x\na,1,2\n":          "wrong number of fields",
		"filename,x y,x.y\na,1,2\n":    "Metadata_x_y is given twice",
		"filename,Metadata_run\na,1\n": "Metadata_run is given twice",
	} {
		write(t, table, []byte(text))
		c.Output = filepath.Join(t.TempDir(), "x")
		wantError(t, c, want)
	}
}
