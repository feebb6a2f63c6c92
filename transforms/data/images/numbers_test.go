package images_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// kinds of numbers: their bits and SampleFormat.
var kinds = map[string]struct {
	bits   int
	format uint32
}{"int8": {8, 2}, "int16": {16, 2}, "int32": {32, 2}, "uint32": {32, 1}, "float32": {32, 3}, "float64": {64, 3}}

// stored returns the bits of a number.
func stored(kind string, v float64) uint64 {
	switch kind {
	case "float32":
		return uint64(math.Float32bits(float32(v)))
	case "float64":
		return math.Float64bits(v)
	}
	return uint64(int64(v))
}

// exactly is the sample of 16 bits, by fractions without rounding: the nearest, halves up.
func exactly(v, low, high float64) uint16 {
	r := func(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }
	part := new(big.Rat).Quo(new(big.Rat).Sub(r(v), r(low)), new(big.Rat).Sub(r(high), r(low)))
	twice := part.Mul(part, r(2*65535)).Add(part, r(1))
	return uint16(new(big.Int).Quo(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2))).Int64())
}

// TestNumbers reads numbers of all kinds and layouts.
func TestNumbers(t *testing.T) {
	for kind, k := range kinds {
		low, high := -128.0, 128.0 // a power of two apart: divided without rounding
		switch kind {
		case "int16":
			low, high = -1<<15, 1<<15
		case "int32", "uint32":
			low, high = -1<<31, 1<<33-1<<31
		}
		t.Run(kind, rapid.MakeCheck(func(t *rapid.T) {
			im := picture(rapid.IntRange(1, 40).Draw(t, "h"), rapid.IntRange(1, 40).Draw(t, "w"), rapid.SampledFrom([]int{1, 3}).Draw(t, "channels"), k.bits, 0)
			im.Bits, im.Pixels = k.bits, nil
			number := rapid.Int64Range(int64(low), min(int64(high)-1, math.MaxInt32))
			var want []byte
			for range im.Height * im.Width * im.Channels {
				v := float64(number.Draw(t, "v"))
				switch {
				case k.format == 1:
					v = math.Abs(v)
				case k.format == 3:
					v += float64(rapid.IntRange(0, 255).Draw(t, "part")) / 256
				}
				for b := range k.bits / 8 {
					im.Pixels = append(im.Pixels, byte(stored(kind, v)>>(8*b)))
				}
				want = binary.LittleEndian.AppendUint16(want, exactly(v, low, high))
			}
			o := tiffOptions{
				order: rapid.SampledFrom([]binary.ByteOrder{binary.LittleEndian, binary.BigEndian}).Draw(t, "order"), big: rapid.Bool().Draw(t, "big"),
				compression: rapid.SampledFrom([]int{1, 5, 8, 32773}).Draw(t, "compression"),
				tileW:       rapid.SampledFrom([]int{0, 16}).Draw(t, "tileW"), blockH: 16, extra: map[uint16][]uint32{339: nil}}
			for range im.Channels {
				o.extra[339] = append(o.extra[339], k.format)
			}
			if o.compression == 5 || o.compression == 8 {
				o.floats = k.format == 3 && rapid.Bool().Draw(t, "floats")
				o.predictor = !o.floats && rapid.Bool().Draw(t, "predictor")
			}
			got, err := images.Decode("a.tif", writeTIFF(im, o), images.Options{Range: &images.Range{Low: low, High: high}})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got.Pixels); d != "" || got.Bits != 16 {
				t.Fatalf("%d bits (-want +got)\n%s", got.Bits, d)
			}
		}))
	}
}

// TestNumbersOfTifffile reads numbers that tifffile wrote.
func TestNumbersOfTifffile(t *testing.T) {
	const floats = "-20,4075.9375"
	plain := func(c, y, x int) int { return sampleAt(c, 0, 0, y, x) }
	unnamed := make([]schemas.Channel, 3)
	for _, c := range []struct {
		file, project, span string
		channels            int
		at                  func(c, y, x int) int
		named               []schemas.Channel
		notes               []string
	}{
		{"float32.tif", "", floats, 3, plain, unnamed, []string{"float32 brought to 16 bits by --range=-20,4075.9375"}},
		{"float32-tiles.tif", "", floats, 3, plain, unnamed, nil},
		{"float32-rgb.tif", "", floats, 3, plain, nil, nil},
		{"float32-imagej.tif", "max", floats, 1, func(_, y, x int) int { return sampleAt(0, 2, 0, y, x) }, nil, nil},
		{"float32-imagej.tif", "mean", floats, 1, func(_, y, x int) int { return sampleAt(0, 1, 0, y, x) }, nil, nil},
		{"float64.tif", "", floats, 1, plain, nil, nil},
		{"float16.tif", "", "-300,65235", 1, plain, nil, []string{"float16 brought to 16 bits by --range=-300,65235"}},
		{"int8.tif", "", "-128,127", 1, func(_, y, x int) int { return 257 * (sampleAt(0, 0, 0, y, x) - 300 + 128) }, nil, nil},
		{"int16.tif", "", "-2000,63535", 3, plain, unnamed, nil},
		{"int32.tif", "", "-100000,-34465", 3, plain, unnamed, nil},
		{"uint32.tif", "", "4000000000,4000065535", 1, plain, nil, nil},
	} {
		span, err := images.ParseRange(c.span)
		if err != nil {
			t.Fatal(err)
		}
		im, err := images.Decode(c.file, stackFile(t, c.file), images.Options{Project: c.project, Range: span})
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if d := cmp.Diff(stackOf(16, c.channels, c.at), im.Pixels); d != "" || im.Bits != 16 || im.Channels != c.channels {
			t.Errorf("%s, %s: %v (-want +got)\n%s", c.file, c.project, im.Shape(), d)
		}
		if d := cmp.Diff(c.named, im.Facts.Channels); d != "" || im.Facts.FullScale != 0 {
			t.Errorf("%s: full scale %d (-want +got)\n%s", c.file, im.Facts.FullScale, d)
		}
		if c.notes != nil && cmp.Diff(c.notes, im.Facts.Notes) != "" {
			t.Errorf("%s: notes %q", c.file, im.Facts.Notes)
		}
	}
}

// TestNumbersRefused: none become pixels without a range, outside of it, or that are none.
func TestNumbersRefused(t *testing.T) {
	one := &images.Range{High: 1}
	for _, c := range []struct {
		file string
		span *images.Range
		says string
	}{
		{"float32.tif", nil, "its samples are float32, -3.9375 to 33.4375: say with --range=LOW,HIGH"},
		{"uint32.tif", nil, "its samples are uint32, 4000000257 to 4000000341: say with --range"},
		{"int8.tif", nil, "its samples are int8, -43 to 41: say with --range"},
		{"float32.tif", &images.Range{Low: -20, High: 33}, "5 of 90 samples (float32, -3.9375 to 33.4375) are outside of --range=-20,33"},
		{"float32.tif", &images.Range{Low: -3, High: 40}, "5 of 90 samples (float32, -3.9375 to 33.4375) are outside of --range=-3,40"},
		{"float32-odd.tif", one, "2 of 30 samples (float32) are NaN or infinite, the others -3.9375 to 1.3125"},
		{"float32-odd.tif", nil, "2 of 30 samples (float32) are NaN or infinite"},
		{"float32-none.tif", one, "all 30 samples (float32) are NaN or infinite"},
		{"float32-imagej.tif", one, "say with --projection"},
	} {
		_, err := images.Decode(c.file, stackFile(t, c.file), images.Options{Range: c.span})
		if r := rejection(t, err); r.Reason != schemas.ReasonUnsupported || !strings.Contains(r.Detail, c.says) {
			t.Errorf("%s: %v, want %q", c.file, r, c.says)
		}
	}
}

// TestNumbersOfTags refuses numbers whose tags say that they are no brightness, and too many bytes.
func TestNumbersOfTags(t *testing.T) {
	for _, c := range []struct {
		channels, bits int
		tags           map[uint16][]uint32
		pixels         int64
		says           string
	}{
		{1, 32, map[uint16][]uint32{339: {3}, 262: {0}}, 0, "float32 samples with alpha, a palette or 0 as white"},
		{3, 32, map[uint16][]uint32{339: {3, 3, 3}, 262: {1}, 338: {0, 2}}, 0, "float32 samples with alpha"},
		{3, 32, map[uint16][]uint32{339: {3, 3, 2}}, 0, "different types: SampleFormat 3 and 2"},
		{1, 32, map[uint16][]uint32{339: {5}}, 0, "complex samples of 32 bits"},
		{1, 64, map[uint16][]uint32{339: {1}}, 0, "64 bits per sample"},
		{1, 32, map[uint16][]uint32{317: {3}, 259: {8}}, 0, "Predictor 3"},
		{3, 64, map[uint16][]uint32{339: {3, 3, 3}}, 300, "of 3 samples of 64 bits, more bytes than three times"},
	} {
		data := writeTIFF(picture(10, 10, c.channels, c.bits, 1), tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 10, extra: c.tags})
		_, err := images.Decode("a.tif", data, images.Options{Range: &images.Range{High: 1}, Limits: images.Limits{MaxPixels: c.pixels}})
		if r := rejection(t, err); !strings.Contains(r.Detail, c.says) {
			t.Errorf("%v: %v, want %q", c.tags, r, c.says)
		}
	}
}

// TestRangeOfPixels: a range says nothing of pixels.
func TestRangeOfPixels(t *testing.T) {
	for _, bits := range []int{8, 16} {
		im := picture(10, 10, 1, bits, 1)
		got, err := images.Decode("a.tif", writeTIFF(im, tiffOptions{order: binary.LittleEndian, compression: 1, blockH: 10}), images.Options{Range: &images.Range{High: 1}})
		if d := cmp.Diff(im, got); err != nil || d != "" {
			t.Errorf("%v %s", err, d)
		}
	}
}

// TestParseRange refuses what is no range.
func TestParseRange(t *testing.T) {
	for s, want := range map[string]string{"0,1": "0,1", "-1.5,2e3": "-1.5,2000", "1e-9,1": "1e-09,1"} {
		if r, err := images.ParseRange(s); err != nil || r.String() != want {
			t.Errorf("%q: %v, %v", s, r, err)
		}
	}
	for _, s := range []string{"", "0", "0,", ",1", "1,0", "1,1", "0,1,2", "nan,1", "0,inf", "-inf,0", "-1.7e308,1.7e308", "1e999,2", "a,b", "0, 1"} {
		if r, err := images.ParseRange(s); err == nil {
			t.Errorf("%q: %v", s, r)
		}
	}
}
