package reporting

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
)

func viewed(t *testing.T, channels, full int, described bool, composite string) (*inputs, error) {
	t.Helper()
	in := &inputs{shardsDir: "shards", shards: schemas.ShardsManifest{Image: schemas.ImageShape{Height: 40, Width: 40, Channels: channels, Bits: 16}, FullScale: full}}
	in.Composite = composite
	if described {
		for c := range channels {
			in.shards.Channels = append(in.shards.Channels, schemas.Channel{Name: fmt.Sprintf("<%d>", c)})
		}
	}
	return in, in.findView()
}

// TestPicturesOfChannels: images of every number of channels have pictures, thumbnails and, where
// they have channels, all of these in gray.
func TestPicturesOfChannels(t *testing.T) {
	for channels := 1; channels <= schemas.MaxChannels; channels++ {
		for _, described := range []bool{false, true} {
			in, err := viewed(t, channels, 4095, described, "")
			if err != nil {
				t.Fatal(err)
			}
			g := newGallery(in)
			im := raster.New(40, 40, channels)
			for i := range im.V {
				im.V[i] = 4095
			}
			address, _, err := g.put(t.Context(), "x", im)
			if err != nil {
				t.Fatal(err)
			}
			picture := decoded(t, address)
			r, gr, b, _ := picture.At(3, 3).RGBA()
			if channels != 2 && channels != 4 && (r>>8 < 250 || gr>>8 < 240 || b>>8 < 170) || r>>8 < 200 {
				t.Errorf("%d channels, described %v: all at full scale are %d %d %d", channels, described, r>>8, gr>>8, b>>8)
			}
			composite := channels != 1 && (described || channels != 3)
			if composite != (len(g.view.Channels) > 0) || g.size(im, true) > g.size(im, false) != composite {
				t.Errorf("%d channels, described %v: channels in gray", channels, described)
			}
			g.sprites = []image.Image{g.view.Picture(thumbnail(im, thumbnailSide)), g.view.Picture(thumbnail(raster.New(40, 40, channels), thumbnailSide))}
			sprite := g.sprite()
			if got := sprite.Bounds(); got != image.Rect(0, 0, 2*thumbnailSide, thumbnailSide) {
				t.Errorf("%d channels: a sprite of %v", channels, got)
			}
			if v, _, _, _ := sprite.At(10, 10).RGBA(); v != r {
				t.Errorf("%d channels: a thumbnail has %d, its picture %d", channels, v, r)
			}
			if v, _, _, a := sprite.At(thumbnailSide+10, 10).RGBA(); v != 0 || a != 0xffff {
				t.Errorf("%d channels: a black thumbnail has %d, opacity %d", channels, v, a)
			}
		}
	}
}

func decoded(t *testing.T, address string) image.Image {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(address, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestComposite(t *testing.T) {
	if in, err := viewed(t, 5, 0, true, "<4>,<0>"); err != nil || len(in.view.Together()) != 2 {
		t.Error(err)
	}
	for want, c := range map[string]struct {
		channels  int
		composite string
	}{
		`Config.Composite=DNA: the images have no channel "DNA": choose from <0>,<1>`: {2, "DNA"},
		`Config.Composite=<0>,: the images have no channel ""`:                        {2, "<0>,"},
		"Config.Composite=a: the images have no channels to choose from":              {1, "a"},
	} {
		if _, err := viewed(t, c.channels, 0, true, c.composite); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	none := &inputs{Config: Config{Composite: "a"}}
	if err := none.findView(); err == nil || !strings.Contains(err.Error(), "there are no images here") {
		t.Error(err)
	}
}

// TestScale: the scale bar is that of the shards, unless a user says otherwise, which is noted.
func TestScale(t *testing.T) {
	in, err := viewed(t, 1, 0, false, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		microns, given, want float64
		noted                bool
	}{{0, 0, 0, false}, {0, 3, 3, false}, {0.25, 0, 4, false}, {0.25, 4.001, 4.001, false}, {0.25, 3, 3, true}, {1e9, 0, 0, false}} {
		in.shards.MicronsPerPixel, in.notes = c.microns, nil
		(&Sources{in}).CompareScale(c.given)
		if got := in.pixelsPerMicron(c.given); got != c.want || len(in.notes) > 0 != c.noted {
			t.Errorf("%+v: %g, %v", c, got, in.notes)
		}
		if c.noted && in.notes[0] != "scale: 3 pixels a micron as given; shards/shards.json says 0.25 µm a pixel, which are 4 pixels a micron" {
			t.Error(in.notes[0])
		}
	}
}

// TestCitedColors: where pictures are composites, the colors have their source.
func TestCitedColors(t *testing.T) {
	for channels, want := range map[int]bool{1: false, 5: true} {
		in, err := viewed(t, channels, 0, channels > 1, "")
		if err != nil {
			t.Fatal(err)
		}
		g, p := &gatherer{inputs: in}, &paragraph{cited: map[string]string{}}
		g.citeFigures(p)
		if (p.cited["okabe2008"] != "") != want || (p.cited["machado2009"] != "") != want {
			t.Errorf("%d channels: cited %v", channels, p.cited)
		}
	}
}
