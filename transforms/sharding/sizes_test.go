package sharding

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/runtest"
)

// TestSizeRules: the size is that which the definition of each rule gives for the sizes of all images.
func TestSizeRules(t *testing.T) {
	in := t.TempDir()
	var heights, widths []int
	for i := range 120 {
		h, w := 18+i*7%42, 20+i*11%31
		switch i % 6 {
		case 0:
			h, w = 25, 33
			picture(t, filepath.Join(in, fmt.Sprintf("p%03d.png", i)), h, w, 1, 16, 60000)
		default:
			ramp(h, w, 60000).Write(t, filepath.Join(in, fmt.Sprintf("p%03d.tif", i)))
		}
		heights, widths = append(heights, h), append(widths, w)
	}
	if err := os.WriteFile(filepath.Join(in, "q.tif"), []byte("no image"), 0o666); err != nil {
		t.Fatal(err)
	}
	at := func(of []int, percent float64) int { // the smallest that at least so many do not exceed
		of = slices.Sorted(slices.Values(of))
		v := of[int(math.Ceil(percent/100*float64(len(of))))-1]
		return (v + 3) / 4 * 4
	}
	for rule, want := range map[string]schemas.Size{
		"largest":  {Height: at(heights, 100), Width: at(widths, 100)},
		"p95":      {Height: at(heights, 95), Width: at(widths, 95)},
		"p50":      {Height: at(heights, 50), Width: at(widths, 50)},
		"p1":       {Height: at(heights, 1), Width: at(widths, 1)},
		"frequent": {Height: 25, Width: 33},
	} {
		c := config(in, filepath.Join(t.TempDir(), "out"))
		c.SizeRule, c.Fit = rule, "resize"
		r := mustRun(t, c)
		m := r.Manifest
		if m.Image.Height != want.Height || m.Image.Width != want.Width || m.SizeRule != rule || m.Written != 120 {
			t.Errorf("%s: %v by %q, %d written, want %v", rule, m.Image, m.SizeRule, m.Written, want)
		}
		if !strings.Contains(joined(r), fmt.Sprintf("size %dx%d (height x width), ", want.Height, want.Width)) || !strings.Contains(joined(r), "of those of 120 images, 25x20 to 53x50") {
			t.Errorf("%s: not said: %q", rule, joined(r))
		}
		ramp(90, 90, 60000).Write(t, filepath.Join(in, "r.tif")) // it stays when the collection grows
		again := mustRun(t, c)
		if again.Manifest.Image != m.Image || again.Manifest.SizeRule != rule || strings.Contains(joined(again), "changed nothing") {
			t.Errorf("%s: grown to %v by %q: %q", rule, again.Manifest.Image, again.Manifest.SizeRule, joined(again))
		}
		c.SizeRule = "p77"
		if r := mustRun(t, c); !strings.Contains(joined(r), "Config.SizeRule=p77 changed nothing: the folder keeps its size") {
			t.Errorf("%s: another rule: %q", rule, joined(r))
		}
		if err := os.Remove(filepath.Join(in, "r.tif")); err != nil {
			t.Fatal(err)
		}
	}
	c := config(in, filepath.Join(t.TempDir(), "out"))
	c.SizeRule, c.Fit = "largest", "pad"
	if r := mustRun(t, c); r.Manifest.Written != 120 {
		t.Errorf("padded to the largest, %d are written", r.Manifest.Written)
	}
	c = config(in, filepath.Join(t.TempDir(), "out"))
	c.SizeRule = "largest"
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "do not have the size that Config.SizeRule=largest gives") || strings.Contains(err.Error(), "is meant") {
		t.Errorf("rejecting all that is smaller: %v", err)
	}
}

// TestOtherSizesAreSaid: the refusal of a collection of many sizes says which there are, and what keeps all.
func TestOtherSizesAreSaid(t *testing.T) {
	write := func(n int) string {
		in := t.TempDir()
		for i := range n {
			ramp(18+i%42, 18+i%42, 60000).Write(t, filepath.Join(in, fmt.Sprintf("c%04d.tif", i)))
		}
		return in
	}
	for n, wants := range map[int][]string{
		400:  {"of 400 images do not have the most frequent shape", "18x18 to 59x59", "Config.Fit=pad Config.Size=60x60 keeps them"},
		1300: {"of 1,000 images that were looked at do not have", "18x18 to 59x59", "Config.Fit=pad Config.SizeRule=largest keeps all"},
	} {
		_, err := Run(t.Context(), config(write(n), filepath.Join(t.TempDir(), "out")), runtest.Direct)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}

// TestMicrons: the size of a pixel as files state it, as given, and refused where it differs.
func TestMicrons(t *testing.T) {
	write := func(microns ...float64) string {
		in := t.TempDir()
		for i, m := range microns {
			p := ramp(8, 8+i%2*8, 60000)
			if i%2 == 1 {
				p.Height = 16
				p.Pixels = append(p.Pixels, p.Pixels...)
			}
			p.Microns = m
			p.Write(t, filepath.Join(in, fmt.Sprintf("c%d.tif", i)))
		}
		return in
	}
	for name, c := range map[string]struct {
		microns []float64
		given   float64
		fit     string
		want    float64
		from    string
		says    string
	}{
		"stated":         {[]float64{0.65, 0.65, 0.65}, 0, "pad", 0.65, schemas.FromStated, "microns per pixel: 0.65, as the files state"},
		"nearly":         {[]float64{0.65, 0.6504, 0.65}, 0, "pad", 0.65, schemas.FromStated, ""},
		"some":           {[]float64{0.65, 0, 0}, 0, "pad", 0.65, schemas.FromStated, "microns per pixel: 0.65, as 1 of 3 images say; the others do not say it"},
		"none":           {[]float64{0, 0}, 0, "pad", 0, "", ""},
		"differ":         {[]float64{0.65, 0.66, 0.65}, 0, "pad", 0, "", "c0.tif says 0.65 microns a pixel, c1.tif 0.66: Config.MicronsPerPixel decides"},
		"given":          {[]float64{0.65, 0.66}, 0.5, "pad", 0.5, schemas.FromGiven, "microns per pixel: 0.5 as given, where 2 files say 0.65 to 0.66"},
		"given alone":    {[]float64{0, 0}, 0.5, "pad", 0.5, schemas.FromGiven, "microns per pixel: 0.5, as given"},
		"rejected":       {[]float64{0.65, 0.325, 0.65}, 0, "reject", 0.65, schemas.FromStated, ""},
		"resized":        {[]float64{0.5, 0.25, 0.5}, 0, "resize", 0.25, schemas.FromStated, ""},
		"resized apart":  {[]float64{0.5, 0.5, 0.5}, 0, "resize", 0, "", "not known, Config.Fit=resize makes pixels of 0.25 to 0.5"},
		"resized, given": {[]float64{0.5, 0.5, 0.5}, 1, "resize", 1, schemas.FromGiven, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(write(c.microns...), filepath.Join(t.TempDir(), "out"))
			cfg.Fit, cfg.Size, cfg.MicronsPerPixel, cfg.Shards = c.fit, schemas.Size{Height: 16, Width: 16}, c.given, 2
			if c.fit == "reject" {
				cfg.Size = schemas.Size{Height: 8, Width: 8}
			}
			r, err := Run(t.Context(), cfg, runtest.Direct)
			if err != nil {
				if c.says == "" || !strings.Contains(err.Error(), c.says) {
					t.Error(err)
				}
				if _, err := Plan(t.Context(), cfg); err == nil {
					t.Error("the plan does not refuse it")
				}
				return
			}
			if m := r.Manifest; m.MicronsPerPixel != c.want || m.MicronsFrom != c.from || !strings.Contains(joined(r), c.says) {
				t.Errorf("%g from %q, want %g from %q; no %q in %q", m.MicronsPerPixel, m.MicronsFrom, c.want, c.from, c.says, joined(r))
			}
			cfg.MicronsPerPixel = 2
			again := mustRun(t, cfg)
			if m := again.Manifest; again.Made != 0 || m.MicronsPerPixel != 2 || m.MicronsFrom != schemas.FromGiven {
				t.Errorf("given later: %g from %q, %d shards made", m.MicronsPerPixel, m.MicronsFrom, again.Made)
			}
			if was := map[bool]string{false: "not known", true: fmt.Sprint(c.want)}[c.want > 0]; !again.Told || !strings.Contains(joined(again), "microns per pixel: "+was+" -> 2; what is made") {
				t.Errorf("given later: told %v, %q", again.Told, joined(again))
			}
			if same := mustRun(t, cfg); same.Told || strings.Contains(joined(same), "->") {
				t.Errorf("given again: told %v, %q", same.Told, joined(same))
			}
			cfg.MicronsPerPixel = 0
			if m := mustRun(t, cfg).Manifest; m.MicronsPerPixel != 2 {
				t.Errorf("what was given did not stay: %g", m.MicronsPerPixel)
			}
		})
	}
}

// TestNotesOfFiles: what was done to read images is counted in shards.json and said, also by a run that goes on
// where another ended; choices that did nothing are named.
func TestNotesOfFiles(t *testing.T) {
	in := t.TempDir()
	for i := range 9 {
		p := ramp(8, 8, 60000)
		p.MinIsWhite = i%3 == 0
		p.Write(t, filepath.Join(in, fmt.Sprintf("c%d.tif", i)))
	}
	c := config(in, filepath.Join(t.TempDir(), "out"))
	c.Shards, c.Projection, c.Range = 4, "max", "-1.0,1e0"
	r := mustRun(t, c)
	notes := r.Manifest.Notes
	if len(notes) != 1 || r.Manifest.Parameters.Range != "-1,1" || r.Manifest.Parameters.Project != "max" {
		t.Fatalf("notes %v, parameters %+v", notes, r.Manifest.Parameters)
	}
	for note, n := range notes {
		if n != 3 || !strings.Contains(joined(r), "3 images: "+note) {
			t.Errorf("%d of %q, said %q", n, note, joined(r))
		}
	}
	for _, want := range []string{"Config.Projection=max changed nothing: no image that was written has several Z or T", "Config.Range=-1,1 changed nothing: no image that was written holds floats"} {
		if !strings.Contains(joined(r), want) {
			t.Errorf("no %q in %q", want, joined(r))
		}
	}
	for _, file := range []string{schemas.ShardsFile, schemas.ShardName(2, 4, "none")} {
		if err := os.Remove(filepath.Join(c.Output, file)); err != nil {
			t.Fatal(err)
		}
	}
	again := mustRun(t, c)
	if joined(again) != joined(r) || again.Made != 1 || fmt.Sprint(again.Manifest.Notes) != fmt.Sprint(notes) {
		t.Errorf("%d made, notes %v: %q", again.Made, again.Manifest.Notes, joined(again))
	}
	c.Range = "0,1"
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "Config.Range is 0,1 here and was -1,1 there") {
		t.Errorf("another range: %v", err)
	}
}

// TestTwoScales: images that a range did not touch, beside such as it made, are counted.
func TestTwoScales(t *testing.T) {
	for _, c := range []struct {
		images int64
		want   string
	}{
		{12, ""},
		{13, "warning: 1 image holds no such numbers, and stays as it is, on another scale than those of Config.Range=0,1"},
		{40, "warning: 28 images hold no such numbers, and stay as they are, on another scale"},
	} {
		var p plan
		p.params.Range = "0,1"
		p.seen.top.images, p.seen.notes = c.images, map[string]int64{"float32 brought to 16 bits by --range=0,1": 12}
		if got := strings.Join(p.readNotes(), "\n"); !strings.Contains(got, c.want) || c.want == "" && strings.Contains(got, "warning") {
			t.Errorf("%d images: no %q in %q", c.images, c.want, got)
		}
	}
}

// TestStacksOfFiles: planes and floats become what options of package images make of them.
func TestStacksOfFiles(t *testing.T) {
	dir := filepath.Join("..", "data", "images", "testdata", "stacks")
	for file, change := range map[string]func(*Config){
		"ome-zct.tif": func(c *Config) { c.Projection = "mean" },
		"float32.tif": func(c *Config) { c.Range = "-100000,100000" },
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		in := t.TempDir()
		if err := os.WriteFile(filepath.Join(in, file), data, 0o666); err != nil {
			t.Fatal(err)
		}
		c := config(in, filepath.Join(t.TempDir(), "out"))
		if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "--") {
			t.Errorf("%s: taken without a choice: %v", file, err)
		}
		change(&c)
		r := mustRun(t, c)
		options, err := images.OptionsOf(r.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		want, err := images.Decode(file, data, options)
		if err != nil || string(allImages(t, c.Output, r.Manifest)[file].Pixels) != string(want.Pixels) || strings.Contains(joined(r), "changed nothing") {
			t.Errorf("%s: other pixels, or %v: %q", file, err, joined(r))
		}
	}
}
