package looks

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// sampled returns random values below most, smoothed along rows.
func sampled(s schemas.ImageShape, most int) []int {
	rng := rand.New(rand.NewPCG(4, uint64(s.Width)))
	v := make([]int, s.Height*s.Width*s.Channels)
	for i := range v {
		v[i] = 1 + rng.IntN(most)
		if j := i - s.Channels; j >= 0 {
			v[i] = (v[i] + 2*v[j] + 2) / 3
		}
	}
	return v
}

// raw returns values as they lie in a record.
func raw(v []int, bits int) (pixels []byte) {
	for _, v := range v {
		if bits == 8 {
			pixels = append(pixels, byte(v))
		} else {
			pixels = binary.LittleEndian.AppendUint16(pixels, uint16(v))
		}
	}
	return pixels
}

// byDefinition is focus of an image without black rows and columns.
func byDefinition(v []int, s schemas.ImageShape) float64 {
	at := func(y, x, c int) float64 { return float64(v[(y*s.Width+x)*s.Channels+c]) }
	together, squares := 0.0, 0.0
	for c := range s.Channels {
		for y := range s.Height {
			for x := range s.Width {
				for _, step := range [][2]int{{0, 1}, {1, 0}} {
					y1, x1, y2, x2 := y+step[0], x+step[1], y+2*step[0], x+2*step[1]
					if y2 < s.Height && x2 < s.Width {
						g, h := at(y1, x1, c)-at(y, x, c), at(y2, x2, c)-at(y1, x1, c)
						together += g * h
						squares += (g*g + h*h) / 2
					}
				}
			}
		}
	}
	return (1 - together/squares) / 2
}

// TestFocus compares focus with its definition, and holds that neither brightness nor contrast
// nor black padding change it, of all kinds of images.
func TestFocus(t *testing.T) {
	for _, s := range []schemas.ImageShape{{Height: 9, Width: 14, Channels: 1, Bits: 8}, {Height: 12, Width: 7, Channels: 3, Bits: 8},
		{Height: 8, Width: 8, Channels: 1, Bits: 16}, {Height: 3, Width: 5, Channels: 3, Bits: 16}, {Height: 1, Width: 9, Channels: 1, Bits: 8}, {Height: 9, Width: 2, Channels: 3, Bits: 16}} {
		v := sampled(s, 60)
		want := byDefinition(v, s)
		check := func(what string, v []int, s schemas.ImageShape) {
			if got := focus(raw(v, s.Bits), s); !(math.Abs(got-want) < 1e-12) || !(got > 0 && got < 1) {
				t.Errorf("%+v, %s: %v, by definition %v", s, what, got, want)
			}
		}
		check("as it is", v, s)
		other, padded := make([]int, len(v)), s
		for i := range v {
			other[i] = 4*v[i] + 15
		}
		check("brighter", other, s)
		padded.Height, padded.Width = s.Height+5, s.Width+3
		frame := make([]int, padded.Height*padded.Width*s.Channels)
		for y := range s.Height {
			copy(frame[((y+2)*padded.Width+1)*s.Channels:], v[y*s.Width*s.Channels:][:s.Width*s.Channels])
		}
		check("padded", frame, padded)
	}
}

// TestFocusOfNothing: an image without a gradient, or too small for two, has none.
func TestFocusOfNothing(t *testing.T) {
	for _, s := range []schemas.ImageShape{{Height: 6, Width: 5, Channels: 1, Bits: 8}, {Height: 6, Width: 5, Channels: 3, Bits: 16}, {Height: 2, Width: 2, Channels: 1, Bits: 8}, {Height: 1, Width: 1, Channels: 3, Bits: 8}} {
		for _, level := range []int{0, 7, 255} {
			if got := focus(raw(slices.Repeat([]int{level}, s.Height*s.Width*s.Channels), s.Bits), s); got != 0 {
				t.Errorf("%+v of %d: %v", s, level, got)
			}
		}
	}
	if s := (schemas.ImageShape{Height: 2, Width: 2, Channels: 1, Bits: 8}); focus([]byte{1, 9, 30, 2}, s) != 0 {
		t.Error("two rows of two pixels have no neighboring differences")
	}
	full := schemas.ImageShape{Height: 40, Width: 40, Channels: 1, Bits: 16} // the largest differences
	v := make([]int, 40*40)
	for i := range v {
		v[i] = 65535 * ((i%40 + i/40) % 2)
	}
	if got := focus(raw(v, 16), full); got != 1 {
		t.Errorf("a checkerboard has %v", got)
	}
}

// blurred returns an 8-bit gray image after a Gaussian; black pixels stay so where masked is true, as where
// nuclei are cut out after they were taken.
func blurred(v []byte, height, width int, sigma float64, masked bool) []byte {
	r := int(math.Ceil(3 * sigma))
	weights, total := make([]float64, 2*r+1), 0.0
	for i := range weights {
		weights[i] = math.Exp(-float64((i-r)*(i-r)) / (2 * sigma * sigma))
		total += weights[i]
	}
	along := func(from []float64, n, step, lines, lineStep int) []float64 {
		to := make([]float64, len(from))
		for l := range lines {
			for i := range n {
				sum := 0.0
				for k, w := range weights {
					sum += w * from[l*lineStep+min(max(i+k-r, 0), n-1)*step]
				}
				to[l*lineStep+i*step] = sum / total
			}
		}
		return to
	}
	x := make([]float64, len(v))
	for i, p := range v {
		x[i] = float64(p)
	}
	x = along(along(x, width, 1, height, width), height, width, width, 1)
	out := make([]byte, len(v))
	for i := range x {
		if !masked || v[i] > 0 {
			out[i] = byte(math.Round(x[i]))
		}
	}
	return out
}

// above returns how often a number of one list is above one of another, equal ones as a half: the
// area under the ROC curve.
func above(a, b []float64) (sum float64) {
	for _, x := range a {
		for _, y := range b {
			if x > y {
				sum++
			} else if x == y {
				sum += 0.5
			}
		}
	}
	return sum / float64(len(a)*len(b))
}

// TestFocusTellsBlurred: of real images it tells those that were blurred from sharp ones better than
// column sharpness does, in whatever light they were taken.
func TestFocusTellsBlurred(t *testing.T) {
	dir := os.Getenv("EXEMPLAR_DATA")
	if dir == "" {
		t.Skip("EXEMPLAR_DATA is not set: no images to blur")
	}
	for folder, step := range map[string]int{"nuclei/images/*": 15, "jurkat/dna_u8/*": 34} {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(folder), "*.tif"))
		if err != nil || len(files) < 1000 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		figures := func(blur func(images.Image) []byte) (focused, sharp []float64) {
			for i := 0; i < len(files); i += step {
				data, err := os.ReadFile(files[i])
				if err != nil {
					t.Fatal(err)
				}
				im, err := images.Decode(files[i], data, images.Options{})
				if err != nil {
					t.Fatal(err)
				}
				pixels := blur(im)
				q, _ := images.Quality(pixels, im.Shape(), 0)
				focused, sharp = append(focused, focus(pixels, im.Shape())), append(sharp, float64(q.Sharpness))
			}
			return focused, sharp
		}
		focused, sharp := figures(func(im images.Image) []byte { return im.Pixels })
		for _, sigma := range []float64{1, 2, 4} {
			for _, masked := range []bool{false, true} {
				f, s := figures(func(im images.Image) []byte { return blurred(im.Pixels, im.Height, im.Width, sigma, masked) })
				byFocus, bySharpness := above(focused, f), above(sharp, s)
				t.Logf("%s, sigma %g, masked %v: area %.3f, by sharpness %.3f", folder, sigma, masked, byFocus, bySharpness)
				if !(byFocus > 0.95) || !(byFocus > bySharpness-0.01) {
					t.Errorf("%s, sigma %g, masked %v: area %.3f, by sharpness %.3f", folder, sigma, masked, byFocus, bySharpness)
				}
			}
		}
	}
}

func BenchmarkFocus(b *testing.B) {
	s := schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8}
	pixels := raw(sampled(s, 250), 8)
	for b.Loop() {
		focus(pixels, s)
	}
}
