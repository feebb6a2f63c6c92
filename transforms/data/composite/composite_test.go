package composite

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
)

func shape(channels, bits int) schemas.ImageShape {
	return schemas.ImageShape{Height: 3, Width: 4, Channels: channels, Bits: bits}
}

func named(list ...string) (channels []schemas.Channel) {
	for _, s := range list {
		name, color, _ := strings.Cut(s, " ")
		channels = append(channels, schemas.Channel{Name: name, Color: color})
	}
	return channels
}

// TestSetsAreApart: the colors of each number of channels are told apart by everyone, as well
// as the palette allows: the numbers were computed by other code from the same tables.
func TestSetsAreApart(t *testing.T) {
	for n, want := range map[int]string{2: "83.8", 3: "56.6", 4: "24.8", 5: "20.7", 6: "20.7"} {
		set := Set(n)
		if len(set) != n {
			t.Fatalf("%d colors for %d", len(set), n)
		}
		if got := fmt.Sprintf("%.1f", Apart(set)); got != want {
			t.Errorf("%d colors are %s apart, want %s", n, got, want)
		}
	}
	if red, green := (color.RGBA{255, 0, 0, 255}), (color.RGBA{0, 255, 0, 255}); Apart([]color.RGBA{red, green}) >= enough {
		t.Error("red and green are told apart")
	}
}

// TestColors: those of the files are taken where everyone tells them apart.
func TestColors(t *testing.T) {
	for _, c := range []struct {
		channels []schemas.Channel
		own      bool
		want     string
	}{
		{named("DNA", "ER"), false, "#ff00ff #00ff00"},
		{named("DNA #0000ff", "ER #ffff00"), true, "#0000ff #ffff00"},
		{named("DNA #ff0000", "ER #00ff00"), false, "#ff00ff #00ff00"},
		{named("DNA #00ffff", "ER"), false, "#ff00ff #00ff00"},
		{named("DNA #000000", "ER #ffffff"), false, "#ff00ff #00ff00"},
		{named("DNA #ffffff", "ER #ffffff"), false, "#ff00ff #00ff00"},
		{named("DNA #12", "ER #zzzzzz"), false, "#ff00ff #00ff00"},
		{named("a", "b", "c"), false, "#ff00ff #009e73 #f0e442"},
	} {
		v := Of(shape(len(c.channels), 8), c.channels, 0)
		var got []string
		for _, channel := range v.Channels {
			got = append(got, Hex(channel.Color))
		}
		if strings.Join(got, " ") != c.want || v.Own != c.own || v.Replaced != strings.Contains("#ff0000 #000000 #ffffff", cmp.Or(c.channels[0].Color, "none")) {
			t.Errorf("%v: %v, own %v", c.channels, got, v.Own)
		}
	}
}

// TestPictures holds pictures of all numbers of channels to sums written out.
func TestPictures(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for channels := 1; channels <= schemas.MaxChannels; channels++ {
		for _, bits := range []int{8, 16} {
			for _, described := range []bool{false, true} {
				s := shape(channels, bits)
				var list []schemas.Channel
				if described {
					list = make([]schemas.Channel, channels)
				}
				full := map[int]int{8: 0, 16: 4095}[bits]
				v := Of(s, list, full)
				composite := channels == 2 || channels > 3 || channels == 3 && described
				if (len(v.Channels) > 0) != composite {
					t.Fatalf("%d channels, described %v: %+v", channels, described, v)
				}
				pixels := make([]byte, s.Bytes())
				for i := range s.Height * s.Width * channels {
					if bits == 8 {
						pixels[i] = byte(rng.Uint32())
					} else {
						binary.LittleEndian.PutUint16(pixels[2*i:], uint16(rng.IntN(4300)))
					}
				}
				im := v.Picture(raster.Of(pixels, s, 1))
				for at := range s.Height * s.Width {
					sample := func(c int) float64 {
						i := at*channels + c
						value, white := float64(pixels[i%len(pixels)]), 255.0
						if bits == 16 {
							value, white = float64(pixels[2*i])+256*float64(pixels[2*i+1]), 4095
						}
						return min(1, value/white)
					}
					var want [3]float64
					switch {
					case channels == 1:
						want = [3]float64{sample(0), sample(0), sample(0)}
					case !composite:
						want = [3]float64{sample(0), sample(1), sample(2)}
					default:
						for c, of := range Set(min(channels, 6)) {
							for k, part := range []uint8{of.R, of.G, of.B} {
								want[k] += sample(c) * float64(part) / 255
							}
						}
					}
					r, g, b, _ := im.At(at%s.Width, at/s.Width).RGBA()
					for k, got := range []uint32{r, g, b} {
						if d := float64(got)/65535 - min(1, want[k]); d > 0.003 || d < -0.003 {
							t.Fatalf("%d channels of %d bits, pixel %d: %v, want %v", channels, bits, at, []uint32{r, g, b}, want)
						}
					}
				}
			}
		}
	}
}

// TestRanges: each channel has the range of a gray image of its samples.
func TestRanges(t *testing.T) {
	s := shape(3, 16)
	v := Of(s, named("dim", "bright", "none"), 4095)
	counts, alone := v.NewCounts(16), raster.NewCounts(16)
	pixels := make([]byte, s.Bytes())
	for i := range 12 {
		binary.LittleEndian.PutUint16(pixels[6*i:], uint16(100+50*i))
		binary.LittleEndian.PutUint16(pixels[6*i+2:], uint16(300*i))
		alone[100+50*i]++
	}
	counts.Add(pixels)
	got := v.Ranged(counts)
	low, high := alone.Range()
	if c := got.Channels[0]; c.Low != low || c.High != high || low != 100 || high != 650 {
		t.Errorf("dim: %+v, want %g to %g", c, low, high)
	}
	if c := got.Channels[1]; c.Low != 0 || c.High != 4095 {
		t.Errorf("bright: %+v", c)
	}
	if c := got.Channels[2]; c.Low != 0 || c.High != 4095 {
		t.Errorf("none: %+v", c)
	}
	if v.Channels[0].High != 4095 {
		t.Error("the view was changed")
	}
	strip := got.Strip(raster.Of(pixels, s, 1))
	if want := image.Rect(0, 0, 3*4+2*gap, 3); strip.Rect != want {
		t.Fatalf("the strip has %v, want %v", strip.Rect, want)
	}
	for i := range 12 {
		if got, want := strip.GrayAt(i%4, i/4).Y, raster.Gray(float64(100+50*i), 100, 650); got != want {
			t.Errorf("sample %d of dim: %d, want %d", i, got, want)
		}
		if got, want := strip.GrayAt(4+gap+i%4, i/4).Y, raster.Gray(float64(300*i), 0, 4095); got != want {
			t.Errorf("sample %d of bright: %d, want %d", i, got, want)
		}
	}
	if strip.GrayAt(4, 0).Y != 255 || strip.GrayAt(2*(4+gap), 1).Y != 0 {
		t.Error("the lines of the strip")
	}
	gray := Of(shape(1, 16), nil, 4095)
	if got := gray.Ranged(gray.NewCounts(16)); got.High != 4095 {
		t.Errorf("gray: %+v", got)
	}
}

// TestBrightestOfAll: images of which all samples are beyond the full scale are white, not nothing.
func TestBrightestOfAll(t *testing.T) {
	counts := raster.NewCounts(16)
	counts[5000] = 7
	if low, high := counts.RangeTo(4095); low != 0 || high != 4095 {
		t.Errorf("%g to %g", low, high)
	}
}

func TestChoose(t *testing.T) {
	channels := named("DNA #0000ff", "ER", "RNA", "AGP", "Mito", "X", "Y")
	v := Of(shape(7, 8), channels, 0)
	if got := v.Left(); !slices.Equal(got, []string{"Y"}) {
		t.Errorf("left out: %v", got)
	}
	w, err := v.Choose([]string{"Mito", "DNA"}, channels)
	if err != nil || w.Words(func(v float64) string { return fmt.Sprint(v) }) != "DNA magenta (#ff00ff) from 0 to 255, Mito green (#00ff00) from 0 to 255" {
		t.Error(w.Words(func(v float64) string { return fmt.Sprint(v) }), err)
	}
	one, err := v.Choose([]string{"DNA"}, channels)
	if err != nil || !one.Own || len(one.Together()) != 1 || len(v.Together()) != 6 {
		t.Errorf("%+v, %v", one, err)
	}
	for want, names := range map[string][]string{
		`no channel "Z": choose from DNA,ER,RNA,AGP,Mito,X,Y`: {"DNA", "Z"}, `"ER" is there twice`: {"ER", "ER"}, "7 channels at once": {"DNA", "ER", "RNA", "AGP", "Mito", "X", "Y"},
	} {
		if _, err := v.Choose(names, channels); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", names, err)
		}
	}
	gray := Of(shape(1, 8), nil, 0)
	if _, err := gray.Choose([]string{"DNA"}, nil); err == nil || !strings.Contains(err.Error(), "gray or RGB") {
		t.Error(err)
	}
}
