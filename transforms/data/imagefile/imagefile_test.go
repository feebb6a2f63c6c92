package imagefile

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

func TestNames(t *testing.T) {
	for id, want := range map[string]string{
		"a/b/c.tif":      "a_b_c",
		"../../etc/x":    ".._.._etc_x",
		"x\x00\ny:z":     "x__y_z",
		"t10k/00042":     "t10k_00042",
		"img.v2.JPEG":    "img.v2",
		"übergröße.png":  "übergröße",
		"a\u202egnp.tif": "a_gnp", "\u2066a\u200b\ufeff1": "_a__1", "細胞\u0301 🙂": "細胞\u0301 🙂",
	} {
		if got := Safe(Stem(id)); got != want {
			t.Errorf("%q becomes %q, want %q", id, got, want)
		}
	}
	a, b := Safe(strings.Repeat("ä", 300)+"1"), Safe(strings.Repeat("ä", 300)+"2")
	if a == b || len(a) > 160 || !strings.HasPrefix(a, "ä") {
		t.Errorf("long names become %q and %q", a, b)
	}
}

// TestFiles: what is written is read as the same pixels, by package images, for every
// shape; equal pixels give equal bytes.
func TestFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range []schemas.ImageShape{
		{Height: 3, Width: 5, Channels: 1, Bits: 8}, {Height: 3, Width: 5, Channels: 1, Bits: 16},
		{Height: 3, Width: 5, Channels: 3, Bits: 8}, {Height: 3, Width: 5, Channels: 3, Bits: 16}, {Height: 1, Width: 1, Channels: 1, Bits: 8},
		{Height: 3, Width: 5, Channels: 2, Bits: 8}, {Height: 3, Width: 5, Channels: 2, Bits: 16}, {Height: 3, Width: 5, Channels: 4, Bits: 8},
		{Height: 3, Width: 5, Channels: 5, Bits: 16}, {Height: 3, Width: 3, Channels: 16, Bits: 8},
	} {
		pixels := make([]byte, shape.Bytes())
		for i := range pixels {
			pixels[i] = byte(rng.Uint32())
		}
		for kind, make := range map[string]func(schemas.ImageShape, []byte) []byte{"TIFF": TIFF, "PNG": PNG} {
			if kind == "PNG" && shape.Channels != 1 && shape.Channels != 3 {
				continue // which holds none
			}
			data := make(shape, pixels)
			im, err := images.Decode("x", data, images.Options{})
			if err != nil || im.Shape() != shape || !bytes.Equal(im.Pixels, pixels) {
				t.Errorf("%s of %s reads as %s: %v", kind, shape, im.Shape(), err)
			}
			if !bytes.Equal(data, make(shape, bytes.Clone(pixels))) {
				t.Errorf("%s of %s: other bytes of the same pixels", kind, shape)
			}
		}
	}
}
