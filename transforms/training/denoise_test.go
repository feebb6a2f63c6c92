package training

import (
	"encoding/binary"
	"math"
	"testing"

	"exemplar/model"
	"exemplar/transforms/data/records"
)

// The noise has the deviation that is asked for, is the same each time for an image and
// another for another, and is held in the range of pixels.
func TestNoisy(t *testing.T) {
	for _, bits := range []int{8, 16} {
		in := model.Input{Height: 100, Width: 100, Channels: 1, Bits: bits}
		most := float64(int(1)<<bits - 1)
		im := records.Image{Filename: "a", Pixels: make([]byte, in.Bytes())}
		value := func(p []byte, k int) float64 {
			if bits == 16 {
				return float64(binary.LittleEndian.Uint16(p[2*k:]))
			}
			return float64(p[k])
		}
		for k := range in.Values() {
			if bits == 16 {
				binary.LittleEndian.PutUint16(im.Pixels[2*k:], 1<<15)
			} else {
				im.Pixels[k] = 128
			}
		}
		first, again := noisy(in, im, 0.1), noisy(in, im, 0.1)
		im.Filename = "b"
		other := noisy(in, im, 0.1)
		sum, square, same := 0.0, 0.0, 0
		for k := range in.Values() {
			d := (value(first, k) - value(im.Pixels, k)) / most
			sum, square = sum+d, square+d*d
			if value(first, k) == value(other, k) {
				same++
			}
		}
		n := float64(in.Values())
		if deviation := math.Sqrt(square / n); math.Abs(deviation-0.1) > 0.003 || math.Abs(sum/n) > 0.005 {
			t.Errorf("%d bits: deviation %g, mean %g", bits, deviation, sum/n)
		}
		if string(first) != string(again) || same > in.Values()/10 {
			t.Errorf("%d bits: the noise is not the image's own: %d of %d pixels are those of another", bits, same, in.Values())
		}
		if got := meanSquare(in, first, im.Pixels); math.Abs(got-square/n) > 1e-12 {
			t.Errorf("%d bits: mean squared error %g, want %g", bits, got, square/n)
		}
		extreme, loud := 0, noisy(in, im, 9)
		for k := range in.Values() {
			if v := value(loud, k); v == 0 || v == most {
				extreme++
			}
		}
		if extreme < in.Values()*9/10 {
			t.Errorf("%d bits: only %d pixels of a loud noise are held in their range", bits, extreme)
		}
	}
}
