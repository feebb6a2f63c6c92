package imagefile

import (
	"encoding/binary"

	"exemplar/schemas"
	"exemplar/schemas/tiff"
)

// TIFF renders raw pixels as an uncompressed baseline TIFF, little-endian,
// in one strip: 8 or 16 bits, gray or RGB. Equal pixels give equal bytes.
func TIFF(im schemas.ImageShape, pixels []byte) []byte {
	const header = 8
	le := binary.LittleEndian
	ifd := header + (len(pixels)+1)/2*2
	extra := uint32(ifd + 2 + 10*12 + 4) // behind the directory: bits of each channel

	photometric, bits := uint32(1), uint32(im.Bits)
	if im.Channels == 3 {
		photometric, bits = 2, extra
	}
	b := make([]byte, 0, int(extra)+6)
	b = append(b, "II*\x00"...)
	b = le.AppendUint32(b, uint32(ifd))
	b = append(b, pixels...)
	b = append(b, make([]byte, ifd-len(b))...)
	b = tiff.AppendDirectory(b,
		[4]uint32{256, tiff.Long, 1, uint32(im.Width)},
		[4]uint32{257, tiff.Long, 1, uint32(im.Height)},
		[4]uint32{258, tiff.Short, uint32(im.Channels), bits},
		[4]uint32{259, tiff.Short, 1, 1}, // no compression
		[4]uint32{262, tiff.Short, 1, photometric},
		[4]uint32{273, tiff.Long, 1, header}, // offset of the strip
		[4]uint32{277, tiff.Short, 1, uint32(im.Channels)},
		[4]uint32{278, tiff.Long, 1, uint32(im.Height)}, // rows of the strip
		[4]uint32{279, tiff.Long, 1, uint32(len(pixels))},
		[4]uint32{284, tiff.Short, 1, 1}, // channels interleaved
	)
	if im.Channels == 3 {
		for range 3 {
			b = le.AppendUint16(b, uint16(im.Bits))
		}
	}
	return b
}
