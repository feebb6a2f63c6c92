package pages

import (
	"encoding/binary"
	"math"
)

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

// snappySize returns the size of the data that a Snappy block states.
func snappySize(b []byte) uint64 {
	n, _ := binary.Uvarint(b)
	return n
}

// lz4Size returns the size of the data of an LZ4 block, which does not state it,
// by adding up its sequences; of a damaged one, the largest number. The library
// tries larger and larger buffers until a block fits, a damaged one for ever.
func lz4Size(b []byte) (n uint64) {
	extend := func(length uint64) (uint64, bool) {
		for more := length == 15; more; {
			if len(b) == 0 {
				return 0, false
			}
			length, more = length+uint64(b[0]), b[0] == 255
			b = b[1:]
		}
		return length, true
	}
	for len(b) > 0 {
		token := b[0]
		b = b[1:]
		literals, ok := extend(uint64(token >> 4))
		if !ok || literals > uint64(len(b)) {
			return math.MaxUint64
		}
		n, b = n+literals, b[literals:]
		if len(b) == 0 {
			return n // the last sequence has no match
		}
		if len(b) < 2 {
			return math.MaxUint64
		}
		back := uint64(binary.LittleEndian.Uint16(b))
		b = b[2:]
		match, ok := extend(uint64(token & 15))
		if !ok || back == 0 || back > n {
			return math.MaxUint64
		}
		n += match + 4
	}
	return math.MaxUint64
}
