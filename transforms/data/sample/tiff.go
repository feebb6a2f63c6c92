package sample

import "encoding/binary"

// appendTIFF appends an uncompressed 8-bit gray TIFF of one strip: the header,
// the pixels, then the directory.
func appendTIFF(dst, pixels []byte, width, height int) []byte {
	const (
		short, long = 3, 4
		header      = 8
	)
	le := binary.LittleEndian
	dst = append(dst, 'I', 'I', 42, 0)
	dst = le.AppendUint32(dst, uint32(header+len(pixels)))
	dst = append(dst, pixels...)

	entries := []struct {
		tag, kind uint16
		value     uint32
	}{
		{256, long, uint32(width)},
		{257, long, uint32(height)},
		{258, short, 8},                  // bits per sample
		{259, short, 1},                  // no compression
		{262, short, 1},                  // 0 is black
		{273, long, header},              // where the strip starts
		{277, short, 1},                  // samples per pixel
		{278, long, uint32(height)},      // rows a strip
		{279, long, uint32(len(pixels))}, // bytes of the strip
	}
	dst = le.AppendUint16(dst, uint16(len(entries)))
	for _, e := range entries {
		dst = le.AppendUint16(dst, e.tag)
		dst = le.AppendUint16(dst, e.kind)
		dst = le.AppendUint32(dst, 1)
		dst = le.AppendUint32(dst, e.value) // little-endian: a short stands in the first two bytes
	}
	return le.AppendUint32(dst, 0) // no further directory
}

// tiffBytes is the size of every file of the sample.
const tiffBytes = 8 + Size*Size + 2 + 9*12 + 4
