package parquetguard

import "encoding/binary"

// zstdHeader is the largest size of the header of a zstd frame.
const zstdHeader = 18

// zstdSize returns the size of the data that a zstd frame states, 0 where it states
// none (RFC 8878, section 3.1.1.1).
func zstdSize(b []byte) uint64 {
	const magic = 0xFD2FB528
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != magic {
		return 0
	}
	flags := b[4]
	b = b[5:]
	single := flags>>5&1 == 1
	skip := []int{0, 1, 2, 4}[flags&3] // of the dictionary's id
	if !single {
		skip++ // of the window
	}
	size := []int{0, 2, 4, 8}[flags>>6]
	if size == 0 && single {
		size = 1
	}
	if len(b) < skip+size {
		return 0
	}
	var n [8]byte
	copy(n[:], b[skip:skip+size])
	stated := binary.LittleEndian.Uint64(n[:])
	if size == 2 {
		stated += 256
	}
	return stated
}
