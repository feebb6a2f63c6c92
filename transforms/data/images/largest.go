package images

import (
	"encoding/binary"
	"slices"
)

// Largest returns the largest sample of pixels as in a record, of 8 or 16 bits; 0 of none.
//
// Four samples of 16 bits are compared at once with the largest one so far: an image of noise
// has few that exceed all before.
func Largest(pixels []byte, bits int) int {
	if len(pixels) == 0 {
		return 0
	}
	if bits == 8 {
		return int(slices.Max(pixels))
	}
	const ones, high = 0x0001_0001_0001_0001, 0x8000_8000_8000_8000
	most := uint64(0)
	for ; len(pixels) >= 8; pixels = pixels[8:] {
		x := binary.LittleEndian.Uint64(pixels)
		// The highest bit of a sum says whether the other 15 exceed those of most.
		above := x&^high + (0x7fff-most&0x7fff)*ones
		if most < 0x8000 {
			above |= x
		} else {
			above &= x
		}
		if above&high == 0 {
			continue
		}
		for shift := 0; shift < 64; shift += 16 {
			most = max(most, x>>shift&0xffff)
		}
	}
	for ; len(pixels) >= 2; pixels = pixels[2:] {
		most = max(most, uint64(binary.LittleEndian.Uint16(pixels)))
	}
	return int(most)
}
