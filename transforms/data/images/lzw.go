package images

import (
	"errors"
	"fmt"
)

// errShort is the error of a block that lacks so many bytes of pixels.
func errShort(missing int) error {
	return fmt.Errorf("the data end %d bytes of pixels too early", missing)
}

// Codes of TIFF's LZW (TIFF 6.0, section 13).
const (
	lzwClear    = 256
	lzwEnd      = 257
	lzwFirst    = 258
	lzwMaxWidth = 12
	lzwMaxCodes = 1<<lzwMaxWidth - 1 // code 4095 is never defined
)

// unpackLZW expands TIFF's LZW (most significant bit first, code width raised
// one code early) until dst is full.
//
// The string of a new code is the previous string and one byte more, and these
// bytes already stand next to each other in dst: a code is a place and a length
// there, and no string is ever rebuilt from prefixes.
func unpackLZW(dst, src []byte) error {
	if len(src) >= 2 && src[0] == 0 && src[1]&1 == 1 {
		return errors.New("LZW in the old order of bits (before TIFF 5.0), which is not read")
	}
	var start [lzwMaxCodes]int
	var length [lzwMaxCodes]int
	var acc uint64 // the next bits, left-aligned
	nbits, width := 0, 9
	next := lzwFirst // code that the next string gets
	prev, prevLen := 0, 0
	n := 0 // bytes of dst that are filled
	for n < len(dst) {
		for nbits < width {
			if len(src) == 0 {
				return errShort(len(dst) - n)
			}
			acc |= uint64(src[0]) << (56 - nbits)
			src, nbits = src[1:], nbits+8
		}
		code := int(acc >> (64 - width))
		acc, nbits = acc<<width, nbits-width

		at := n
		switch {
		case code < lzwClear:
			dst[n] = byte(code)
			n++
		case code == lzwClear:
			next, width, prevLen = lzwFirst, 9, 0
			continue
		case code == lzwEnd:
			return errShort(len(dst) - n)
		case code < next:
			n += copy(dst[n:], dst[start[code]:start[code]+length[code]])
		case code == next && prevLen > 0:
			n += copy(dst[n:], dst[prev:prev+prevLen])
			if n < len(dst) {
				dst[n] = dst[prev]
				n++
			}
		default:
			return fmt.Errorf("LZW code %d is not defined yet", code)
		}
		if prevLen > 0 && next < lzwMaxCodes {
			start[next], length[next] = prev, prevLen+1
			next++
			if next+1 >= 1<<width && width < lzwMaxWidth {
				width++
			}
		}
		prev, prevLen = at, n-at
	}
	return nil
}
