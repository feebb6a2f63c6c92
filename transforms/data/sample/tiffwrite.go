package sample

import (
	"encoding/binary"

	"exemplar/schemas/tiff"
)

// appendTIFF appends an uncompressed 8-bit gray TIFF of one strip: the header,
// the pixels, then the directory.
func appendTIFF(dst, pixels []byte, width, height int) []byte {
	const header = 8
	dst = append(dst, "II*\x00"...)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(header+len(pixels)))
	dst = append(dst, pixels...)
	return tiff.AppendDirectory(dst,
		[4]uint32{256, tiff.Long, 1, uint32(width)},
		[4]uint32{257, tiff.Long, 1, uint32(height)},
		[4]uint32{258, tiff.Short, 1, 8},                  // bits per sample
		[4]uint32{259, tiff.Short, 1, 1},                  // no compression
		[4]uint32{262, tiff.Short, 1, 1},                  // 0 is black
		[4]uint32{273, tiff.Long, 1, header},              // where the strip starts
		[4]uint32{277, tiff.Short, 1, 1},                  // samples per pixel
		[4]uint32{278, tiff.Long, 1, uint32(height)},      // rows a strip
		[4]uint32{279, tiff.Long, 1, uint32(len(pixels))}, // bytes of the strip
	)
}

// tiffBytes is the size of every file of the sample.
const tiffBytes = 8 + Size*Size + 2 + 9*12 + 4
