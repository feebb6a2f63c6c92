package kernel

import (
	"encoding/binary"
	"fmt"
	"testing"
)

// TestScale: every byte at every place of every tail, correctly rounded, and
// nothing written past the end.
func TestScale(t *testing.T) {
	each(t, func(t *testing.T, s *Set) {
		for n := range 70 {
			for first := 0; first < 256; first += 61 {
				src := make([]byte, n)
				got, want := filled(n+5), filled(n+5)
				for i := range src {
					src[i] = byte(first + i)
					want[i] = float32(src[i]) / 255
				}
				s.Scale(got[:n], src)
				sameBits(t, fmt.Sprintf("%d bytes from %d", n, first), got, want)
			}
		}
		src := make([]byte, 1<<17+9) // several calls
		got, want := make([]float32, len(src)), make([]float32, len(src))
		for i := range src {
			src[i] = byte(i * 7)
			want[i] = float32(src[i]) / 255
		}
		s.Scale(got, src)
		sameBits(t, "many bytes", got, want)
	})
}

// TestSymmetric: ends and middle exactly, everything within a rounding, and back.
func TestSymmetric(t *testing.T) {
	x := []float32{0, 0.5, 1, 0.25, 0.1, 1.0 / 3, 1.25, -0.5}
	got := append([]float32{}, x...)
	ToSymmetric(got)
	sameBits(t, "to [-1,1]", got, []float32{-1, 0, 1, -0.5, float32(2*float64(x[4]) - 1), float32(2*float64(x[5]) - 1), 1.5, -2})
	FromSymmetric(got)
	for i, v := range got {
		if d := v - x[i]; !(d <= 0x1p-24 && -d <= 0x1p-24) {
			t.Errorf("%v came back as %v", x[i], v)
		}
	}
}

// TestByte: every pixel of 8 bits as it is, of 16 bits the nearest number to its 257th
// part, and back to what ScalePixels gives within a rounding.
func TestByte(t *testing.T) {
	raw, wide := make([]byte, 256), make([]byte, 2<<16)
	for v := range raw {
		raw[v] = byte(v)
	}
	for v := range len(wide) / 2 {
		binary.LittleEndian.PutUint16(wide[2*v:], uint16(v))
	}
	for bits, pixels := range map[int][]byte{8: raw, 16: wide} {
		n := 8 * len(pixels) / bits
		got, unit := make([]float32, n), make([]float32, n)
		BytePixels(got, pixels, bits, n-1)
		for v, x := range got {
			if want := float32(float64(v) * 255 / float64(n-1)); x != want {
				t.Fatalf("%d bits: %d becomes %v, want %v", bits, v, x, want)
			}
		}
		Best().ScalePixels(unit, pixels, bits, n-1)
		FromByte(got)
		for v, x := range got {
			if d := x - unit[v]; !(d <= 0x1p-24 && -d <= 0x1p-24) {
				t.Fatalf("%d bits: %d comes back as %v, want %v", bits, v, x, unit[v])
			}
		}
		ToByte(unit)
		for v, x := range unit {
			if d := float64(x) - float64(v)*255/float64(n-1); !(d <= 0x1p-15 && -d <= 0x1p-15) {
				t.Fatalf("%d bits: %d by [0,1] becomes %v", bits, v, x)
			}
		}
	}
}
