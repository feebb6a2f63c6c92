package sharding

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/aligning"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/runtest"
)

// writeRods writes n bright rods that lie at different angles, one end wider, and one from corner to corner.
func writeRods(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		im := image.NewGray(image.Rect(0, 0, 24, 24))
		s, c := math.Sincos(float64(i) * 2.5)
		long := 8.0
		if i == n-1 {
			s, c, long = math.Sqrt2/2, math.Sqrt2/2, 17
		}
		for y := range 24 {
			for x := range 24 {
				u, v := c*(float64(x)-11.5)+s*(float64(y)-11.5), -s*(float64(x)-11.5)+c*(float64(y)-11.5)
				if math.Abs(u) < long && math.Abs(v) < 2.5+u/6 {
					im.SetGray(x, y, color.Gray{Y: uint8(200 + i)})
				}
			}
		}
		savePNG(t, filepath.Join(dir, fmt.Sprintf("rod%02d.png", i)), im)
	}
}

// TestAlign: records hold the image that package aligning makes of the file, and how it was turned; the turn
// undone gives the pixels of the file again, but for what interpolation smoothed.
func TestAlign(t *testing.T) {
	in := t.TempDir()
	writeRods(t, in, 20)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards, c.Align = 3, schemas.AlignMoments
	r := mustRun(t, c)
	if r.Manifest.Parameters.Align != schemas.AlignMoments {
		t.Errorf("shards.json says %q", r.Manifest.Parameters.Align)
	}
	found := allImages(t, c.Output, r.Manifest)
	for i := range 20 {
		name := fmt.Sprintf("rod%02d.png", i)
		data, err := os.ReadFile(filepath.Join(in, name))
		if err != nil {
			t.Fatal(err)
		}
		im, err := images.Decode(name, data, images.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want, turn := aligning.Align(im)
		got := found[name]
		if !got.Aligned || got.AlignAngle != turn.Angle || got.AlignFlip != turn.Flip || !bytes.Equal(got.Pixels, want.Pixels) {
			t.Errorf("%s: the record has %v %d %v, want %+v", name, got.Aligned, got.AlignAngle, got.AlignFlip, turn)
		}
		want.Pixels = got.Pixels
		back := aligning.Turn{Angle: got.AlignAngle, Flip: got.AlignFlip}.Undo(want)
		var off, sum float64
		for k, v := range im.Pixels {
			e := float64(v) - float64(back.Pixels[k])
			off, sum = off+e*e, sum+float64(v)*float64(v)
		}
		if i < 19 && off > 0.08*sum {
			t.Errorf("%s: undone, %.2g of it differs", name, off/sum)
		}
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "beyond the edge in 1 of 20 images") {
		t.Errorf("nothing says that the diagonal was cut: %s", notes)
	}
	if again := mustRun(t, c); again.Made != 0 || !strings.Contains(strings.Join(again.Notes, "\n"), "beyond the edge in 1 of 20 images") {
		t.Errorf("%d shards were made again, notes %q", again.Made, again.Notes)
	}
	c.Align = schemas.AlignNone
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "Config.Align is none here and was moments there") {
		t.Errorf("another alignment: %v", err)
	}
}

// TestAlignNoneIsSilent: without it, or with none, the bytes are the same, and nothing tells of it.
func TestAlignNoneIsSilent(t *testing.T) {
	in := t.TempDir()
	writeRods(t, in, 6)
	absent, none := config(in, filepath.Join(t.TempDir(), "shards")), config(in, filepath.Join(t.TempDir(), "shards"))
	none.Align = schemas.AlignNone
	mustRun(t, absent)
	r := mustRun(t, none)
	want, got := tree(t, absent.Output), tree(t, none.Output)
	for name, sum := range want {
		if got[name] != sum && !strings.Contains(name, schemas.RunFile) {
			t.Errorf("%s differs", name)
		}
	}
	data, err := os.ReadFile(filepath.Join(none.Output, schemas.ShardsFile))
	if err != nil || strings.Contains(string(data), "align") {
		t.Errorf("shards.json tells of align: %v", err)
	}
	for name, im := range allImages(t, none.Output, r.Manifest) {
		if im.Aligned {
			t.Errorf("%s is said to be turned", name)
		}
	}
}

// TestAlignRefusals: a word that is none, and images too large for exact moments.
func TestAlignRefusals(t *testing.T) {
	in := t.TempDir()
	writeRods(t, in, 2)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Align = "hough"
	if err := c.Validate(); err == nil || err.Error() != "Config.Align=hough: must be one of [none moments]" {
		t.Error(err)
	}
	c.Align, c.Fit, c.Size = schemas.AlignMoments, "pad", schemas.Size{Height: 24, Width: aligning.MaxSide + 1}
	if _, err := Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), "takes images of at most 8192 pixels a side, these are 24x8193") {
		t.Error(err)
	}
	plan, err := Plan(t.Context(), func() Config { c.Size = schemas.Size{Height: 24, Width: 24}; return c }())
	if err != nil || !strings.Contains(fmt.Sprint(plan), "beyond the edge in 1 of 2 images") {
		t.Errorf("the plan says nothing of what would be cut: %v %v", plan, err)
	}
}
