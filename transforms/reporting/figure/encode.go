package figure

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
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

// Tags of a TIFF file, and types of their values.
const (
	tagWidth           = 256
	tagHeight          = 257
	tagBitsPerSample   = 258
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagSamplesPerPixel = 277
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagXResolution     = 282
	tagYResolution     = 283
	tagPlanar          = 284
	tagResolutionUnit  = 296

	typeShort    = 3
	typeLong     = 4
	typeRational = 5
)

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
	b = binary.LittleEndian.AppendUint16(b, entries)
	entry := func(tag, kind uint16, count, value uint32) {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, kind)
		b = binary.LittleEndian.AppendUint32(b, count)
		b = binary.LittleEndian.AppendUint32(b, value)
	}
	entry(tagWidth, typeLong, 1, uint32(im.Bounds().Dx()))
	entry(tagHeight, typeLong, 1, uint32(im.Bounds().Dy()))
	entry(tagBitsPerSample, typeShort, samples, bits)
	entry(tagCompression, typeShort, 1, 8) // Deflate
	entry(tagPhotometric, typeShort, 1, photometric)
	entry(tagStripOffsets, typeLong, 1, after+24)
	entry(tagSamplesPerPixel, typeShort, 1, samples)
	entry(tagRowsPerStrip, typeLong, 1, uint32(im.Bounds().Dy()))
	entry(tagStripByteCounts, typeLong, 1, uint32(strip.Len()))
	entry(tagXResolution, typeRational, 1, after)
	entry(tagYResolution, typeRational, 1, after+8)
	entry(tagPlanar, typeShort, 1, 1)         // samples of a pixel together
	entry(tagResolutionUnit, typeShort, 1, 2) // inch
	for _, v := range []uint32{0, DPI, 1, DPI, 1} {
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
