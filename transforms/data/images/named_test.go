package images_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// sampleOf returns a sample of an image.
func sampleOf(im images.Image, pixel, channel int) int {
	i := (pixel*im.Channels + channel) * im.Bits / 8
	if im.Bits == 8 {
		return int(im.Pixels[i])
	}
	return int(im.Pixels[i]) | int(im.Pixels[i+1])<<8
}

// withNames returns an image of channels of these names, "-" for none; "rgb" and "gray" have no channels.
func withNames(names string, bits int) images.Image {
	rng := rand.New(rand.NewPCG(1, 2))
	im := images.Image{Height: 3, Width: 5, Bits: bits}
	switch names {
	case "rgb":
		im.Channels = 3
	case "gray":
		im.Channels = 1
	default:
		im.Facts = &images.Facts{Channels: channels(names)}
		im.Channels = len(im.Facts.Channels)
	}
	im.Pixels = make([]byte, im.Shape().Bytes())
	for i := range im.Pixels {
		im.Pixels[i] = byte(rng.Uint32())
	}
	return im
}

func channels(names string) (of []schemas.Channel) {
	if names == "" {
		return nil
	}
	for name := range strings.SplitSeq(names, ",") {
		of = append(of, schemas.Channel{Name: strings.Trim(name, "-")})
	}
	return of
}

// TestChannelsOfACollection: which channels of an image become those of the collection, or why none do.
func TestChannelsOfACollection(t *testing.T) {
	for _, c := range []struct {
		collection string // "" is gray or RGB
		given      bool
		image      string
		order      string // numbers of channels, or what the rejection says; "as it is" leaves it to Fit
		note       bool
	}{
		{"", false, "gray", "0", false},
		{"", false, "rgb", "012", false},
		{"", false, "A", "0", false}, // one channel with a name is gray
		{"", false, "A,B,C", "the image has the channels A,B,C, the collection is gray or RGB", false},
		{"", false, "-,-,-", "3 channels without names", false},
		{"A,B,C", false, "A,B,C", "012", false},
		{"A,B,C", false, "C,A,B", "120", false},
		{"A,B,C", false, "A,B,D", "the image has the channels A,B,D, the collection is of the channels A,B,C", false},
		{"A,B,C", false, "A,B,C,D", "channels A,B,C,D", false},
		{"A,B,C", false, "-,-,-", "012", true},
		{"A,B,C", false, "A,-,C", "012", true},
		{"A,B,C", false, "B,-,C", "channels B,?,C", false},
		{"A,B,C", false, "rgb", "the channels of an RGB picture", false},
		{"A,B,C", false, "-,-", "as it is", false},
		{"A,B,C", false, "gray", "as it is", false},
		{"A,A", false, "A,A", "01", false},
		{"A,A", false, "B,B", "channels B,B", false},
		{"-,-", false, "-,-", "01", false},
		{"-,-", false, "A,B", "01", false},
		{"A,C", true, "C,B,A", "20", false},
		{"A,C", true, "A,B", "the image has the channels A,B, the collection is of the channels A,C", false},
		{"A,C", true, "A,A,C", "channels A,A,C", false},
		{"A,B", true, "-,-", "01", true},
		{"A,B", true, "-,-,-", "3 channels without names", false},
		{"A", true, "gray", "0", true},
		{"A", true, "A", "0", false},
		{"A", true, "B", "channels B", false},
		{"A,B,C", true, "rgb", "012", true},
		{"B,R", true, "rgb", "20", false},
		{"A,B", true, "rgb", "the channels of an RGB picture", false},
		{"A,B", true, "gray", "one channel without a name", false},
	} {
		for _, bits := range []int{8, 16} {
			im := withNames(c.image, bits)
			of := images.Channels{Of: channels(c.collection), Given: c.given}
			got, err := of.Apply(im)
			what := c.collection + " of " + c.image
			var reject *images.RejectError
			if errors.As(err, &reject) {
				if !strings.Contains(reject.Detail, c.order) || reject.Reason != schemas.ReasonWrongChannels || reject.Stage != schemas.StageFit {
					t.Errorf("%s: %+v, want %q", what, reject, c.order)
				}
				continue
			}
			if c.order == "as it is" {
				if err != nil || got.Channels != im.Channels {
					t.Errorf("%s: %d channels, %v", what, got.Channels, err)
				}
				continue
			}
			if err != nil || got.Channels != len(c.order) || len(got.Pixels) != got.Shape().Bytes() {
				t.Errorf("%s: %s, %v, want %s", what, got.Shape(), err, c.order)
				continue
			}
			for pixel := range 15 {
				for to, from := range c.order {
					if sampleOf(got, pixel, to) != sampleOf(im, pixel, int(from-'0')) {
						t.Fatalf("%s, %d bits: channel %d is not that of %c", what, bits, to, from)
					}
				}
			}
			if noted := got.Facts != nil && slices.Contains(got.Facts.Notes, images.InOrder); noted != c.note {
				t.Errorf("%s: noted %v", what, noted)
			}
			again, err := of.Apply(got)
			if err != nil || !slices.Equal(again.Pixels, got.Pixels) {
				t.Errorf("%s: applied again: %v", what, err)
			}
		}
	}
}

// TestJoinFiles: samples of files go beside each other, and what the files say goes together.
func TestJoinFiles(t *testing.T) {
	for _, bits := range []int{8, 16} {
		var parts []images.Image
		for i := range 3 {
			im := withNames("gray", bits)
			for k := range im.Pixels {
				im.Pixels[k] += byte(50 * i)
			}
			im.Facts = &images.Facts{FullScale: 1023 << i, MicronsPerPixel: 0.5, Notes: []string{"a note"}}
			parts = append(parts, im)
		}
		im, err := images.Join(parts, channels("A,B,C"), []string{"a", "b", "c"})
		if err != nil || im.Channels != 3 {
			t.Fatalf("%s, %v", im.Shape(), err)
		}
		for pixel := range 15 {
			for c, part := range parts {
				if sampleOf(im, pixel, c) != sampleOf(part, pixel, 0) {
					t.Fatalf("%d bits: pixel %d of channel %d is another one", bits, pixel, c)
				}
			}
		}
		if f := im.Facts; f.FullScale != 4092 || f.MicronsPerPixel != 0.5 || len(f.Notes) != 1 || strings.Join(schemas.NamesOf(f.Channels), ",") != "A,B,C" {
			t.Errorf("facts %+v", f)
		}
		parts[1].Facts.MicronsPerPixel = 0.6
		parts[2].Facts = nil
		if im, _ := images.Join(parts, channels("A,B,C"), []string{"a", "b", "c"}); im.Facts.FullScale != 0 || im.Facts.MicronsPerPixel != 0 || len(im.Facts.Notes) != 2 {
			t.Errorf("facts that differ: %+v", im.Facts)
		}
		other := withNames("gray", bits)
		other.Height, other.Width = 5, 3
		deep, wide := withNames("gray", 24-bits), withNames("rgb", bits)
		ranged := withNames("gray", bits)
		ranged.Facts = &images.Facts{Notes: []string{"float32 brought to 16 bits by --range=0,1"}}
		for says, bad := range map[string]images.Image{"b holds numbers that --range brought to 16 bits, a has 16 bits of its own": ranged, "a is 3x5, b is 5x3": other, "b has": deep, "b holds RGB": wide} {
			if _, err := images.Join([]images.Image{parts[0], bad}, channels("A,B"), []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want %q", err, says)
			}
		}
	}
}
