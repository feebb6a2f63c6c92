package records

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas"
	"exemplar/tfrecord"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := Image{
			Filename: rapid.StringMatching(`[ -~äö→]{1,30}`).Draw(rt, "filename"),
			Height:   rapid.IntRange(1, 9).Draw(rt, "height"),
			Width:    rapid.IntRange(1, 9).Draw(rt, "width"),
			Channels: rapid.SampledFrom([]int{1, 3}).Draw(rt, "channels"),
			Bits:     rapid.SampledFrom([]int{8, 16}).Draw(rt, "bits"),
			HasLabel: rapid.Bool().Draw(rt, "has label"),
		}
		if want.HasLabel {
			want.Label = rapid.StringMatching(`[a-z]*`).Draw(rt, "label")
		}
		n := want.Shape().Bytes()
		want.Pixels = rapid.SliceOfN(rapid.Byte(), n, n).Draw(rt, "pixels")
		got, err := Parse(Append(nil, &want), Fields{})
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestParseAliasesRecord(t *testing.T) {
	record := Append(nil, &Image{Filename: "a", Pixels: []byte{1, 2, 3, 4}, Height: 2, Width: 2, Channels: 1, Bits: 8})
	im, err := Parse(record, Fields{})
	if err != nil {
		t.Fatal(err)
	}
	im.Pixels[0] = 99
	if again, _ := Parse(record, Fields{}); again.Pixels[0] != 99 {
		t.Error("the pixels were copied")
	}
}

// example encodes a record with the file name "n.tif" unless features say otherwise.
func example(features ...tfrecord.Feature) []byte {
	name := tfrecord.BytesFeature(schemas.FeatureFilename, []byte("n.tif"))
	return tfrecord.AppendExample(nil, append([]tfrecord.Feature{name}, features...)...)
}

func raw(n int) tfrecord.Feature { return tfrecord.BytesFeature(schemas.FeatureImage, make([]byte, n)) }

func number(name string, x int64) tfrecord.Feature { return tfrecord.Int64Feature(name, x) }

// pngFile returns a PNG of a 16-bit (or 8-bit) gray picture and its raw pixels.
func pngFile(t *testing.T, h, w, bits int) (file, pixels []byte) {
	t.Helper()
	var im image.Image
	g8, g16 := image.NewGray(image.Rect(0, 0, w, h)), image.NewGray16(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint16(y*1000 + x*7 + 1)
			if bits == 8 {
				g8.SetGray(x, y, color.Gray{Y: uint8(v)})
				pixels = append(pixels, uint8(v))
				continue
			}
			g16.SetGray16(x, y, color.Gray16{Y: v})
			pixels = append(pixels, uint8(v), uint8(v>>8))
		}
	}
	if im = g8; bits == 16 {
		im = g16
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, im); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), pixels
}

func TestParseShapes(t *testing.T) {
	hw := []tfrecord.Feature{number("height", 4), number("width", 6)}
	with := func(f ...tfrecord.Feature) []byte { return example(append(f, hw...)...) }
	for name, test := range map[string]struct {
		record []byte
		fields Fields
		want   string // shape, or the reason of the rejection
	}{
		"the study's":              {example(raw(65536)), Fields{}, "256x256 8-bit"},
		"square of 16 bits":        {example(raw(32), number("bits", 16)), Fields{}, "4x4 16-bit"},
		"square of colors":         {example(raw(48), number("channels", 3)), Fields{}, "4x4x3 8-bit"},
		"no square":                {example(raw(24)), Fields{}, schemas.ReasonUnsupported},
		"assumed":                  {example(raw(24)), Fields{Shape: schemas.ImageShape{Height: 4, Width: 6, Channels: 1, Bits: 8}}, "4x6 8-bit"},
		"assumed wrongly":          {example(raw(25)), Fields{Shape: schemas.ImageShape{Height: 4, Width: 6, Channels: 1, Bits: 8}}, schemas.ReasonWrongSize},
		"assumed, but stated":      {with(raw(24)), Fields{Shape: schemas.ImageShape{Height: 1, Width: 2, Channels: 1, Bits: 8}}, "4x6 8-bit"},
		"gray by length":           {with(raw(24)), Fields{}, "4x6 8-bit"},
		"16 bits by length":        {with(raw(48)), Fields{}, "4x6 16-bit"},
		"color by length":          {with(raw(72)), Fields{}, "4x6x3 8-bit"},
		"16-bit color by length":   {with(raw(144)), Fields{}, "4x6x3 16-bit"},
		"too short":                {with(raw(23)), Fields{}, schemas.ReasonWrongSize},
		"too long for its bits":    {with(raw(48), number("bits", 8)), Fields{}, schemas.ReasonWrongSize},
		"too many pixels":          {with(raw(24)), Fields{MaxPixels: 23}, schemas.ReasonTooLarge},
		"as many pixels as may be": {with(raw(24)), Fields{MaxPixels: 24}, "4x6 8-bit"},
		"height alone":             {example(raw(16), number("height", 4)), Fields{}, schemas.ReasonCorrupt},
		"height 0":                 {example(raw(16), number("height", 0), number("width", 4)), Fields{}, schemas.ReasonCorrupt},
		"huge height":              {example(raw(16), number("height", 1<<62), number("width", 4)), Fields{}, schemas.ReasonCorrupt},
		"5 channels":               {with(raw(120), number("channels", 5)), Fields{}, "4x6x5 8-bit"},
		"5 channels, by length":    {with(raw(240), number("channels", 5)), Fields{}, "4x6x5 16-bit"},
		"17 channels":              {with(raw(24*17), number("channels", 17)), Fields{}, schemas.ReasonUnsupported},
		"12 bits":                  {with(raw(24), number("bits", 12)), Fields{}, schemas.ReasonUnsupported},
		"height a string":          {example(raw(16), tfrecord.BytesFeature("height", []byte("4"))), Fields{}, schemas.ReasonUnsupported},
		"no pixels":                {with(raw(0)), Fields{}, schemas.ReasonEmpty},
		"no image":                 {with(), Fields{}, schemas.ReasonUnsupported},
		"two images":               {with(tfrecord.BytesFeature("image_raw", nil, nil)), Fields{}, schemas.ReasonUnsupported},
		"garbage":                  {[]byte("\xff\xff"), Fields{}, schemas.ReasonCorrupt},
	} {
		t.Run(name, func(t *testing.T) { checkParse(t, test.record, test.fields, test.want) })
	}
}

// checkParse checks the shape of a parsed record, or the reason of its error.
func checkParse(t *testing.T, record []byte, f Fields, want string) {
	t.Helper()
	im, err := Parse(record, f)
	if err == nil {
		if got := im.Shape().String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if len(im.Pixels) != im.Shape().Bytes() {
			t.Errorf("%d bytes of pixels for %s", len(im.Pixels), im.Shape())
		}
		return
	}
	var b *BadRecord
	if !errors.As(err, &b) || b.Reason != want || b.Detail == "" || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %#v, want one with %q", err, want)
	}
	if errors.Is(err, tfrecord.ErrCorrupt) {
		t.Error("a bad record passes for damage of the file")
	}
}

func TestParseImageFiles(t *testing.T) {
	for _, bits := range []int{8, 16} {
		file, pixels := pngFile(t, 4, 6, bits)
		f := tfrecord.BytesFeature("image/encoded", file)
		fields := Fields{Image: "image/encoded"}
		for name, record := range map[string][]byte{
			"no shape": example(f), "with shape": example(f, number("height", 4), number("width", 6)),
		} {
			im, err := Parse(record, fields)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !bytes.Equal(im.Pixels, pixels) || im.Height != 4 || im.Width != 6 || im.Bits != bits {
				t.Errorf("%s: %s, %x", name, im.Shape(), im.Pixels)
			}
		}
		checkParse(t, example(f, number("height", 5), number("width", 6)), fields, schemas.ReasonWrongSize)
		checkParse(t, example(f, number("bits", int64(24-bits))), fields, schemas.ReasonWrongDepth)
		checkParse(t, example(f), Fields{Image: "image/encoded", MaxPixels: 23}, schemas.ReasonTooLarge)
		cut := tfrecord.BytesFeature("image/encoded", file[:len(file)-20])
		checkParse(t, example(cut), fields, schemas.ReasonCorrupt)
	}
}

// Raw pixels that begin like an image file stay raw where the length is right.
func TestParseRawThatLooksLikeJPEG(t *testing.T) {
	pixels := bytes.Repeat([]byte{0xff, 0xd8, 0xff, 0xff}, 4)
	f := tfrecord.BytesFeature("image_raw", pixels)
	im, err := Parse(example(f, number("height", 4), number("width", 4)), Fields{})
	if err != nil || !bytes.Equal(im.Pixels, pixels) {
		t.Errorf("%x, %v", im.Pixels, err)
	}
}

func TestParseNames(t *testing.T) {
	for _, name := range []string{"", "a\x00b", "\xff"} {
		record := Append(nil, &Image{Filename: name, Pixels: []byte{1}, Height: 1, Width: 1, Channels: 1, Bits: 8})
		checkParse(t, record, Fields{}, schemas.ReasonCorrupt)
	}
	checkParse(t, example(raw(4)), Fields{Name: "image/filename"}, schemas.ReasonUnsupported)
	record := tfrecord.AppendExample(nil, tfrecord.BytesFeature("id", []byte("x")), tfrecord.BytesFeature("px", []byte{7}))
	im, err := Parse(record, Fields{Image: "px", Name: "id"})
	if err != nil || im.Filename != "x" || im.Pixels[0] != 7 {
		t.Errorf("%+v, %v", im, err)
	}
}

func TestParseLabels(t *testing.T) {
	im, err := Parse(example(raw(4), number("label", -7)), Fields{})
	if err != nil || im.Label != "-7" || !im.HasLabel {
		t.Errorf("an integer label: %+v, %v", im, err)
	}
	checkParse(t, example(raw(4), tfrecord.BytesFeature("label", []byte("\xff"))), Fields{}, schemas.ReasonCorrupt)
	for _, label := range []tfrecord.Feature{tfrecord.FloatFeature("label", 1.5), tfrecord.Int64Feature("label", 1, 2), tfrecord.BytesFeature("label", []byte("a"), []byte("b"))} {
		checkParse(t, example(raw(4), label), Fields{}, schemas.ReasonUnsupported)
	}
	if im, err := Parse(example(raw(4), tfrecord.BytesFeature("label")), Fields{}); err != nil || im.HasLabel {
		t.Errorf("an empty list of labels: %+v, %v", im, err)
	}
}
