package gating

import (
	"bytes"
	picture "image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	_ "golang.org/x/image/tiff"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// judge surveys pictures of one shape and returns for each why the gate excludes it.
func judge(t *testing.T, p schemas.GateParameters, s schemas.ImageShape, pictures [][]byte) (schemas.Gate, []string) {
	t.Helper()
	var survey Survey
	qualities, flags := make([]schemas.Quality, len(pictures)), make([]int32, len(pictures))
	for i, pixels := range pictures {
		qualities[i], flags[i] = images.Quality(pixels, s, 0)
		survey.Add(flags[i], qualities[i], 0, false)
	}
	g := Derive(p, &survey)
	if err := g.Validate(); err != nil {
		t.Error(err)
	}
	reasons := make([]string, len(pictures))
	for i := range pictures {
		reasons[i] = Excludes(&g, flags[i], qualities[i], 0, false).Reason
	}
	return g, reasons
}

// stained draws a disc of two colors on a white ground, at a place of a crop of 40 x 40.
func stained(r *rand.Rand, x, y float64) []byte {
	pixels := make([]byte, 40*40*3)
	radius := 8 + 4*r.Float64()
	for i := range 40 * 40 {
		far := math.Hypot(float64(i%40)-x, float64(i/40)-y)
		color := [3]float64{255, 255, 255}
		switch {
		case far < radius/2:
			color = [3]float64{90, 60, 140}
		case far < radius:
			color = [3]float64{220, 150, 190}
		}
		for c, v := range color {
			pixels[3*i+c] = byte(min(255, v+6*r.Float64()))
		}
	}
	return pixels
}

// TestBrightGround: cells on a white ground pass, whether RGB or inverted nuclei, and
// those that the edge cuts do not. A limit that is given means the bright side.
func TestBrightGround(t *testing.T) {
	auto := schemas.GateParameters{Mode: schemas.GateAuto}
	r := rand.New(rand.NewPCG(11, 1))
	var pictures [][]byte
	const whole, cut = 150, 6
	for range whole {
		pictures = append(pictures, stained(r, 19+2*r.Float64(), 19+2*r.Float64()))
	}
	for range cut {
		pictures = append(pictures, stained(r, 1, 19+2*r.Float64()))
	}
	s := schemas.ImageShape{Height: 40, Width: 40, Channels: 3, Bits: 8}
	g, reasons := judge(t, auto, s, pictures)
	check := func(name string, reasons []string, whole int) {
		t.Helper()
		for i, reason := range reasons {
			if i < whole && reason != "" {
				t.Errorf("%s: cell %d is excluded for %s", name, i, reason)
			}
			if i >= whole && reason != schemas.ReasonBorder {
				t.Errorf("%s: the cut cell %d is excluded for %q", name, i, reason)
			}
		}
	}
	if g.Ground != schemas.GroundBright {
		t.Errorf("ground %q", g.Ground)
	}
	check("RGB", reasons, whole)
	given := auto
	given.MaxBorder = schemas.GateBound{Given: true, Value: 0.5}
	if g, reasons := judge(t, given, s, pictures); g.Ground != "" || reasons[0] != schemas.ReasonBorder {
		t.Errorf("a limit that was given: ground %q, %q", g.Ground, reasons[0])
	}

	dir := os.Getenv("EXEMPLAR_DATA")
	if dir == "" {
		t.Skip("EXEMPLAR_DATA is not set: no nuclei to invert")
	}
	files, err := filepath.Glob(filepath.Join(dir, "nuclei", "images", "*", "*.tif"))
	if err != nil || len(files) < 200 {
		t.Fatal(len(files), err)
	}
	s = schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8}
	var dark, inverted [][]byte
	for i := 0; i < len(files); i += len(files) / 150 {
		data, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := picture.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		dark = append(dark, m.(*picture.Gray).Pix)
	}
	for i := range 5 { // half of it beyond the edge
		moved := make([]byte, 256*256)
		for y := range 256 {
			copy(moved[256*y:256*y+128], dark[20*i][256*y+128:])
		}
		dark = append(dark, moved)
	}
	for _, pixels := range dark {
		other := make([]byte, len(pixels))
		for i, v := range pixels {
			other[i] = 255 - v
		}
		inverted = append(inverted, other)
	}
	_, before := judge(t, auto, s, dark)
	g, after := judge(t, auto, s, inverted)
	if g.Ground != schemas.GroundBright {
		t.Errorf("inverted nuclei: ground %q", g.Ground)
	}
	lost := 0
	for i, n := 0, len(dark)-5; i < len(dark); i++ {
		if after[i] != "" && before[i] == "" {
			lost++
		}
		if i >= n && after[i] != schemas.ReasonBorder {
			t.Errorf("cut nucleus %d, inverted, is excluded for %q", i, after[i])
		}
	}
	if lost > 3 {
		t.Errorf("%d of %d inverted nuclei are excluded, which pass as they are", lost, len(dark))
	}
}

// TestEqualFiguresExcludeNobody: a figure that all images have is no artifact, whatever
// the bins and digits are to which quantiles and thresholds are rounded.
func TestEqualFiguresExcludeNobody(t *testing.T) {
	for n := range 300 {
		var s Survey
		share := float32(float64(n+1) / 301)
		q := schemas.Quality{Mean: 0.3, Max: 1, Foreground: 1, Saturated: share, Border: share, Sharpness: 0.01}
		for range 20 {
			s.Add(0, q, 0, false)
		}
		g := Derive(schemas.GateParameters{Mode: schemas.GateAuto}, &s)
		if e := Excludes(&g, 0, q, 0, false); e.Reason != "" {
			t.Fatalf("all have a share of %v: excluded for %+v", share, e)
		}
	}
}
