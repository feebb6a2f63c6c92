package sharding

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

// ramp returns a picture of h x w whose samples run from 0 to top.
func ramp(h, w, top int) runtest.TIFF {
	p := runtest.TIFF{Height: h, Width: w, Pixels: make([]uint16, h*w)}
	for i := range p.Pixels {
		p.Pixels[i] = uint16(top * i / (h*w - 1))
	}
	return p
}

// grays writes a picture for each of some largest samples.
func grays(t *testing.T, dir string, stated int, tops ...int) {
	t.Helper()
	for i, top := range tops {
		p := ramp(8, 8, top)
		p.Stated = stated
		p.Write(t, filepath.Join(dir, fmt.Sprintf("c%03d.tif", i)))
	}
}

func joined(r *Result) string { return strings.Join(r.Notes, "\n") }

// TestFullScale: what is decided by pixels, by files and by the user, and said.
func TestFullScale(t *testing.T) {
	for name, c := range map[string]struct {
		tops   []int
		stated int
		given  int
		full   int
		from   string
		says   string
	}{
		"pixels":         {[]int{100, 4095, 300}, 0, 0, 4095, schemas.FromPixels, "full scale 4,095, the smallest"},
		"one more":       {[]int{100, 4096, 300}, 0, 0, 16383, schemas.FromPixels, "full scale 16,383"},
		"all":            {[]int{100, 16384, 300}, 0, 0, 0, "", ""},
		"stated":         {[]int{100, 300, 900}, 16383, 0, 16383, schemas.FromStated, "full scale 16,383, as the files state: the brightest pixel of 3 images has 900"},
		"odd statement":  {[]int{100, 300, 900}, 2047, 0, 2047, schemas.FromStated, ""},
		"stated falsely": {[]int{100, 5000, 900}, 4095, 0, 16383, schemas.FromPixels, ""},
		"the type":       {[]int{100, 300, 900}, 65535, 0, 1023, schemas.FromPixels, ""},
		"given":          {[]int{100, 300, 900}, 4095, 500, 500, schemas.FromGiven, "28 samples of 1 image are above it; they stay as they are"},
		"given the type": {[]int{100, 300, 900}, 0, 65535, 0, schemas.FromGiven, "full scale 65,535, as given"},
	} {
		t.Run(name, func(t *testing.T) {
			in := t.TempDir()
			grays(t, in, c.stated, c.tops...)
			cfg := config(in, filepath.Join(t.TempDir(), "out"))
			cfg.FullScale, cfg.Shards = c.given, 2
			before := ""
			for range 2 { // the second time from what stands
				r := mustRun(t, cfg)
				if m := r.Manifest; m.FullScale != c.full || m.FullScaleFrom != c.from {
					t.Errorf("full scale %d from %q, want %d from %q", m.FullScale, m.FullScaleFrom, c.full, c.from)
				}
				if !strings.Contains(joined(r), c.says) || c.says == "" && c.full == 0 && joined(r) != "" || before != "" && before != joined(r) {
					t.Errorf("no %q in %q, before %q", c.says, joined(r), before)
				}
				before = joined(r)
			}
		})
	}
}

// TestFullScaleIsKept: a folder that grows has another full scale only where a new pixel exceeds it, and this is said;
// what a user gave stays, and a user may give another without that shards are made again.
func TestFullScaleIsKept(t *testing.T) {
	in := t.TempDir()
	tops := make([]int, 120)
	for i := range tops {
		tops[i] = 4000 - i
	}
	grays(t, in, 0, tops...)
	cfg := config(in, filepath.Join(t.TempDir(), "out"))
	cfg.Shards = 2
	grow := func(name string, top, full int, from, says string) {
		t.Helper()
		if name != "" {
			ramp(8, 8, top).Write(t, filepath.Join(in, name))
		}
		r := mustRun(t, cfg)
		if m := r.Manifest; m.FullScale != full || m.FullScaleFrom != from || !strings.Contains(joined(r), says) {
			t.Errorf("%s: full scale %d from %q, want %d from %q; no %q in %q", name, m.FullScale, m.FullScaleFrom, full, from, says, joined(r))
		}
	}
	grow("", 0, 4095, schemas.FromPixels, "")
	grow("d.tif", 4095, 4095, schemas.FromPixels, "")
	grow("e.tif", 5210, 16383, schemas.FromPixels, "full scale 4,095 -> 16,383: e.tif has 5,210")
	if err := os.Remove(filepath.Join(in, "e.tif")); err != nil {
		t.Fatal(err)
	}
	grow("", 0, 16383, schemas.FromKept, "full scale 16,383, kept")
	cfg.FullScale = 3500
	made := tree(t, cfg.Output)
	grow("", 0, 3500, schemas.FromGiven, "full scale 16,383 -> 3,500")
	for name, sum := range tree(t, cfg.Output) {
		if strings.HasSuffix(name, ".tfrecords") && made[name] != sum {
			t.Errorf("%s has other bytes", name)
		}
	}
	cfg.FullScale = 0
	grow("f.tif", 6000, 3500, schemas.FromGiven, "full scale 3,500, as given: the brightest pixel of 122 images has 6,000")
	cfg.Overwrite = true
	grow("", 0, 16383, schemas.FromPixels, "")
}

// TestBitsFromFullScale: 8 bits are v*255/F to the nearest by exact fractions, for the F that all images need, the
// last of many included; what is above one that was given is 255, and counted.
func TestBitsFromFullScale(t *testing.T) {
	for _, c := range []struct {
		last, given, full int
		says              string
	}{
		{3000, 0, 4095, "full scale 4,095 became 255: the brightest pixel of 1,301 images has 4,000"},
		{4200, 0, 16383, "full scale 16,383 became 255"},
		{60000, 0, 0, ""},
		{4200, 2001, 2001, " above it and became 255, too"},
		{3000, 65535, 0, "full scale 65,535 became 255"},
	} {
		in := t.TempDir()
		for i := range 1300 {
			ramp(4, 4, 1000+i*3000/1299).Write(t, filepath.Join(in, fmt.Sprintf("c%04d.tif", i)))
		}
		ramp(4, 4, c.last).Write(t, filepath.Join(in, "last.tif"))
		cfg := config(in, filepath.Join(t.TempDir(), "out"))
		cfg.Bits, cfg.FullScale = "8", c.given
		r := mustRun(t, cfg)
		m := r.Manifest
		if m.Parameters.FullScale != c.full || m.FullScale != 0 || m.Image.Bits != 8 || !strings.Contains(joined(r), c.says) {
			t.Errorf("%d, given %d: scaled from %d, full scale %d of %d bits, no %q in %q", c.last, c.given, m.Parameters.FullScale, m.FullScale, m.Image.Bits, c.says, joined(r))
		}
		full := int64(schemas.FullScale(c.full, 16))
		for name, im := range allImages(t, cfg.Output, m) {
			data, err := os.ReadFile(filepath.Join(in, name))
			if err != nil {
				t.Fatal(err)
			}
			for k, got := range im.Pixels {
				v := min(int64(binary.LittleEndian.Uint16(data[8+2*k:])), full)
				off := new(big.Rat).Sub(big.NewRat(v*255, full), big.NewRat(int64(got), 1))
				if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
					t.Fatalf("%s: %d of %d became %d", name, v, full, got)
				}
			}
		}
		if again := mustRun(t, cfg); again.Made != 0 {
			t.Errorf("%d shards were made again", again.Made)
		}
	}
}

// TestAFewHotPixels: a full scale that a few images alone need is taken, and they are named.
func TestAFewHotPixels(t *testing.T) {
	in := t.TempDir()
	tops := make([]int, 200)
	for i := range tops {
		tops[i] = 3000 + i
	}
	tops[17], tops[60], tops[61] = 5000, 6000, 6000
	grays(t, in, 0, tops...)
	r := mustRun(t, config(in, filepath.Join(t.TempDir(), "out")))
	want := "3 of 200 images exceed 4,095, the brightest c060.tif with 6,000: Config.FullScale=4095 is for the others"
	if r.Manifest.FullScale != 16383 || !strings.Contains(joined(r), want) {
		t.Errorf("full scale %d, no %q in %q", r.Manifest.FullScale, want, joined(r))
	}
}

// TestSteepHotPixels: where hot pixels are far above all others, the full scale of these others is named, also of
// few images; an image that is merely the brightest of few is not.
func TestSteepHotPixels(t *testing.T) {
	for _, c := range []struct {
		n, hot int
		says   string
	}{
		{100, 65535, "1 of 101 images exceeds 4,095, the brightest c100.tif with 65,535: Config.FullScale=4095 is for the others"},
		{30, 65535, "1 of 31 images exceeds 4,095, the brightest c030.tif with 65,535: Config.FullScale=4095 is for the others"},
		{30, 5000, ""},
		{8, 65535, ""},
	} {
		in := t.TempDir()
		tops := make([]int, c.n+1)
		for i := range tops {
			tops[i] = 3000
		}
		tops[c.n] = c.hot
		grays(t, in, 0, tops...)
		for _, bits := range schemas.BitsModes {
			cfg := config(in, filepath.Join(t.TempDir(), "out"))
			cfg.Bits = bits
			if got := joined(mustRun(t, cfg)); !strings.Contains(got, c.says) || c.says == "" && strings.Contains(got, "exceed") {
				t.Errorf("%d of %d, Config.Bits=%s: no %q in %q", c.hot, c.n, bits, c.says, got)
			}
		}
	}
}

// TestFullScaleRefusals: a full scale that images cannot have.
func TestFullScaleRefusals(t *testing.T) {
	in := t.TempDir()
	picture(t, filepath.Join(in, "a.png"), 8, 8, 1, 8, 200)
	for want, change := range map[string]func(*Config){
		"Config.FullScale=4095: the images have 8 bits, of which 255 is the largest": func(c *Config) { c.FullScale = 4095 },
		"Config.FullScale=65536: must be 1 to 65535":                                 func(c *Config) { c.FullScale = 65536 },
		"Config.FullScale=254: with Config.Bits=8":                                   func(c *Config) { c.FullScale, c.Bits = 254, "8" },
		"Config.MicronsPerPixel=-1: must be":                                         func(c *Config) { c.MicronsPerPixel = -1 },
		"Config.Range: \"1,0\"":                                                      func(c *Config) { c.Range = "1,0" },
		"Config.Projection: \"sum\"":                                                 func(c *Config) { c.Projection = "sum" },
		"Config.SizeRule: \"p101\"":                                                  func(c *Config) { c.SizeRule = "p101" },
	} {
		c := config(in, filepath.Join(t.TempDir(), "out"))
		change(&c)
		err := c.Validate()
		if err == nil {
			_, err = Run(t.Context(), c, runtest.Direct)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	c := config(in, filepath.Join(t.TempDir(), "out"))
	c.FullScale, c.Bits = 4095, "8"
	if r := mustRun(t, c); !strings.Contains(joined(r), "Config.FullScale=4095 changed nothing: no image has 16 bits") {
		t.Errorf("a full scale that did nothing: %q", joined(r))
	}
}
