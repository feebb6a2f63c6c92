package raster

import (
	"encoding/binary"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestOf: raw pixels of any depth are averaged to what their numbers are averaged to.
func TestOf(t *testing.T) {
	values := []int{0, 40, 80, 80, 1, 5, 80, 80, 30, 6, 2, 100, 0, 7, 255, 254, 253, 9} // 3 x 2 pixels of 3 channels
	for _, bits := range []int{8, 16} {
		var raw []byte
		for _, v := range values {
			if bits == 8 {
				raw = append(raw, byte(v))
			} else {
				raw = binary.LittleEndian.AppendUint16(raw, uint16(v*257))
			}
		}
		s := schemas.ImageShape{Height: 3, Width: 2, Channels: 3, Bits: bits}
		whole := Of(raw, s, 1)
		for i, v := range whole.V {
			if want := float64(values[i]); v != want && v != 257*want {
				t.Errorf("%d bits: value %d is %g, want %g", bits, i, v, want)
			}
		}
		for n := 1; n <= 4; n++ {
			got, want := Of(raw, s, n), whole.Reduced(n)
			if got.Height != (3+n-1)/n || got.Width != (2+n-1)/n || !slices.Equal(got.V, want.V) {
				t.Errorf("%d bits by %d: %v, want %v", bits, n, got, want)
			}
		}
		if got, want := whole.Reduced(2).V[0], (whole.V[0]+whole.V[3]+whole.V[6]+whole.V[9])/4; got != want {
			t.Errorf("%d bits: the first square is %g, want %g", bits, got, want)
		}
	}
}
