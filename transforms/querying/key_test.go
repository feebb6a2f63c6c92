package querying

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
)

// TestKey: the key of a contact sheet has the color of each channel, and neither a long name nor
// its range is cut by the edge of a page of two small pictures.
func TestKey(t *testing.T) {
	shape := schemas.ImageShape{Height: 8, Width: 8, Channels: 3, Bits: 16}
	long := strings.Repeat("W", 70)
	view := composite.Of(shape, []schemas.Channel{{Name: long}, {Name: "核 DNA"}, {Name: strings.Repeat("x", 500)}}, 4095)
	view.Channels[2].Shown = false
	p := newPage(shape, 1)
	for i := range view.Channels {
		p.add(keyOf(&view.Channels[i]))
	}
	for i, want := range []string{long + ": ", "[U+6838] DNA: ", strings.Repeat("x", 79) + "…: not shown, 0 to 4095"} {
		if title := p.blocks[i].title; !strings.HasPrefix(title, want) || !strings.HasSuffix(title, ", 0 to 4095") {
			t.Errorf("line %d is %q, want %q first", i, title, want)
		}
	}
	data, err := p.encode()
	if err != nil {
		t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	size := im.Bounds()
	for i, want := range []color.RGBA{view.Channels[0].Color, view.Channels[1].Color, {A: 255}} {
		y := gap + i*(line+gap/2) + line/2
		if got := color.RGBAModel.Convert(im.At(gap+5, y)); got != want {
			t.Errorf("the square of channel %d is %v, want %v", i, got, want)
		}
	}
	for y := range size.Dy() {
		for x := size.Dx() - gap; x < size.Dx(); x++ {
			if r, g, b, _ := im.At(x, y).RGBA(); r&g&b != 0xffff {
				t.Fatalf("text at the edge, %d of %d, line %d", x, size.Dx(), y)
			}
		}
	}
}
