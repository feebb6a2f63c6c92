package selecting

import (
	"encoding/binary"

	"exemplar/transforms/data/records"
)

// encodeTIFF renders raw pixels as an uncompressed baseline TIFF, little-endian,
// in one strip: 8 or 16 bits, gray or RGB. Equal pixels give equal bytes.
func encodeTIFF(im *records.Image) []byte {
	const header = 8
	le := binary.LittleEndian
	ifd := header + (len(im.Pixels)+1)/2*2
	extra := uint32(ifd + 2 + 10*12 + 4) // behind the directory: bits of each channel

	photometric, bits := uint32(1), uint32(im.Bits)
	if im.Channels == 3 {
		photometric, bits = 2, extra
	}
	const short, long = 3, 4
	entries := [10][4]uint32{ // tag, type, count, value
		{256, long, 1, uint32(im.Width)},
		{257, long, 1, uint32(im.Height)},
		{258, short, uint32(im.Channels), bits},
		{259, short, 1, 1}, // no compression
		{262, short, 1, photometric},
		{273, long, 1, header}, // offset of the strip
		{277, short, 1, uint32(im.Channels)},
		{278, long, 1, uint32(im.Height)}, // rows of the strip
		{279, long, 1, uint32(len(im.Pixels))},
		{284, short, 1, 1}, // channels interleaved
	}
	b := make([]byte, 0, int(extra)+6)
	b = append(b, "II*\x00"...)
	b = le.AppendUint32(b, uint32(ifd))
	b = append(b, im.Pixels...)
	b = append(b, make([]byte, ifd-len(b))...)
	b = le.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = le.AppendUint16(b, uint16(e[0]))
		b = le.AppendUint16(b, uint16(e[1]))
		b = le.AppendUint32(b, e[2])
		b = le.AppendUint32(b, e[3])
	}
	b = le.AppendUint32(b, 0) // no further page
	if im.Channels == 3 {
		for range 3 {
			b = le.AppendUint16(b, uint16(im.Bits))
		}
	}
	return b
}
