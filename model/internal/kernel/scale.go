package kernel

import (
	"encoding/binary"
	"unsafe"
)

// unit holds v/255 for every byte, correctly rounded.
var unit = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// Scale converts bytes to numbers in [0,1], v/255, correctly rounded.
func (s *Set) Scale(dst []float32, src []byte) {
	const group, most = 16, 1 << 16 // numbers per step, and a call
	dst = dst[:len(src)]
	if len(src) < group {
		for i, v := range src {
			dst[i] = unit[v]
		}
		return
	}
	for i := 0; i < len(src); i += most {
		if n := min(most, len(src)-i) &^ (group - 1); n > 0 {
			s.scale(&dst[i], &src[i], n)
		}
	}
	if last := len(src) - group; last%group != 0 { // with some that are done already
		s.scale(&dst[last], &src[last], group)
	}
}

// ScalePixels converts raw pixels of 8 bits, or little-endian ones of 16, to v/full, correctly
// rounded: to [0,1] where none is above it.
func (s *Set) ScalePixels(dst []float32, pixels []byte, bits, full int) {
	by := float32(full)
	switch {
	case bits == 8 && full == 255:
		s.Scale(dst, pixels)
	case bits == 8:
		for i, v := range pixels[:len(dst)] {
			dst[i] = float32(v) / by
		}
	default:
		for i := range dst {
			dst[i] = float32(binary.LittleEndian.Uint16(pixels[2*i:])) / by
		}
	}
}

// scaleGeneric is the definition: see Scale; n is a multiple of 16.
func scaleGeneric(dst *float32, src *byte, n int) {
	out := unsafe.Slice(dst, n)
	for i, v := range unsafe.Slice(src, n) {
		out[i] = unit[v]
	}
}

// ToSymmetric maps [0,1] to [-1,1]: 2x-1. Doubling is exact, so that there is
// one rounding.
func ToSymmetric(x []float32) {
	for i, v := range x {
		x[i] = float32(2*v) - 1
	}
}

// FromSymmetric maps [-1,1] to [0,1]: (x+1)/2, with one rounding.
func FromSymmetric(x []float32) {
	for i, v := range x {
		x[i] = (v + 1) / 2
	}
}

// BytePixels converts raw pixels of 8 bits, or little-endian ones of 16, to 255v/full, correctly
// rounded: to [0,255] where none is above it. 255v is below 2^24, and exact.
func BytePixels(dst []float32, pixels []byte, bits, full int) {
	by := float32(full)
	if bits == 8 {
		for i, v := range pixels[:len(dst)] {
			dst[i] = float32(255*int(v)) / by
		}
		return
	}
	for i := range dst {
		dst[i] = float32(255*int(binary.LittleEndian.Uint16(pixels[2*i:]))) / by
	}
}

// ToByte maps [0,1] to [0,255], with one rounding.
func ToByte(x []float32) {
	for i, v := range x {
		x[i] = 255 * v
	}
}

// FromByte maps [0,255] to [0,1], correctly rounded.
func FromByte(x []float32) {
	for i, v := range x {
		x[i] = v / 255
	}
}
