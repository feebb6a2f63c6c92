package images_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/tiff"
	"pgregory.net/rapid"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// picture draws smooth pixels with some noise, so that codecs meet both runs and
// literals.
// valid reports a shape that no image can have, or pixels that do not fill it.
func valid(im images.Image) error {
	if err := im.Shape().Validate(); err != nil {
		return err
	}
	if want := im.Shape().Bytes(); len(im.Pixels) != want {
		return fmt.Errorf("%d bytes of pixels for an image of %v, want %d", len(im.Pixels), im.Shape(), want)
	}
	return nil
}

func picture(h, w, channels, bits int, seed uint64) images.Image {
	r := rand.New(rand.NewPCG(seed, 1))
	im := images.Image{Height: h, Width: w, Channels: channels, Bits: bits}
	im.Pixels = make([]byte, im.Shape().Bytes())
	v := byte(0)
	for i := range im.Pixels {
		if r.IntN(3) == 0 {
			v = byte(r.IntN(256))
		}
		im.Pixels[i] = v
	}
	return im
}

// TestTIFFRoundTrip decodes every layout that is read.
func TestTIFFRoundTrip(t *testing.T) {
	orders := []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}
	for _, compression := range []int{1, 5, 8, 32946, 32773} {
		for _, channels := range []int{1, 3} {
			for _, bits := range []int{8, 16} {
				t.Run(fmt.Sprintf("compression=%d/channels=%d/bits=%d", compression, channels, bits), rapid.MakeCheck(func(t *rapid.T) {
					im := picture(rapid.IntRange(1, 70).Draw(t, "h"), rapid.IntRange(1, 70).Draw(t, "w"), channels, bits, rapid.Uint64().Draw(t, "seed"))
					o := tiffOptions{
						order:       orders[rapid.IntRange(0, 1).Draw(t, "order")],
						big:         rapid.Bool().Draw(t, "big"),
						compression: compression,
						predictor:   compression != 1 && compression != 32773 && rapid.Bool().Draw(t, "predictor"),
						tileW:       rapid.SampledFrom([]int{0, 16, 32}).Draw(t, "tileW"),
						blockH:      rapid.SampledFrom([]int{16, 32, 96}).Draw(t, "blockH"),
					}
					if o.tileW == 0 {
						o.blockH = rapid.IntRange(1, 90).Draw(t, "rows")
					}
					got, err := images.Decode("a.tif", writeTIFF(im, o), images.Options{})
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(im, got); diff != "" {
						t.Fatal(diff)
					}
				}))
			}
		}
	}
}

// TestLongLZW passes the point where the table of codes is full, and compares
// with the independent decoder of x/image too.
func TestLongLZW(t *testing.T) {
	im := picture(200, 300, 1, 8, 7)
	data := writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 5, blockH: 200})
	got, err := images.Decode("a.tif", data, images.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := tiff.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Pixels, im.Pixels) || !bytes.Equal(got.Pixels, other.(*image.Gray).Pix) {
		t.Error("pixels differ")
	}
}

// TestRealImages compares every nucleus and cell with x/image.
func TestRealImages(t *testing.T) {
	for folder, want := range map[string]int{"nuclei/images": 1503, "jurkat/dna_u8": 3416} {
		names, err := filepath.Glob(filepath.Join(dataDir(t, folder), "*/*.tif"))
		if err != nil || len(names) != want {
			t.Fatalf("%s: %d files, want %d: %v", folder, len(names), want, err)
		}
		for _, name := range names {
			data := readFile(t, name)
			got, err := images.Decode(name, data, images.Options{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			other, err := tiff.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !bytes.Equal(got.Pixels, other.(*image.Gray).Pix) {
				t.Errorf("%s: pixels differ from x/image's", name)
			}
		}
	}
}

// TestTIFFRefused checks each tag under which pixels would not be taken over.
func TestTIFFRefused(t *testing.T) {
	le := tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 100}
	for _, c := range []struct {
		name, reason string
		set          func(*tiffOptions)
	}{
		{"palette", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{262: {3}} }},
		{"CMYK", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{262: {5}} }},
		{"no photometric", schemas.ReasonCorrupt, func(o *tiffOptions) { o.extra = map[uint16][]uint32{262: nil} }},
		{"signed", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{339: {2}} }},
		{"float", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{339: {3}} }},
		{"orientation", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{274: {6}} }},
		{"fill order", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{266: {2}} }},
		{"extra samples", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{338: {0}} }},
		{"12 bits", schemas.ReasonUnsupported, func(o *tiffOptions) { o.extra = map[uint16][]uint32{258: {12}} }},
		{"predictor alone", schemas.ReasonUnsupported, func(o *tiffOptions) { o.predictor = true }},
		{"zero width", schemas.ReasonCorrupt, func(o *tiffOptions) { o.extra = map[uint16][]uint32{256: {0}} }},
		{"too large", schemas.ReasonTooLarge, func(o *tiffOptions) { o.extra = map[uint16][]uint32{256: {1 << 31}} }},
		{"strip too short", schemas.ReasonCorrupt, func(o *tiffOptions) { o.extra = map[uint16][]uint32{279: {799}} }},
		{"strip past the end", schemas.ReasonCorrupt, func(o *tiffOptions) { o.extra = map[uint16][]uint32{273: {1 << 30}} }},
		{"zero rows a strip", schemas.ReasonCorrupt, func(o *tiffOptions) { o.extra = map[uint16][]uint32{278: {0}} }},
		{"second page missing", schemas.ReasonCorrupt, func(o *tiffOptions) { o.next = 1 << 30 }},
		{"page loop", schemas.ReasonCorrupt, func(o *tiffOptions) { o.next = 8 + 800 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := le
			c.set(&o)
			_, err := images.Decode("a.tif", writeTIFF(picture(20, 40, 1, 8, 1), o), images.Options{})
			if r := rejection(t, err); r.Reason != c.reason || r.Stage != schemas.StageDecode {
				t.Errorf("%+v, want reason %s", r, c.reason)
			}
		})
	}
	o := le
	o.extra = map[uint16][]uint32{284: {2}}
	_, err := images.Decode("a.tif", writeTIFF(picture(20, 40, 3, 8, 1), o), images.Options{})
	if r := rejection(t, err); r.Reason != schemas.ReasonCorrupt { // one strip
		t.Errorf("planes: %v", r)
	}
}

// encode writes a picture with the standard library.
func encode(t testing.TB, kind string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if kind == "png" {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// draw fills a picture of the standard library.
func draw(m interface {
	image.Image
	Set(x, y int, c color.Color)
}) image.Image {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			m.Set(x, y, color.RGBA64{uint16(x*997 + y), uint16(y * 1999), uint16(x*y*31 + 5), 0xffff})
		}
	}
	return m
}

func TestPNGAndJPEG(t *testing.T) {
	r := image.Rect(0, 0, 37, 21)
	for _, c := range []struct {
		kind           string
		m              image.Image
		channels, bits int
	}{
		{"png", draw(image.NewGray(r)), 1, 8},
		{"png", draw(image.NewGray16(r)), 1, 16},
		{"png", draw(image.NewRGBA(r)), 3, 8},
		{"png", draw(image.NewRGBA64(r)), 3, 16},
		{"jpeg", draw(image.NewGray(r)), 1, 8},
		{"jpeg", draw(image.NewRGBA(r)), 3, 8},
	} {
		data := encode(t, c.kind, c.m)
		got, err := images.Decode("a."+c.kind, data, images.Options{})
		if err != nil {
			t.Fatalf("%s %T: %v", c.kind, c.m, err)
		}
		want := schemas.ImageShape{Height: 21, Width: 37, Channels: c.channels, Bits: c.bits}
		if got.Shape() != want || valid(got) != nil {
			t.Fatalf("%s %T: shape %v, want %v", c.kind, c.m, got.Shape(), want)
		}
		m := c.m
		if c.kind == "jpeg" {
			if m, err = jpeg.Decode(bytes.NewReader(data)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 21 * 37 * c.channels {
			r, g, b, _ := m.At(i/c.channels%37, i/c.channels/37).RGBA()
			want := []uint32{r, g, b}[i%c.channels]
			v := uint32(got.Pixels[i*c.bits/8])
			if c.bits == 16 {
				v = uint32(binary.LittleEndian.Uint16(got.Pixels[2*i:]))
			} else {
				want >>= 8
			}
			if v != want {
				t.Fatalf("%s %T: sample %d is %d, want %d", c.kind, c.m, i, v, want)
			}
		}
		for _, cut := range []int{1, 12, len(data) / 2, len(data) - 20} {
			_, err := images.Decode("a", data[:len(data)-cut], images.Options{})
			rejection(t, err)
		}
		_, err = images.Decode("a", data, images.Options{Limits: images.Limits{MaxPixels: 21*37 - 1}})
		if r := rejection(t, err); r.Reason != schemas.ReasonTooLarge {
			t.Errorf("%s: %v, want too large", c.kind, r)
		}
	}
}

func TestRefusedKinds(t *testing.T) {
	r := image.Rect(0, 0, 9, 9)
	for name, c := range map[string]struct {
		data   []byte
		reason string
	}{
		"empty":   {nil, schemas.ReasonEmpty},
		"text":    {[]byte("<html>"), schemas.ReasonNotAnImage},
		"gif":     {[]byte("GIF89a"), schemas.ReasonUnsupported},
		"palette": {encode(t, "png", draw(image.NewPaletted(r, color.Palette{color.Black, color.White}))), schemas.ReasonUnsupported}, // of 1 bit
		"colors":  {encode(t, "png", image.NewPaletted(r, append(palette.WebSafe, color.Black))), schemas.ReasonUnsupported},
		"alpha":   {encode(t, "png", image.NewNRGBA(r)), schemas.ReasonUnsupported},
		"exif": {append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"),
			encode(t, "jpeg", draw(image.NewGray(r)))[2:]...), schemas.ReasonUnsupported},
	} {
		_, err := images.Decode(name+".tif", c.data, images.Options{})
		if r := rejection(t, err); r.Reason != c.reason {
			t.Errorf("%s: %v, want %s", name, r, c.reason)
		}
	}
}
