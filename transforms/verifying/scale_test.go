package verifying

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
)

// deep makes shards of pictures of 12 bits in 16, which say the size of their pixels; in the folder "shards".
func deep(t *testing.T, change func(i int, p *runtest.TIFF), choose func(*sharding.Config)) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 30 {
		p := runtest.TIFF{Height: side, Width: side, Pixels: make([]uint16, side*side), Microns: 0.65}
		for k := range p.Pixels {
			p.Pixels[k] = uint16((3000 + i) * k / (side*side - 1))
		}
		change(i, &p)
		p.Write(t, filepath.Join(dir, "input", fmt.Sprintf("c%02d.tif", i)))
	}
	c := sharding.DefaultConfig()
	c.Listing, c.Output, c.Shards = listing.Config{Inputs: []string{filepath.Join(dir, "input")}}, filepath.Join(dir, "shards"), 3
	choose(&c)
	_, err := sharding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
	return dir
}

// TestPixelsOfShards: full scale, size of a pixel and notes are compared with records and parts; what cannot be is
// named.
func TestPixelsOfShards(t *testing.T) {
	dir := deep(t, func(i int, p *runtest.TIFF) { p.MinIsWhite = i == 3 }, func(*sharding.Config) {})
	if problems := verify(t, dir, "shards"); len(problems) > 0 { // 65535-v of what is white in the file
		t.Fatal(problems)
	}
	dir = deep(t, func(i int, p *runtest.TIFF) { p.Stated = 4095 }, func(*sharding.Config) {})
	stated := dir
	dir = deep(t, func(i int, p *runtest.TIFF) {}, func(*sharding.Config) {})
	for _, c := range []struct {
		dir    string
		change func(*schemas.ShardsManifest)
		want   string
	}{
		{dir, func(*schemas.ShardsManifest) {}, ""},
		{stated, func(*schemas.ShardsManifest) {}, ""},
		{dir, func(m *schemas.ShardsManifest) { m.FullScale = 16383 }, "the full scale is 16383 by the pixels, of which the largest, of image \"c29.tif\", is 3029: that gives 4095"},
		{dir, func(m *schemas.ShardsManifest) { m.FullScale = 1023 }, "the full scale is 1023, and image \"c29.tif\" has 3029"},
		{dir, func(m *schemas.ShardsManifest) { m.FullScale, m.FullScaleFrom = 3000, schemas.FromKept }, "the full scale is 3000, and image"},
		{dir, func(m *schemas.ShardsManifest) { m.FullScale, m.FullScaleFrom = 16383, schemas.FromStated }, "by 3 parts in _state 0 of 30 state 0 at most"},
		{stated, func(m *schemas.ShardsManifest) { m.FullScale = 8191 }, "30 of 30 state 4095 at most"},
		{dir, func(m *schemas.ShardsManifest) { m.MicronsPerPixel = 0.66 }, "the size of a pixel is 0.66 microns as files state; by the parts in _state they state 0.65"},
		{dir, func(m *schemas.ShardsManifest) { m.MicronsPerPixel, m.MicronsFrom = 0, "" }, "the size of a pixel is not said; by the parts in _state files state 0.65"},
		{dir, func(m *schemas.ShardsManifest) { m.Notes = map[string]int64{"x": 2} }, "the notes are map[x:2]"},
		{dir, func(m *schemas.ShardsManifest) { m.Notes = map[string]int64{"x": 31} }, "note \"x\" of 31 of 30 images"},
		{dir, func(m *schemas.ShardsManifest) { m.SizeRule = "p0" }, "size rule"},
		{dir, func(m *schemas.ShardsManifest) { m.FullScale = 65535 }, "full scale 65535: must be 1 to 65534"},
		{dir, func(m *schemas.ShardsManifest) { m.FullScaleFrom = "me" }, "full scale from \"me\""},
	} {
		name := filepath.Join(c.dir, "shards", schemas.ShardsFile)
		data, err := os.ReadFile(name)
		check(t, err)
		var m schemas.ShardsManifest
		check(t, json.Unmarshal(data, &m))
		c.change(&m)
		forged, err := schemas.MarshalJSON(m)
		check(t, err)
		check(t, os.WriteFile(name, forged, 0o666))
		problems := verify(t, c.dir, "shards")
		if (c.want == "") != (len(problems) == 0) || !strings.Contains(strings.Join(problems, "\n"), c.want) {
			t.Errorf("%q, want %q", problems, c.want)
		}
		check(t, os.WriteFile(name, data, 0o666))
	}
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "shards")})
	check(t, err)
	if text := strings.Join(r.Checked, "\n"); !strings.Contains(text, "the full scale 4095 against the largest of all pixels, 3029") {
		t.Errorf("not said: %s", text)
	}
	check(t, os.RemoveAll(filepath.Join(dir, "shards", schemas.StateDir)))
	r, err = Run(t.Context(), Config{Input: filepath.Join(dir, "shards")})
	check(t, err)
	named := func(line string) bool {
		return strings.Contains(line, "since parts of _state are missing: full_scale 4095 from \"pixels\", microns_per_pixel 0.65 from \"stated\"")
	}
	if !slices.ContainsFunc(r.Unchecked, named) || len(r.Problems) > 0 {
		t.Errorf("%q, %q", r.Unchecked, r.Problems)
	}
}

// TestFieldsOfPixels changes everything in shards.json and in a part of a collection that says much of its pixels.
func TestFieldsOfPixels(t *testing.T) {
	t.Setenv("EXEMPLAR_FIELDS", "all")
	dir := deep(t, func(i int, p *runtest.TIFF) { p.Stated = 4095 }, func(c *sharding.Config) { c.SizeRule = schemas.SizeLargest })
	unnoticed, n := changed(t, dir, "shards", schemas.ShardsFile, "", func(*schemas.ShardsManifest) error { return nil })
	for path, text := range unnoticed {
		field, _, _ := strings.Cut(strings.TrimPrefix(path, "."), " ")
		if !strings.Contains(text, field) && !strings.Contains(text, "code_version") {
			t.Errorf("%s was changed, and neither noticed nor named", path)
		}
	}
	t.Logf("%d kinds of changes, not noticed %d", n, len(unnoticed))
}
