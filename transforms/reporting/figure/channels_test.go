package figure

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
)

// TestChannels draws images of five channels: the colors are sums written out here, and the
// legend has names, colors and ranges.
func TestChannels(t *testing.T) {
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 5, Bits: 16}
	c, pixels := selection(1, 1, shape)
	channels := []schemas.Channel{{Name: "DNA"}, {Name: "ER"}, {Name: "RNA"}, {Name: "AGP"}, {Name: "Mito\x1b"}}
	c.View = composite.Of(shape, channels, 4095)
	var err error
	if c.View, err = c.View.Choose([]string{"DNA", "RNA"}, channels); err != nil {
		t.Fatal(err)
	}
	c.View.Channels[0].Low, c.View.Channels[0].High = 100, 1100
	for id := range pixels {
		raw := make([]byte, shape.Bytes())
		for i := range 28 * 28 {
			// DNA half of its range, RNA a fifth of the whole, and the others beyond.
			for channel, v := range []int{600, 4095, 819, 4095, 4095} {
				raw[2*(5*i+channel)], raw[2*(5*i+channel)+1] = byte(v), byte(v>>8)
			}
		}
		pixels[id] = raw
	}
	f, out, _ := drawn(t, c, pixels)
	im, err := png.Decode(bytes.NewReader(out.PNG))
	if err != nil {
		t.Fatal(err)
	}
	x, y := place(f, 0, 0)
	r, g, b, _ := im.At(x+5, y+5).RGBA()
	if r>>8 != 128 || g>>8 != 51 || b>>8 != 128 { // 0.5 magenta + 0.2 green
		t.Errorf("a pixel is %d %d %d, want 128 51 128", r>>8, g>>8, b>>8)
	}
	for _, want := range []string{"Each image is the sum of its channels, in colors that people with any color vision tell apart,",
		"DNA magenta (#ff00ff) from 100 to 1,100, RNA green (#00ff00) from 0 to 4,095, of 0 to 4,095;", `Not shown: ER, AGP and Mito\x1b.`} {
		if !strings.Contains(string(out.Text), want) {
			t.Errorf("the text lacks %q: %s", want, out.Text)
		}
	}
	c.View = composite.Of(schemas.ImageShape{Height: 28, Width: 28, Channels: 4, Bits: 16}, nil, 0)
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "4 channels are described, the images have 5") {
		t.Error(err)
	}
}

// TestFullScale: white is the full scale, and one channel has its name.
func TestFullScale(t *testing.T) {
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 16}
	c, _ := selection(1, 1, shape)
	c.View = composite.Of(shape, []schemas.Channel{{Name: "DNA"}}, 4095)
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if want := "The images are of the channel DNA. All images have one scale of brightness, linear from 0 (black) to 4,095 (white), the whole range."; !strings.Contains(f.Legend(), want) {
		t.Error(f.Legend())
	}
}

// TestKey: below the panels is a square of the color of each channel that is shown, within the
// figure at any length of the names, and gray images have none.
func TestKey(t *testing.T) {
	shape := schemas.ImageShape{Height: 28, Width: 28, Channels: 7, Bits: 16}
	c, pixels := selection(1, 1, shape)
	channels := []schemas.Channel{{Name: "DNA"}, {Name: strings.Repeat("long ", 100)}, {Name: "核"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}
	c.View = composite.Of(shape, channels, 4095)
	f, out, _ := drawn(t, c, pixels)
	im, err := png.Decode(bytes.NewReader(out.PNG))
	if err != nil {
		t.Fatal(err)
	}
	d := &drawing{Figure: f, regular: regular()}
	key := d.key()
	if len(key) != composite.MostTogether || key[2].name != "[U+6838]" || key[0].line == key[1].line || key[2].line != key[5].line {
		t.Fatalf("the key is %+v", key)
	}
	for i, k := range key {
		if right := k.x + keySquare + 10 + d.regular.width(k.name); right > f.layout.width-margin {
			t.Errorf("%q ends at %d of %d", k.name, right, f.layout.width)
		}
		y := margin + f.height(f.layout) - blockGap + keyGap + k.line*keyLine + keyLine/2
		if f.scaleBar().pixels > 0 {
			y += barHeight
		}
		if got := color.RGBAModel.Convert(im.At(k.x+keySquare/2, y)); got != c.View.Channels[i].Color {
			t.Errorf("the square of %q is %v, want %v", k.name, got, c.View.Channels[i].Color)
		}
	}
	c.Shape.Channels = 1
	c.View = composite.Of(c.Shape, []schemas.Channel{{Name: "DNA"}}, 4095)
	gray, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if key := (&drawing{Figure: gray, regular: regular()}).key(); keyHeight(key) != 0 {
		t.Errorf("a gray figure has the key %+v", key)
	}
}
