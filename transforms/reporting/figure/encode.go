package figure

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"

	"exemplar/schemas/tiff"
)

// encodePNG writes a PNG file with its resolution (pHYs).
func encodePNG(im image.Image) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := e.Encode(&b, im); err != nil {
		return nil, err
	}
	const perMeter = (DPI*10000 + 127) / 254
	chunk := binary.BigEndian.AppendUint32(nil, 9)
	chunk = append(chunk, "pHYs"...)
	chunk = binary.BigEndian.AppendUint32(chunk, perMeter)
	chunk = binary.BigEndian.AppendUint32(chunk, perMeter)
	chunk = append(chunk, 1) // meter
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const header = 8 + 25 // signature and IHDR
	return bytes.Join([][]byte{b.Bytes()[:header], chunk, b.Bytes()[header:]}, nil), nil
}

// encodeTIFF writes a baseline TIFF file of 8-bit gray or RGB in one strip, with
// its resolution: what encoders for screens leave out. Compression is Deflate.
func encodeTIFF(im image.Image) ([]byte, error) {
	samples, rows := samplesOf(im)
	var strip bytes.Buffer
	z, err := zlib.NewWriterLevel(&strip, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if _, err := z.Write(row); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}

	const entries, head = 13, 8
	const after = head + 2 + 12*entries + 4 // values that do not fit an entry
	photometric := uint32(1)                // black is zero
	bits := uint32(8)
	if samples == 3 {
		photometric, bits = 2, after+16
	}
	b := append([]byte("II*\x00"), binary.LittleEndian.AppendUint32(nil, head)...)
	b = tiff.AppendDirectory(b,
		[4]uint32{256, tiff.Long, 1, uint32(im.Bounds().Dx())},
		[4]uint32{257, tiff.Long, 1, uint32(im.Bounds().Dy())},
		[4]uint32{258, tiff.Short, samples, bits},
		[4]uint32{259, tiff.Short, 1, 8}, // Deflate
		[4]uint32{262, tiff.Short, 1, photometric},
		[4]uint32{273, tiff.Long, 1, after + 24}, // where the strip starts
		[4]uint32{277, tiff.Short, 1, samples},
		[4]uint32{278, tiff.Long, 1, uint32(im.Bounds().Dy())}, // rows of the strip
		[4]uint32{279, tiff.Long, 1, uint32(strip.Len())},
		[4]uint32{282, tiff.Rational, 1, after}, // resolution, across and down
		[4]uint32{283, tiff.Rational, 1, after + 8},
		[4]uint32{284, tiff.Short, 1, 1}, // samples of a pixel together
		[4]uint32{296, tiff.Short, 1, 2}, // an inch
	)
	for _, v := range []uint32{DPI, 1, DPI, 1} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for range 4 {
		b = binary.LittleEndian.AppendUint16(b, 8)
	}
	return append(b, strip.Bytes()...), nil
}

// samplesOf returns the number of samples of a pixel, and the rows of an image.
func samplesOf(im image.Image) (samples uint32, rows [][]byte) {
	width, height := im.Bounds().Dx(), im.Bounds().Dy()
	if g, ok := im.(*image.Gray); ok {
		for y := range height {
			rows = append(rows, g.Pix[y*g.Stride:y*g.Stride+width])
		}
		return 1, rows
	}
	color := im.(*image.RGBA)
	for y := range height {
		row := make([]byte, 0, 3*width)
		for x := range width {
			at := y*color.Stride + 4*x
			row = append(row, color.Pix[at:at+3]...)
		}
		rows = append(rows, row)
	}
	return 3, rows
}
