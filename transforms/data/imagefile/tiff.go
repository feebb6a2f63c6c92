package imagefile

import (
	"encoding/binary"

	"exemplar/schemas"
	"exemplar/schemas/tiff"
)

// TIFF renders raw pixels as an uncompressed baseline TIFF, little-endian,
// in one strip: 8 or 16 bits, gray, RGB, or of other channels, which are gray with extra
// samples. Equal pixels give equal bytes.
func TIFF(im schemas.ImageShape, pixels []byte) []byte {
	const header = 8
	le := binary.LittleEndian
	ifd := header + (len(pixels)+1)/2*2
	fields := 10
	if many := im.Channels != 1 && im.Channels != 3; many {
		fields++
	}
	extra := uint32(ifd + 2 + fields*12 + 4) // behind the directory: bits of each channel, kinds of the extra ones

	photometric, bits, kinds := uint32(1), uint32(im.Bits), uint32(0)
	switch {
	case im.Channels == 2: // two numbers lie in the field
		bits |= bits << 16
	case im.Channels > 2:
		bits = extra
	}
	if im.Channels == 3 {
		photometric = 2
	}
	if im.Channels > 3 {
		kinds = extra + uint32(2*im.Channels)
	}
	b := make([]byte, 0, int(extra)+6)
	b = append(b, "II*\x00"...)
	b = le.AppendUint32(b, uint32(ifd))
	b = append(b, pixels...)
	b = append(b, make([]byte, ifd-len(b))...)
	directory := [][4]uint32{
		{256, tiff.Long, 1, uint32(im.Width)},
		{257, tiff.Long, 1, uint32(im.Height)},
		{258, tiff.Short, uint32(im.Channels), bits},
		{259, tiff.Short, 1, 1}, // no compression
		{262, tiff.Short, 1, photometric},
		{273, tiff.Long, 1, header}, // offset of the strip
		{277, tiff.Short, 1, uint32(im.Channels)},
		{278, tiff.Long, 1, uint32(im.Height)}, // rows of the strip
		{279, tiff.Long, 1, uint32(len(pixels))},
		{284, tiff.Short, 1, 1}, // channels interleaved
	}
	if fields > len(directory) {
		directory = append(directory, [4]uint32{338, tiff.Short, uint32(im.Channels - 1), kinds}) // unspecified: no alpha
	}
	b = tiff.AppendDirectory(b, directory...)
	if im.Channels > 2 {
		for range im.Channels {
			b = le.AppendUint16(b, uint16(im.Bits))
		}
	}
	if im.Channels > 3 {
		b = append(b, make([]byte, 2*(im.Channels-1))...)
	}
	return b
}
