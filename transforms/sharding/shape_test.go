package sharding

import (
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/runtest"
)

// picture writes a PNG of any shape whose largest sample is top.
func picture(t *testing.T, name string, h, w, channels, bits, top int) {
	t.Helper()
	r := image.Rect(0, 0, w, h)
	var im image.Image
	switch {
	case channels == 3:
		rgba := image.NewRGBA(r)
		for i := range rgba.Pix {
			rgba.Pix[i] = 255
		}
		im = rgba
	case bits == 16:
		g := image.NewGray16(r)
		g.SetGray16(0, 0, color.Gray16{Y: uint16(top)})
		im = g
	default:
		g := image.NewGray(r)
		g.SetGray(0, 0, color.Gray{Y: uint8(top)})
		im = g
	}
	savePNG(t, name, im)
}

// TestTheMostFrequentShape: one odd file decides nothing, what does not fit is named
// with the flags that keep it, and a collection of which most would be left out is
// refused, by the plan as by the run.
func TestTheMostFrequentShape(t *testing.T) {
	t.Run("one odd file first by name", func(t *testing.T) {
		in, out := t.TempDir(), t.TempDir()
		picture(t, filepath.Join(in, "00_overview.png"), 64, 60, 1, 8, 200)
		for i := range 12 {
			picture(t, filepath.Join(in, fmt.Sprintf("cell_%d.png", i)), 20, 16, 1, 8, 200)
		}
		for i := range 5 {
			picture(t, filepath.Join(in, fmt.Sprintf("rgb_%d.png", i)), 20, 16, 3, 8, 200)
		}
		for i := range 3 {
			picture(t, filepath.Join(in, fmt.Sprintf("deep_%d.png", i)), 20, 16, 1, 16, 60000)
		}
		r := mustRun(t, config(in, out))
		if m := r.Manifest; m.Image != (schemas.ImageShape{Height: 20, Width: 16, Channels: 1, Bits: 8}) || m.Written != 12 {
			t.Errorf("%v, %d written", m.Image, m.Written)
		}
		want := []string{
			"1 has another size, 64x60, than 20x16 (height x width): Config.Fit=pad Config.Size=64x60 keeps it, in black; Config.Fit=resize changes its scale",
			"another depth: 5 RGB, 3 of 16 bits, where the collection is gray of 8 bits: Config.Bits=8",
		}
		for range 2 { // the second time from what stands
			notes := strings.Join(r.Notes, "\n")
			for _, w := range want {
				if !strings.Contains(notes, w) {
					t.Errorf("no %q in:\n%s", w, notes)
				}
			}
			r = mustRun(t, config(in, out))
		}
		// A finished folder that grows keeps its size, whatever the majority is now.
		for i := range 14 {
			picture(t, filepath.Join(in, fmt.Sprintf("new_%d.png", i)), 24, 24, 1, 8, 200)
		}
		if _, err := Run(t.Context(), config(in, out), nil); err == nil || !strings.Contains(err.Error(), "23 of 35 images") {
			t.Errorf("most images are left out: %v", err)
		}
		c := config(in, out)
		c.Overwrite = true
		if _, err := Run(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "23 of 35 images") {
			t.Errorf("no shape has a majority: %v", err)
		}
	})
	t.Run("each its own size", func(t *testing.T) {
		in, out := t.TempDir(), t.TempDir()
		for i := range 40 {
			picture(t, filepath.Join(in, fmt.Sprintf("%02d.png", i)), 18+i, 18+i, 1, 8, 200)
		}
		c := config(in, out)
		_, err := Run(t.Context(), c, nil)
		_, planned := Plan(t.Context(), c)
		if err == nil || planned == nil || err.Error() != planned.Error() ||
			!strings.Contains(err.Error(), "39 have other sizes, 18x18 to 56x56, than 57x57 (height x width): Config.Fit=pad Config.Size=60x60 keeps them") {
			t.Errorf("run: %v\nplan: %v", err, planned)
		}
		c.Fit, c.Size.Height, c.Size.Width = "pad", 60, 60
		if m := mustRun(t, c).Manifest; m.Written != 40 {
			t.Errorf("%d written", m.Written)
		}
		c = config(in, t.TempDir())
		c.Size.Height, c.Size.Width = 20, 20 // chosen: then it is meant
		if m := mustRun(t, c).Manifest; m.Written != 1 {
			t.Errorf("%d written", m.Written)
		}
		c.Output, c.Size.Height, c.Size.Width = t.TempDir(), 12, 12 // but not that nothing is left
		if _, err := Run(t.Context(), c, runtest.Direct); err == nil ||
			!strings.Contains(err.Error(), "none of 40 images was written: 40 have other sizes, 18x18 to 57x57, than 12x12") {
			t.Errorf("no image has the size: %v", err)
		}
		if _, err := os.Stat(filepath.Join(c.Output, schemas.ShardsFile)); err == nil {
			t.Error("the folder counts as finished")
		}
	})
}

// TestOtherChannelsAreNoDepth: images that were left out for their channels are not said to have another depth.
func TestOtherChannelsAreNoDepth(t *testing.T) {
	for _, c := range []struct {
		gray int
		want string
	}{
		{0, "other channels: 2, where the collection is 3 channels of 16 bits"},
		{1, "another depth or other channels: 2 of other channels, 1 gray, where the collection is 3 channels of 16 bits"},
	} {
		m := &misfits{fit: images.Fit{Shape: schemas.ImageShape{Height: 8, Width: 8, Channels: 3, Bits: 16}, Channels: images.Channels{Of: make([]schemas.Channel, 3)}}}
		m.kind(otherChannels, 2)
		if c.gray > 0 {
			m.kind("gray", c.gray)
		}
		if got := strings.Join(m.lines(), "\n"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestSamplesThatUseLittleOfTheirRange: shards and plan say what full scale was taken, and warn of samples that may
// be classes, when shards are made and when they stand, in part, too.
func TestSamplesThatUseLittleOfTheirRange(t *testing.T) {
	for _, c := range []struct {
		bits, top int
		mode      string
		says      string
	}{
		{16, 3014, "keep", "full scale 4,095, the smallest of 8, 10, 12, 14 and 16 bits that holds all pixels: the brightest pixel of 8 images has 3,014"},
		{16, 4095, "8", "full scale 4,095 became 255: the brightest pixel of 8 images has 4,095"},
		{16, 4096, "keep", "full scale 16,383"},
		{16, 1000, "keep", "full scale 1,023"},
		{16, 200, "keep", "full scale 255"},
		{16, 200, "8", "full scale 255 became 255"},
		{16, 15, "keep", "warning: no pixel of 8 images exceeds 15 of 255: 4 bits would hold them, and 1 to 15 may be numbers of classes"},
		{16, 16383, "keep", "full scale 16,383"},
		{16, 16384, "keep", ""},
		{16, 65535, "8", ""},
		{8, 15, "keep", "exceeds 15 of 255: 4 bits would hold them"},
		{8, 16, "keep", ""},
		{8, 0, "keep", "all are black"},
	} {
		in, out := t.TempDir(), t.TempDir()
		for i := range 8 {
			picture(t, filepath.Join(in, fmt.Sprintf("%d.png", i)), 8, 8, 1, c.bits, c.top*(i+1)/8)
		}
		cfg := config(in, out)
		cfg.Bits, cfg.Shards = c.mode, 3
		plan, err := Plan(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{"plan": strings.Join(plan.Notes, "\n"), "run": strings.Join(mustRun(t, cfg).Notes, "\n")}
		texts["again"] = strings.Join(mustRun(t, cfg).Notes, "\n")
		if err := os.Remove(filepath.Join(out, schemas.ShardName(1, 3, cfg.Compression))); err != nil {
			t.Fatal(err)
		}
		texts["resumed"] = strings.Join(mustRun(t, cfg).Notes, "\n")
		for what, text := range texts {
			if c.says == "" && text != "" || !strings.Contains(text, c.says) {
				t.Errorf("%d bits, %d, Config.Bits=%s: %s: no %q in %q", c.bits, c.top, c.mode, what, c.says, text)
			}
		}
	}
}

// TestPatternsThatFindNothing are refused before anything is made; one line shows what
// others find.
func TestPatternsThatFindNothing(t *testing.T) {
	in := t.TempDir()
	for i := range 6 {
		picture(t, filepath.Join(in, fmt.Sprintf("r%d/w%d_x.png", i%2, i)), 8, 8, 1, 8, 200)
	}
	c := config(in, t.TempDir())
	c.MetadataPattern = `^(?P<run>r\d)/(?P<well>w[0-3])?`
	notes := strings.Join(mustRun(t, c).Notes, "\n")
	for _, want := range []string{"Metadata_run: 3 r0, 3 r1, 0 without", "Metadata_well: 1 w0, 1 w1, 1 w2, 1 w3, 2 without"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no %q in:\n%s", want, notes)
		}
	}
	for _, change := range []func(*Config){
		func(c *Config) { c.MetadataPattern = `(?P<plate>P\d+)` },
		func(c *Config) { c.Listing.LabelPattern = `well_(\d+)` },
	} {
		c := config(in, t.TempDir())
		change(&c)
		_, err := Run(t.Context(), c, nil)
		_, planned := Plan(t.Context(), c)
		if err == nil || planned == nil || !strings.Contains(err.Error(), "in any of the 6 names, e.g. in \"r0/w0_x.png\"") {
			t.Errorf("%v, planned %v", err, planned)
		}
	}
}
