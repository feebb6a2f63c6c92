package images_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"

	"exemplar/transforms/data/images"
)

// tiffOptions says how writeTIFF lays a picture out.
type tiffOptions struct {
	order       binary.ByteOrder
	big         bool // BigTIFF
	compression int
	predictor   bool
	floats      bool // the predictor of floats
	tileW       int  // 0: strips
	blockH      int  // tile height or rows a strip
	extra       map[uint16][]uint32
	next        uint32
	front       bool // the directory stands before the pixels
	trim        int  // bytes that every block lacks at its end
}

// writeTIFF writes a picture as a TIFF file, by the specification and with none
// of the code under test.
func writeTIFF(im images.Image, o tiffOptions) []byte {
	size := im.Bits / 8
	pixel := im.Channels * size
	blockW := im.Width
	if o.tileW > 0 {
		blockW = o.tileW
	}
	header := 8
	if o.big {
		header = 16
	}
	out := make([]byte, header)
	var blocks []byte
	var offsets, counts []uint32
	for top := 0; top < im.Height; top += o.blockH {
		for left := 0; left < im.Width; left += blockW {
			rows := o.blockH
			if o.tileW == 0 {
				rows = min(rows, im.Height-top)
			}
			block := make([]byte, rows*blockW*pixel)
			for y := range min(rows, im.Height-top) {
				from := ((top+y)*im.Width + left) * pixel
				copy(block[y*blockW*pixel:], im.Pixels[from:from+min(blockW, im.Width-left)*pixel])
			}
			packed := pack(encodeSamples(block, blockW*pixel, im.Channels, size, o), o.compression)
			packed = packed[:max(len(packed)-o.trim, 0)]
			offsets, counts = append(offsets, uint32(header+len(blocks))), append(counts, uint32(len(packed)))
			blocks = append(blocks, packed...)
		}
	}
	tags := map[uint16][]uint32{256: {uint32(im.Width)}, 257: {uint32(im.Height)}, 259: {uint32(o.compression)},
		277: {uint32(im.Channels)}, 262: {uint32(im.Channels/3 + 1)}}
	for range im.Channels {
		tags[258] = append(tags[258], uint32(im.Bits))
	}
	if o.predictor {
		tags[317] = []uint32{2}
	}
	if o.floats {
		tags[317] = []uint32{3}
	}
	if o.tileW > 0 {
		tags[322], tags[323], tags[324], tags[325] = []uint32{uint32(blockW)}, []uint32{uint32(o.blockH)}, offsets, counts
	} else {
		tags[273], tags[278], tags[279] = offsets, []uint32{uint32(o.blockH)}, counts
	}
	for tag, v := range o.extra {
		if tags[tag] = v; v == nil {
			delete(tags, tag)
		}
	}
	if !o.front {
		return appendDirectory(append(out, blocks...), tags, o)
	}
	first := len(appendDirectory(slices.Clone(out), tags, o)) - header
	for i := range offsets {
		offsets[i] += uint32(first)
	}
	return append(appendDirectory(out, tags, o), blocks...)
}

// appendDirectory appends the values of the tags and the directory, all of type
// LONG, and points the header at it.
func appendDirectory(out []byte, tags map[uint16][]uint32, o tiffOptions) []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, o.order, v) }
	word := func(v uint64) {
		if o.big {
			put(v)
		} else {
			put(uint32(v))
		}
	}
	room := 4
	if o.big {
		room = 8
		put(uint64(len(tags)))
	} else {
		put(uint16(len(tags)))
	}
	for tag := range uint16(0xffff) {
		values, ok := tags[tag]
		if !ok {
			continue
		}
		put(tag)
		put(uint16(4))
		word(uint64(len(values)))
		if 4*len(values) <= room {
			put(values)
			b.Write(make([]byte, room-4*len(values)))
			continue
		}
		word(uint64(len(out)))
		for _, v := range values {
			out = append(out, 0, 0, 0, 0)
			o.order.PutUint32(out[len(out)-4:], v)
		}
	}
	word(uint64(o.next))
	magic := map[binary.ByteOrder]string{binary.LittleEndian: "II", binary.BigEndian: "MM"}[o.order]
	copy(out, magic)
	if o.big {
		o.order.PutUint16(out[2:], 43)
		o.order.PutUint16(out[4:], 8)
		o.order.PutUint64(out[8:], uint64(len(out)))
	} else {
		o.order.PutUint16(out[2:], 42)
		o.order.PutUint32(out[4:], uint32(len(out)))
	}
	return append(out, b.Bytes()...)
}

// encodeSamples applies the predictor and the byte order to a block.
func encodeSamples(block []byte, row, channels, size int, o tiffOptions) []byte {
	out := make([]byte, len(block))
	at := func(i int) (v uint64) {
		for k := range size {
			v |= uint64(block[i+k]) << (8 * k)
		}
		return v
	}
	for i := 0; i < len(block); i += size {
		v := at(i)
		if o.predictor && i%row >= channels*size {
			v -= at(i - channels*size)
		}
		for k := range size {
			to := i + k
			if o.order == binary.BigEndian {
				to = i + size - 1 - k
			}
			out[to] = byte(v >> (8 * k))
		}
	}
	if o.floats {
		for top := 0; top < len(block); top += row {
			floatDifferences(out[top:top+row], block[top:top+row], channels, size)
		}
	}
	return out
}

// floatDifferences is predictor 3 of a row: the most significant bytes of all samples, then the
// next ones, and of all these bytes the differences.
func floatDifferences(out, row []byte, channels, size int) {
	var apart []byte
	for k := size - 1; k >= 0; k-- {
		for i := k; i < len(row); i += size {
			apart = append(apart, row[i])
		}
	}
	for i := range out {
		out[i] = apart[i]
		if i >= channels {
			out[i] -= apart[i-channels]
		}
	}
}

func pack(b []byte, compression int) []byte {
	switch compression {
	case 5:
		return packLZW(b)
	case 8, 32946:
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(b)
		w.Close()
		return z.Bytes()
	case 32773:
		return packBits(b)
	}
	return b
}

func packBits(b []byte) []byte {
	var out []byte
	for len(b) > 0 {
		n := 1
		for n < len(b) && n < 128 && b[n] == b[0] {
			n++
		}
		if n > 1 {
			out = append(out, byte(1-n), b[0])
		} else {
			out = append(out, 0x80, 0, b[0]) // with a no-op in front
		}
		b = b[n:]
	}
	return out
}

// packLZW is the encoder of TIFF 6.0, section 13, with a map of strings.
func packLZW(b []byte) []byte {
	var out []byte
	acc, nbits, width := uint32(0), 0, 9
	emit := func(code int) {
		acc, nbits = acc<<width|uint32(code), nbits+width
		for ; nbits >= 8; nbits -= 8 {
			out = append(out, byte(acc>>(nbits-8)))
		}
	}
	table, next := map[string]int{}, 258
	code := func(s []byte) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return table[string(s)]
	}
	emit(256)
	start := 0
	for i := range b {
		if _, ok := table[string(b[start:i+1])]; ok || i == start {
			continue
		}
		emit(code(b[start:i]))
		table[string(b[start:i+1])] = next
		next++
		switch next {
		case 512, 1024, 2048: // one later than the decoder, which is a string behind
			width++
		case 4095:
			emit(256)
			table, next, width = map[string]int{}, 258, 9
		}
		start = i
	}
	if len(b) > 0 {
		emit(code(b[start:]))
		if next++; next == 512 || next == 1024 || next == 2048 {
			width++
		}
	}
	emit(257)
	return append(out, byte(acc<<(8-nbits)))
}
