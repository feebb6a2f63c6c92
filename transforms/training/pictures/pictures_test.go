package pictures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exemplar/model"
)

// keep writes a picture where a person can look at it, if PICTURES names a
// folder.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// drawn draws a picture twice, expects the same bytes, and returns the picture.
func drawn(t *testing.T, name string, f func() ([]byte, error)) image.Image {
	t.Helper()
	data, err := f()
	if err != nil {
		t.Fatal(err)
	}
	keep(t, name, data)
	if again, err := f(); err != nil || !bytes.Equal(data, again) {
		t.Errorf("%s: drawn again, the bytes differ (%v)", name, err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// count returns the pixels of exactly this color.
func count(im image.Image, c color.Color) (n int) {
	r, g, b, _ := c.RGBA()
	for y := im.Bounds().Min.Y; y < im.Bounds().Max.Y; y++ {
		for x := im.Bounds().Min.X; x < im.Bounds().Max.X; x++ {
			if R, G, B, _ := im.At(x, y).RGBA(); R == r && G == g && B == b {
				n++
			}
		}
	}
	return n
}

func falling(n int, from, to float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = to + (from-to)*math.Exp(-float64(i)/4)
	}
	return out
}

func TestLoss(t *testing.T) {
	for name, c := range map[string]struct{ training, validation []float64 }{
		"loss-20.png":  {falling(20, 0.0314, 0.0018), falling(20, 0.0085, 0.00179)},
		"loss-100.png": {falling(100, 0.3, 0.00139), append(falling(60, 0.1, 0.0014), slices.Repeat([]float64{0.002}, 40)...)},
		"loss-bce.png": {falling(12, 0.11, 0.0931), falling(12, 0.105, 0.0925)},
		"loss-1.png":   {[]float64{0.03}, []float64{0.008}},
		"loss-0.png":   {[]float64{0, 0}, nil},
	} {
		im := drawn(t, name, func() ([]byte, error) { return Loss("mean squared error", c.training, c.validation) })
		if got := im.Bounds().Size(); got != image.Pt(900, 600) {
			t.Errorf("%s: %v pixels", name, got)
		}
		if n := count(im, blue); n < 20 {
			t.Errorf("%s: %d pixels of the training curve", name, n)
		}
		if n := count(im, vermilion); (n >= 20) != (c.validation != nil) {
			t.Errorf("%s: %d pixels of the validation curve", name, n)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(low, high float64) (out []string) {
		for _, tick := range (logTicks{}).Ticks(low, high) {
			if tick.Label != "" {
				out = append(out, tick.Label)
			}
		}
		return out
	}
	if got, want := labels(0.0015, 0.033), []string{"0.002", "0.005", "0.01", "0.02"}; !slices.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	if got, want := labels(0.025, 0.11), []string{"0.03", "0.04", "0.05", "0.06", "0.08", "0.1"}; !slices.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	if got, want := labels(0.00015, 1), []string{"0.001", "0.01", "0.1", "1"}; !slices.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	for high, want := range map[float64]int{1: 1, 8: 8, 20: 4, 100: 5, 1000: 5} {
		if got := len((wholeTicks{}).Ticks(1, high)); got != want {
			t.Errorf("%d ticks from 1 to %g, want %d", got, high, want)
		}
	}
}

func TestScatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct{ n, labels int }{
		"scatter-10.png": {3000, 10}, "scatter-30.png": {600, 30}, "scatter-none.png": {500, 0},
	} {
		var z []float32
		var labels []string
		for i := range c.n {
			x, y := rng.NormFloat64()*0.5, rng.NormFloat64()*0.5
			if c.labels > 0 {
				l := i % c.labels
				x, y = x+3*math.Cos(float64(l)), y+3*math.Sin(float64(l)*1.3)
				labels = append(labels, fmt.Sprint(l))
			}
			z = append(z, float32(x), float32(y))
		}
		im := drawn(t, name, func() ([]byte, error) { return Scatter(z, labels) })
		if n := count(im, blue); n < 100 {
			t.Errorf("%s: %d pixels of the first color", name, n)
		}
		if others := count(im, gray) > 100; others != (c.labels > maxLabels) {
			t.Errorf("%s: points of further labels: %v", name, others)
		}
	}
}

func TestHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const dimensions = 16
	z := make([]float32, 500*dimensions)
	for i := range z {
		if i%dimensions > 2 {
			z[i] = float32(max(0, rng.NormFloat64()))
		}
	}
	if im := drawn(t, "codes.png", func() ([]byte, error) { return Histogram(z, dimensions) }); count(im, blue) < 1000 {
		t.Error("the bars are missing")
	}
	drawn(t, "codes-0.png", func() ([]byte, error) { return Histogram(make([]float32, 8), 2) })
}

func TestReconstructions(t *testing.T) {
	in := model.Input{Height: 28, Width: 20, Channels: 3, Bits: 16}
	first, second := make([]byte, in.Bytes()), make([]byte, in.Bytes())
	for i := range in.Values() {
		second[2*i+1] = 200 // upper byte
	}
	decoded := make([]float32, 2*in.Values())
	for i := range in.Values() {
		decoded[i], decoded[in.Values()+i] = -3, 7
	}
	im := drawn(t, "reconstructions.png", func() ([]byte, error) {
		return Reconstructions(in, [][]byte{first, second}, nil, decoded)
	})
	scale := cell / 28
	w, h := 20*scale, 28*scale
	if got := im.Bounds().Size(); got != image.Pt(2*w+3*gap, 2*h+3*gap) {
		t.Errorf("%v pixels", got)
	}
	for at, want := range map[image.Point]uint8{
		{0, 0}: 255, {gap, gap}: 0, {gap + w - 1, gap + h - 1}: 0, {gap + w, gap}: 255,
		{2*gap + w, gap}: 200, {gap, 2*gap + h}: 0, {2*gap + w, 2*gap + h}: 255,
	} {
		if r, _, _, _ := im.At(at.X, at.Y).RGBA(); uint8(r>>8) != want {
			t.Errorf("pixel %v is %d, want %d", at, r>>8, want)
		}
	}
	if _, err := Reconstructions(in, [][]byte{first}, nil, decoded); err == nil {
		t.Error("too many numbers are accepted")
	}
}

// TestReconstructionsOfChannels: five channels stand below each other, by the full scale.
func TestReconstructionsOfChannels(t *testing.T) {
	in := model.Input{Height: 96, Width: 90, Channels: 5, Bits: 16, FullScale: 4095}
	raw, decoded := make([]byte, in.Bytes()), make([]float32, in.Values())
	for i := range in.Values() {
		v := (i%5 + 1) * 819
		raw[2*i], raw[2*i+1] = byte(v), byte(v>>8)
		decoded[i] = float32(i%5) / 5
	}
	im := drawn(t, "channels.png", func() ([]byte, error) { return Reconstructions(in, [][]byte{raw}, nil, decoded) })
	if got := im.Bounds().Size(); got != image.Pt(90+2*gap, 2*5*96+3*gap) {
		t.Fatalf("%v pixels", got)
	}
	for c := range 5 {
		for row, want := range []int{51 * (c + 1), 51 * c} {
			r, g, b, _ := im.At(gap+70, gap+row*(5*96+gap)+c*96+50).RGBA()
			if int(r>>8) != want || g != r || b != r {
				t.Errorf("row %d, channel %d: %d %d %d, want %d", row, c, r>>8, g>>8, b>>8, want)
			}
		}
	}
}
