package parquetguard

import (
	"encoding/binary"
	"errors"
)

var errLZ4 = errors.New("its LZ4 block is damaged, or of another size than its header says")

// unpackLZ4 unpacks an LZ4 block into dst, which it fills to the last byte, or fails.
func unpackLZ4(dst, src []byte) error {
	at := 0 // in dst
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		literals, ok := length(token>>4, &src)
		if !ok || literals > len(src) || literals > len(dst)-at {
			return errLZ4
		}
		copy(dst[at:], src[:literals])
		at, src = at+literals, src[literals:]
		if len(src) == 0 { // the last sequence has no match
			break
		}
		if len(src) < 2 {
			return errLZ4
		}
		back := int(binary.LittleEndian.Uint16(src))
		src = src[2:]
		match, ok := length(token&15, &src)
		match += 4
		if !ok || back == 0 || back > at || match > len(dst)-at {
			return errLZ4
		}
		for from, end := at-back, at+match; at < end; { // what is copied may be copied again
			at += copy(dst[at:end], dst[from:at])
		}
	}
	if at != len(dst) {
		return errLZ4
	}
	return nil
}

// length returns a length of which four bits stand in a token: 15 of them say that
// bytes follow, which add up, up to the first below 255.
func length(bits byte, src *[]byte) (n int, ok bool) {
	n = int(bits)
	for more := n == 15; more; {
		if len(*src) == 0 {
			return 0, false
		}
		b := (*src)[0]
		*src = (*src)[1:]
		n, more = n+int(b), b == 255
	}
	return n, true
}
