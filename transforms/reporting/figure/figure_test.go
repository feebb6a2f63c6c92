package figure

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
)

// selection returns a configuration of picks of some clusters, and their pixels.
func selection(clusters, top int, shape schemas.ImageShape) (Config, map[string][]byte) {
	m := &schemas.SelectionManifest{
		Rows: 12_345, Eligible: 12_000, Excluded: 345, Fingerprint: "f00d", CodeVersion: "1",
		Parameters: schemas.SelectionParameters{
			Scopes: []string{schemas.ScopeGlobal, schemas.ScopeCluster}, Centers: []string{schemas.CenterMean, schemas.CenterMedoid},
			Metrics: []string{schemas.MetricEuclidean}, Top: top, Clusters: clusters, Seed: 7, Restarts: 10,
			Gate: schemas.GateParameters{Mode: schemas.GateAuto}, Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest},
		},
		Space:      schemas.Space{Kind: "whiten", Dimension: 20},
		Exclusions: []schemas.Exclusion{{Reason: schemas.ReasonConstant}, {Reason: schemas.ReasonSharpness}, {Reason: schemas.ReasonSharpness}},
		Grade: &schemas.Grade{Draws: 20,
			Sets: []schemas.SetGrade{{Scope: "cluster", Center: "mean", Metric: "euclidean", Picks: 12, Spaces: []schemas.SpaceGrade{{Space: "raw",
				Skill: schemas.Interval{Value: 0.2, Low: 0.1, High: 0.3}, Equivalent: schemas.Equivalent{Random: 99, Low: 80, High: 120}}}}},
			Findings: []schemas.Finding{{Scope: "cluster", Center: "mean", Metric: "euclidean", Text: "beware"}, {Scope: "label", Text: "of another scope"}},
		},
	}
	c := Config{Selection: m, Shape: shape}
	pixels := map[string][]byte{}
	for _, center := range m.Parameters.Centers {
		for g := range clusters {
			for r := range top {
				id := fmt.Sprintf("%d/%d.tif", g, r)
				c.Picks = append(c.Picks, schemas.Pick{Rank: int32(r + 1), ImageID: id, Scope: schemas.ScopeCluster, GroupID: fmt.Sprintf("%02d", g),
					GroupSize: int64(1000 + g), Center: center, Metric: schemas.MetricEuclidean, Distance: float64(r), SHA256: "abc"})
				data := make([]byte, shape.Bytes())
				for i := range data {
					data[i] = byte(i*7 + g*31 + r*57)
				}
				pixels[id] = data
			}
		}
	}
	return c, pixels
}

// drawn draws a figure and reads its PNG.
func drawn(t *testing.T, c Config, pixels map[string][]byte) (*Figure, *Output, image.Image) {
	t.Helper()
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var list, centers [][]byte
	for _, p := range f.Picks() {
		list = append(list, pixels[p.ImageID])
	}
	if c.Decoded {
		for range f.Groups() {
			centers = append(centers, list[0])
		}
	}
	out, err := f.Draw(list, centers)
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(out.PNG))
	if err != nil {
		t.Fatal(err)
	}
	return f, out, im
}

// place returns where the pick of a group is drawn, where panels are groups.
func place(f *Figure, group, pick int) (x, y int) {
	l := f.layout
	x = margin + group%l.columns*l.pitch + f.lead(l) + pick%l.perLine*(l.cellW+imageGap)
	y = margin + group/l.columns*l.blockHeight() + header + pick/l.perLine*(l.cellH+imageGap)
	return x, y
}

// TestEveryPixel compares all images of figures with the pixels that they show.
func TestEveryPixel(t *testing.T) {
	for _, c := range []struct {
		shape         schemas.ImageShape
		clusters, top int
		decoded       bool
	}{
		{schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}, 3, 5, false},
		{schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8}, 4, 5, true},
		{schemas.ImageShape{Height: 301, Width: 407, Channels: 1, Bits: 16}, 2, 3, false},
		{schemas.ImageShape{Height: 64, Width: 90, Channels: 3, Bits: 8}, 5, 9, true},
		{schemas.ImageShape{Height: 50, Width: 20, Channels: 3, Bits: 16}, 2, 70, false},
	} {
		config, pixels := selection(c.clusters, c.top, c.shape)
		config.Decoded = c.decoded
		f, _, im := drawn(t, config, pixels)
		for g, group := range f.Groups() {
			for i, p := range group.Picks {
				x, y := place(f, g, i)
				compare(t, f, im, pixels[p.ImageID], x, y)
			}
			if c.decoded {
				x, y := place(f, g, 0)
				compare(t, f, im, pixels[f.Picks()[0].ImageID], x-f.lead(f.layout), y)
			}
		}
	}
}

// compare checks the image at x and y by the words of the legend.
func compare(t *testing.T, f *Figure, im image.Image, data []byte, x, y int) {
	t.Helper()
	s, l := f.c.Shape, f.layout
	full := float64(int(1)<<s.Bits - 1)
	value := func(px, py, c int) float64 {
		at := (py*s.Width+px)*s.Channels + c
		if s.Bits == 16 {
			return float64(data[2*at]) + 256*float64(data[2*at+1])
		}
		return float64(data[at])
	}
	for dy := range l.cellH {
		for dx := range l.cellW {
			var want [3]int
			for c := range 3 {
				sum, n := 0.0, 0.0
				for py := dy / l.enlarge * l.reduce; py < min(s.Height, (dy/l.enlarge+1)*l.reduce); py++ {
					for px := dx / l.enlarge * l.reduce; px < min(s.Width, (dx/l.enlarge+1)*l.reduce); px++ {
						sum += value(px, py, min(c, s.Channels-1))
						n++
					}
				}
				want[c] = int(math.Round(sum / n * 255 / full))
			}
			r, g, b, _ := im.At(x+dx, y+dy).RGBA()
			if got := [3]int{int(r >> 8), int(g >> 8), int(b >> 8)}; got != want {
				t.Fatalf("%v, factor %d/%d: pixel %d,%d is %v, want %v", s, l.enlarge, l.reduce, dx, dy, got, want)
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	c, pixels := selection(6, 8, schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 8})
	c.PixelsPerMicron = 2
	_, one, _ := drawn(t, c, pixels)
	_, two, _ := drawn(t, c, pixels)
	if !bytes.Equal(one.PNG, two.PNG) || !bytes.Equal(one.TIFF, two.TIFF) || !bytes.Equal(one.Text, two.Text) {
		t.Error("two figures of one selection differ")
	}
}

// TestFiles reads the files by programs that did not write them.
func TestFiles(t *testing.T) {
	for _, channels := range []int{1, 3} {
		c, pixels := selection(2, 3, schemas.ImageShape{Height: 30, Width: 30, Channels: channels, Bits: 8})
		c.Width = 85
		_, out, im := drawn(t, c, pixels)
		if im.Bounds().Dx() != 1004 {
			t.Errorf("85 mm are %d pixels, want 1004", im.Bounds().Dx())
		}
		other, err := tiff.Decode(bytes.NewReader(out.TIFF))
		if err != nil {
			t.Fatal(err)
		}
		if other.Bounds() != im.Bounds() {
			t.Fatalf("TIFF %v, PNG %v", other.Bounds(), im.Bounds())
		}
		for y := range im.Bounds().Dy() {
			for x := range im.Bounds().Dx() {
				r, g, b, _ := im.At(x, y).RGBA()
				if or, og, ob, _ := other.At(x, y).RGBA(); r != or || g != og || b != ob {
					t.Fatalf("pixel %d,%d differs between PNG and TIFF", x, y)
				}
			}
		}
		chunk := out.PNG[33:54]
		if string(chunk[4:8]) != "pHYs" || binary.BigEndian.Uint32(chunk[8:]) != 11811 || chunk[16] != 1 ||
			binary.BigEndian.Uint32(chunk[17:]) != crc32.ChecksumIEEE(chunk[4:17]) {
			t.Errorf("no pHYs of 11811 pixels a meter: %x", chunk)
		}
		// The resolution is a rational, 300/1, behind the entries.
		if !bytes.Contains(out.TIFF[:300], []byte{44, 1, 0, 0, 1, 0, 0, 0, 44, 1, 0, 0, 1, 0, 0, 0}) {
			t.Error("TIFF without 300 dpi")
		}
	}
}

// "None was chosen by eye" stands in the legend only where nobody named an image.
func TestLegendTellsHands(t *testing.T) {
	for _, strategy := range []string{schemas.StrategyNearest, schemas.StrategyFacility, schemas.StrategyRepresentative} {
		for hand, c := range map[string]struct {
			picking schemas.PickParameters
			says    string
		}{
			"none":    {schemas.PickParameters{}, "; none was chosen by eye."},
			"exclude": {schemas.PickParameters{Exclude: []string{"a", "b", "c"}}, "3 images were excluded by hand"},
			"include": {schemas.PickParameters{Include: []string{"0/0.tif"}}, "1 image was asked for by name"},
			"extend":  {schemas.PickParameters{Extend: &schemas.EarlierPick{Targets: []schemas.KeptTargets{{ImageIDs: []string{"a"}}}}}, "1 pick was kept from an earlier selection"},
		} {
			config, _ := selection(3, 4, schemas.ImageShape{Height: 16, Width: 16, Channels: 1, Bits: 8})
			c.picking.Strategy = strategy
			config.Selection.Parameters.Picking = c.picking
			f, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			legend := f.Legend()
			if !strings.Contains(legend, c.says) || (hand != "none") == strings.Contains(legend, "by eye") {
				t.Errorf("%s, %s: %s", strategy, hand, legend)
			}
		}
	}
}

// Groups without a pick are not counted as if they were shown.
func TestLegendTellsEmptyGroups(t *testing.T) {
	config, _ := selection(3, 4, schemas.ImageShape{Height: 16, Width: 16, Channels: 1, Bits: 8})
	config.Selection.Scopes = []schemas.ScopeSummary{{Scope: schemas.ScopeGlobal, Groups: 1}, {Scope: schemas.ScopeCluster, Groups: 5}}
	f, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	if legend := f.Legend(); !strings.HasPrefix(legend, "Images that represent 3 of the 5 clusters of a collection of 12,345 images, those with a pick, one panel each (A–C).") {
		t.Error(legend)
	}
}

// Representative picks are not ranked: none is better than another.
func TestLegendOfDistances(t *testing.T) {
	for strategy, want := range map[string]string{
		schemas.StrategyNearest:        "Images nearer than 2 to a better one were passed over.",
		schemas.StrategyRepresentative: "Images nearer than 2 to a pick were passed over.",
	} {
		config, _ := selection(3, 4, schemas.ImageShape{Height: 16, Width: 16, Channels: 1, Bits: 8})
		config.Selection.Parameters.Picking = schemas.PickParameters{Strategy: strategy, MinDistance: 2}
		f, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if legend := f.Legend(); !strings.Contains(legend, want) {
			t.Errorf("%s: %s", strategy, legend)
		}
	}
}

// TestLegendOfRange: the order of the images is told, and the file beside the figure has their positions.
func TestLegendOfRange(t *testing.T) {
	config, pixels := selection(2, 3, schemas.ImageShape{Height: 16, Width: 16, Channels: 1, Bits: 8})
	config.Selection.Parameters.Picking.Strategy = schemas.StrategyRange
	for i, position := range []string{"typical", "extreme", "outlier", "typical", "outlier", "outlier"} {
		config.Picks[i].Position = position
	}
	f, out, _ := drawn(t, config, pixels)
	if legend := f.Legend(); !strings.Contains(legend, "Shown, from the left, are images at positions among the distances to the mean of their group by Euclidean distance: typical, the nearest;") ||
		strings.Contains(legend, "are the images nearest to") {
		t.Error(legend)
	}
	if legend := f.Legend(); !strings.HasPrefix(legend, "Images that show the range of the 2 clusters of ") || !strings.Contains(legend, "Q3 + 1.5 (Q3 - Q1); in the space of") {
		t.Error(legend)
	}
	f.c.Sets[0].Metric = schemas.MetricCosine
	if legend := f.Legend(); !strings.Contains(legend, "Q3 + 1.5 (Q3 - Q1), by cosine of their square roots; in the space of") {
		t.Error(legend)
	}
	if text := string(out.Text); !strings.Contains(text, "\tposition\n") || strings.Count(text, "\toutlier\n") != 3 || strings.Count(text, "\textreme\n") != 1 {
		t.Error(text)
	}
	for n, want := range []string{"", ", the last an outlier", ", the last 2 outliers"} {
		picks := []schemas.Pick{{Position: "typical"}}
		for range n {
			picks = append(picks, schemas.Pick{Position: "outlier"})
		}
		if got := outliers(picks); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestLegendOfOneCluster(t *testing.T) {
	c, pixels := selection(1, 4, schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 16})
	c.Vectors = "latents of a network"
	_, out, _ := drawn(t, c, pixels)
	if text := string(out.Text); !strings.Contains(text, "The one cluster is that of k-means") {
		t.Errorf("the text: %s", text)
	}
}

func TestLegend(t *testing.T) {
	c, pixels := selection(3, 4, schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 16})
	c.PixelsPerMicron, c.Vectors, c.PerGroup = 4, "latents of a network", 2
	c.View = composite.View{Full: 65535, Low: 100, High: 4000}
	c.Selection.Parameters.Picking.Include = []string{"1/0.tif"}
	_, out, _ := drawn(t, c, pixels)
	text := string(out.Text)
	for _, want := range []string{
		"represent the 3 clusters of a collection of 12,345 images, one panel each (A–C).",
		"nearest to the mean of their group by Euclidean distance, in the space of 20 whitened principal components of latents of a network. ",
		"(best of 10 starts, seed 7)",
		"left out 345 of 12,345 images: 1 blank, 2 out of focus.",
		"Of 12 picks 6 are shown, by rank.",
		"1 of the images shown was asked for by name.",
		"These 12 picks cover the collection as well as 99 random images would (80 to 120 in 20 draws).",
		"There is a warning about these picks", "1 image was asked for by name (--include).",
		"\nWarnings\n- beware\n\n",
		"Every pixel of an image is one pixel here (300 dpi).",
		"Scale bar, 50 µm,",
		"linear from 100 (black) to 4,000 (white) of 0 to 65,535; brighter pixels are shown white, darker ones black.",
		"\nB\tcluster\t01\t1001\tmean\teuclidean\t2\t1/1.tif\t1\t0\tabc\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if strings.Contains(text, "of another scope") {
		t.Error("a warning about what is not shown")
	}
}

func TestScaleBar(t *testing.T) {
	for _, c := range []struct {
		perMicron float64
		pixels    int
		label     string
	}{
		{1, 200, "200 µm"},
		{3.1, 155, "50 µm"},
		{0.0005, 100, "200 mm"},
		{0.2, 200, "1 mm"},
		{100, 200, "2 µm"},
		{400, 200, "500 nm"},
		{1e5, 200, "2 nm"},
	} {
		config, _ := selection(1, 1, schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8})
		config.PixelsPerMicron = c.perMicron
		f, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.scaleBar(); got != (scaleBar{c.pixels, c.label}) {
			t.Errorf("%g pixels a µm: %v, want %d, %s", c.perMicron, got, c.pixels, c.label)
		}
	}
}

// TestLayouts draws few and many groups and picks, and checks that all is inside.
func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		clusters, top, side int
		groups, picks       int // of each, that must be shown
	}{
		{1, 1, 1, 1, 1}, {1, 100, 28, 1, 100}, {3, 20, 256, 3, 14}, {9, 100, 256, 9, 6}, {12, 5, 256, 12, 5},
		{44, 10, 256, 44, 6}, {100, 5, 28, 100, 4}, {400, 2, 64, 60, 1}, {2, 3, 3000, 2, 3},
	} {
		for _, width := range []float64{85, 180} {
			config, pixels := selection(c.clusters, c.top, schemas.ImageShape{Height: c.side, Width: c.side, Channels: 1, Bits: 8})
			config.Width = width
			if width == 85 && c.clusters > 20 {
				continue
			}
			f, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Groups()) < c.groups || width == 180 && len(f.Groups()[0].Picks) < c.picks {
				t.Errorf("%d groups of %d, side %d, width %g: %d groups of %d shown", c.clusters, c.top, c.side, width, len(f.Groups()), len(f.Groups()[0].Picks))
			}
			if h := f.height(f.layout); h > maxHeight {
				t.Errorf("%d groups of %d: %d pixels high", c.clusters, c.top, h)
			}
			for g, group := range f.Groups() {
				if x, _ := place(f, g, len(group.Picks)-1); x+f.layout.cellW > f.layout.width-margin {
					t.Errorf("%d groups of %d, side %d, width %g: an image ends at %d of %d", c.clusters, c.top, c.side, width, x+f.layout.cellW, f.layout.width)
				}
			}
			if c.clusters < 4 && c.side < 256 {
				if _, err := f.Draw(valuesOf(f, pixels), nil); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func valuesOf(f *Figure, pixels map[string][]byte) (list [][]byte) {
	for _, p := range f.Picks() {
		list = append(list, pixels[p.ImageID])
	}
	return list
}

func TestLetters(t *testing.T) {
	letters := func(c Config) (s string) {
		f, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f.panels {
			s += p.letter
		}
		return s
	}
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	one, _ := selection(1, 2, shape)
	three, _ := selection(3, 2, shape)
	many, _ := selection(27, 2, shape)
	sets := three
	sets.Sets = []Set{{"cluster", "mean", "euclidean"}, {"cluster", "medoid", "euclidean"}}
	for _, c := range []struct {
		config Config
		want   string
	}{{one, ""}, {three, "ABC"}, {many, ""}, {sets, "AB"}} {
		if got := letters(c.config); got != c.want {
			t.Errorf("letters %q, want %q", got, c.want)
		}
	}
	f, err := New(sets)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"(A) Clusters: mean, Euclidean distance; (B) Clusters: medoid, Euclidean distance."} {
		if !strings.Contains(f.Legend(), want) {
			t.Errorf("the legend lacks %q: %s", want, f.Legend())
		}
	}
}

func TestNames(t *testing.T) {
	face := regular()
	for in, want := range map[string]string{
		"naïve ΔΨ Кофеин 5 µM – 1°": "naïve ΔΨ Кофеин 5 µM – 1°",
		"cafe\u0301":                "café",
		"核":                         "[U+6838]",
		"a\tb\u202ec\x00":           "a[U+0009]b[U+202E]c[U+0000]",
		"😀":                         "[U+1F600]",
	} {
		if got := face.printable(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("long ", 100)
	if cut := face.cut(long, 300); face.width(cut) > 300 || !strings.HasSuffix(cut, "…") || len(cut) < 20 {
		t.Errorf("cut to %q, %d pixels", cut, face.width(cut))
	}
	for _, line := range face.wrap(long+strings.Repeat("x", 300), 500) {
		if face.width(line) > 500 {
			t.Errorf("line %q is %d pixels wide", line, face.width(line))
		}
	}
}

func TestRefused(t *testing.T) {
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}
	for name, change := range map[string]func(*Config){
		"Config.Width=5":                func(c *Config) { c.Width = 5 },
		"Config.Width=NaN":              func(c *Config) { c.Width = math.NaN() },
		"Config.PixelsPerMicron=-1":     func(c *Config) { c.PixelsPerMicron = -1 },
		"Config.PerGroup=-1":            func(c *Config) { c.PerGroup = -1 },
		"brightness from 5 to 5":        func(c *Config) { c.View = composite.View{Full: 255, Low: 5, High: 5} },
		"no picks of label/mean/cosine": func(c *Config) { c.Sets = []Set{{"label", "mean", "cosine"}} },
		"image size 0x28":               func(c *Config) { c.Shape.Height = 0 },
	} {
		c, _ := selection(2, 2, shape)
		change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, _ := selection(1, 1, shape)
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Draw([][]byte{make([]byte, 3)}, nil); err == nil || !strings.Contains(err.Error(), "an image of 3 bytes") {
		t.Errorf("too few bytes: %v", err)
	}
	if _, err := f.Draw(nil, nil); err == nil || !strings.Contains(err.Error(), "0 images for 1 picks") {
		t.Errorf("no images: %v", err)
	}
	if _, err := f.Draw([][]byte{nil}, nil); err == nil || !strings.Contains(err.Error(), "no pixels of 0/0.tif") {
		t.Errorf("an image without pixels: %v", err)
	}
}

func TestParseSet(t *testing.T) {
	if s, err := ParseSet("Metadata_a/b/mean/cosine"); err != nil || s != (Set{"Metadata_a/b", "mean", "cosine"}) {
		t.Error(s, err)
	}
	if _, err := ParseSet("cluster"); err == nil {
		t.Error("cluster is a set")
	}
}

func BenchmarkDraw(b *testing.B) {
	c, pixels := selection(12, 5, schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8})
	f, err := New(c)
	if err != nil {
		b.Fatal(err)
	}
	list := valuesOf(f, pixels)
	for b.Loop() {
		if _, err := f.Draw(list, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOneLine: nothing in a name acts on what shows the text beside a figure.
func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		`a "name" of 細胞`: `a "name" of 細胞`, "a\tb\n": `a\tb\n`, "\x1b[31m": `\x1b[31m`, "a\u202egnp": `a\u202egnp`, "G\u200b1": `G\u200b1`,
	} {
		if got := oneLine(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
