package reporting

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// beside returns a folder that lies beside the selection.
func (c Config) beside(name string) string { return filepath.Join(filepath.Dir(c.Selection), name) }

// change replaces bytes of a file.
func change(t *testing.T, name, old, new string) {
	t.Helper()
	data, err := os.ReadFile(name)
	check(t, err)
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("%s does not hold %q", name, old)
	}
	check(t, os.WriteFile(name, bytes.Replace(data, []byte(old), []byte(new), 1), 0o666))
}

// TestOpen: folders that belong together are taken, named or beside the selection.
func TestOpen(t *testing.T) {
	c := linear(t)
	s, err := Open(t.Context(), c)
	check(t, err)
	if s.in.model == nil || s.in.shardsDir != c.Shards || s.in.collection == nil || len(s.Notes()) > 0 {
		t.Errorf("named: model %v, shards %q, collection %v, notes %q", s.in.model != nil, s.in.shardsDir, s.in.collection != nil, s.Notes())
	}
	one, err := s.Fingerprint("figure")
	check(t, err)
	if other, err := s.Fingerprint("none"); err != nil || other == one || len(one) != 64 {
		t.Errorf("fingerprints %q and %q, %v", one, other, err)
	}
	check(t, os.Rename(c.Latents, c.beside("latents")))
	check(t, os.Rename(c.Model, c.beside("model")))
	c.Latents, c.Shards, c.Model = "", "", ""
	if s, err = Open(t.Context(), c); err != nil || s.in.model == nil || s.in.shardsDir == "" || s.in.latentsDir == "" {
		t.Fatalf("beside: %v", err)
	}
	check(t, os.RemoveAll(c.beside("model")))
	check(t, os.RemoveAll(c.beside("shards")))
	if s, err = Open(t.Context(), c); err != nil || s.in.model != nil || s.in.shardsDir != "" {
		t.Errorf("without model and shards: %v", err)
	}
}

// TestOpenOthers: folders that do not belong to the selection, or were changed, are
// refused in one line that names the folder; those that nobody named are left out.
func TestOpenOthers(t *testing.T) {
	for what, c := range map[string]struct {
		change func(c *Config)
		want   string
		more   []string // folders
	}{
		"no selection":    {func(c *Config) { c.Selection = c.Latents }, "holds no selection.json: name a folder that select has finished", nil},
		"changed picks":   {func(c *Config) { change(t, filepath.Join(c.Selection, schemas.SelectionParquet), "PAR1", "PAR2") }, "selection.parquet is not the file that selection.json lists", nil},
		"changed centers": {func(c *Config) { change(t, filepath.Join(c.Selection, schemas.CentersParquet), "PAR1", "PAR2") }, "centers.parquet is not the file that selection.json lists", nil},
		"changed selection": {func(c *Config) {
			change(t, filepath.Join(c.Selection, schemas.SelectionFile), `"picks": `, `"picks": 1`)
		}, "selection.json was changed since it was written", nil},
		"a selection cut off":  {func(c *Config) { check(t, os.Truncate(filepath.Join(c.Selection, schemas.SelectionFile), 100)) }, "selection.json is damaged", nil},
		"no latents":           {func(c *Config) { c.Latents = c.Shards }, "holds no _latents.json: name the folder of the latents", nil},
		"none beside":          {func(c *Config) { c.Latents = "" }, "there is no folder latents/ beside", nil},
		"other latents":        {func(c *Config) { c.Latents = c.beside("latents-conv") }, "was made from other latents than those in", []string{"latents-conv"}},
		"no shards":            {func(c *Config) { c.Shards = c.Model }, "holds no shards.json: name the folder of the shards that were encoded", nil},
		"other shards":         {func(c *Config) { c.Shards = c.beside("shards-gzip") }, "holds other shards than those that", []string{"shards-gzip"}},
		"no model":             {func(c *Config) { c.Model = c.Shards }, "holds no model.json", nil},
		"other model":          {func(c *Config) { c.Model = c.beside("model-conv") }, "is not the one that", []string{"model-conv"}},
		"a damaged model":      {func(c *Config) { check(t, os.Truncate(filepath.Join(c.Model, schemas.EncoderFile), 100)) }, "encoder.safetensors", nil},
		"shards of vectors":    {func(c *Config) { c.Selection, c.Latents = c.beside("selection-npy"), "" }, "was made from vectors of another program, which have no image shards", []string{"selection-npy"}},
		"the model of vectors": {func(c *Config) { c.Selection, c.Latents, c.Shards = c.beside("selection-npy"), "", "" }, "was made from vectors of another program; leave it out", []string{"selection-npy"}},
	} {
		t.Run(what, func(t *testing.T) {
			config := linear(t, c.more...)
			c.change(&config)
			_, err := Open(t.Context(), config)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v, want one line with %q", err, c.want)
			}
		})
	}
	c := linear(t, "model-conv", "shards-gzip")
	check(t, os.Rename(c.beside("model-conv"), c.beside("model")))
	check(t, os.RemoveAll(c.Shards))
	check(t, os.Rename(c.beside("shards-gzip"), c.Shards))
	c.Shards, c.Model = "", ""
	s, err := Open(t.Context(), c)
	check(t, err)
	if s.in.model != nil || s.in.shardsDir != "" || !strings.Contains(strings.Join(s.Notes(), "\n"), "is not what the selection was made from: name the folder with") {
		t.Errorf("others beside: model %v, shards %q, notes %q", s.in.model != nil, s.in.shardsDir, s.Notes())
	}
}

// TestOtherLatentsFile: a file of latents that is not the one that the manifest lists is
// an error where it is read.
func TestOtherLatentsFile(t *testing.T) {
	c := linear(t, "latents-conv", "latents-wide")
	for _, other := range []string{"latents-conv", "latents-linear"} { // of another model; of other rows
		s, err := Open(t.Context(), c)
		check(t, err)
		files := s.in.latents.Files
		from := files[1].File
		if other == "latents-conv" {
			from = files[0].File
		}
		data, err := os.ReadFile(filepath.Join(c.beside(other), from))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(c.Latents, files[0].File), data, 0o666))
		_, _, err = s.in.openFile(t.Context(), files[0])
		if err == nil || !strings.Contains(err.Error(), files[0].File+" is not the file that _latents.json lists: encode again") {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// TestExtent: a plan says how much is read.
func TestExtent(t *testing.T) {
	c := linear(t)
	s, err := Open(t.Context(), c)
	check(t, err)
	shards, _, err := outdir.ReadJSON[schemas.ShardsManifest](t.Context(), filepath.Join(c.Shards, schemas.ShardsFile))
	check(t, err)
	want := Extent{Rows: s.in.latents.Rows, Picks: s.in.selection.Picks, Dimension: 4, Latents: c.Latents, Shards: c.Shards, Model: c.Model,
		Images: shards.Written, Image: shards.Image}
	if got := s.Extent(); got != want || got.Rows != got.Images || got.Rows == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	for what, c := range map[string]Config{"Config.Selection is missing": {}, "Config.Embedding=isomap": {Selection: "s", Embedding: "isomap"}} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, name := range []string{EmbeddingUMAP, EmbeddingTSNE} {
		if err := (Config{Selection: "s", Embedding: name}).Validate(); err != nil {
			t.Error(err)
		}
	}
}
