package latents

import (
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/huff0"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
)

// packer packs pages of floats with zstd. Three of the four planes of bytes that floats are split into are all but noise,
// and for that of the exponents a code by frequency (Huffman) is all that helps: to search it for what repeats takes nine tenths of
// the time, and gives more bytes. So a page is a frame of literals, which the library's own code packs, unless
// a sample says that something repeats, as zeros and equal rows do: then it is the library's frame.
//
// A frame of literals (RFC 8878, 3.1.1) is:
//
//	0xFD2FB528  0xA0  uint32: bytes of the page      one segment, no checksum
//	blocks      uint24: 1 if it is the last | type << 1 | size << 3, then of
//	            type 0: the bytes; type 1: the byte that all of them are
//	            type 2: 40 bits: 2 | 3 << 2 | bytes << 4 | packed bytes << 22; these, four streams; 0: no sequences
type packer struct {
	huff   huff0.Scratch
	sample []byte

	follow int // pages of noise that a page without repeats speaks for: those of the next columns, layout wide
	left   int // of these
}

const (
	zstdMagic   = 0xFD2FB528
	frameHeader = 9
	blockBytes  = 128 << 10 // the largest block
	sampleBytes = 8 << 10   // the most of a plane
	leastSample = 2 << 10   // the least, where it has as many
	fewBytes    = 4 << 10   // of a page that the library packs in any case
)

// pack packs a page into dst, which it may grow: levels, which are head as blocks, and planes.
func (p *packer) pack(dst, page []byte, levels int, head []byte) ([]byte, error) {
	planes := page[levels:]
	if len(planes) < fewBytes {
		return parquet.Zstd.Encode(dst, page)
	}
	if p.left > 0 && noise(planes[:min(len(planes)/4, leastSample)]) {
		p.left--
	} else {
		if repeats, err := p.repeats(dst, planes); err != nil || repeats {
			p.left = 0
			return parquet.Zstd.Encode(dst, page)
		}
		p.left = p.follow
	}
	dst = binary.LittleEndian.AppendUint32(dst[:0], zstdMagic)
	dst = binary.LittleEndian.AppendUint32(append(dst, 0xA0), uint32(len(page)))
	return p.planes(append(dst, head...), planes), nil
}

// repeats reports whether the beginnings of the planes become smaller where the library searches for what repeats. It may
// overwrite buffer.
func (p *packer) repeats(buffer, planes []byte) (bool, error) {
	n := len(planes) / 4
	p.sample = p.sample[:0]
	for i := range 4 {
		p.sample = append(p.sample, planes[i*n:][:min(sampleBytes, max(n/4, leastSample), n)]...)
	}
	frame, err := parquet.Zstd.Encode(buffer, p.sample)
	if err != nil {
		return false, err
	}
	searched := len(frame)
	literals := p.planes(frame[:0], p.sample)
	return searched < frameHeader+len(literals), nil
}

// noise reports whether all bytes are about as frequent. Those of the first plane, the last of a float, are, unless
// floats repeat, are few, or are 0.
func noise(data []byte) bool {
	var counts [256]int
	for _, b := range data {
		counts[b]++
	}
	squares := 0
	for _, n := range counts {
		squares += n * n
	}
	n := len(data)
	return 4*squares < 5*(n+n*n/256) // of evenly distributed ones n + n²/256
}

// planes appends four planes of the same size as blocks of literals, which end the frame.
func (p *packer) planes(dst, planes []byte) []byte {
	n := len(planes) / 4
	for i := range 4 {
		dst = p.literals(dst, planes[i*n:(i+1)*n], i == 3)
	}
	return dst
}

// literals appends bytes as blocks of literals.
func (p *packer) literals(dst, data []byte, last bool) []byte {
	for len(data) > 0 {
		block := data[:min(len(data), blockBytes)]
		data = data[len(block):]
		p.huff.Reuse = huff0.ReusePolicyNone
		packed, _, err := huff0.Compress4X(block[:min(len(block), sampleBytes)], &p.huff)
		if !errors.Is(err, huff0.ErrIncompressible) && len(block) > sampleBytes { // of noise, a sample is enough
			packed, _, err = huff0.Compress4X(block, &p.huff)
		}
		switch end := last && len(data) == 0; {
		case errors.Is(err, huff0.ErrUseRLE):
			dst = append(appendBlock(dst, end, 1, len(block)), block[0])
		case err != nil || len(packed)+6 >= len(block):
			dst = append(appendBlock(dst, end, 0, len(block)), block...)
		default:
			dst = appendBlock(dst, end, 2, 5+len(packed)+1)
			sizes := 2 | 3<<2 | uint64(len(block))<<4 | uint64(len(packed))<<22
			dst = append(binary.LittleEndian.AppendUint32(dst, uint32(sizes)), byte(sizes>>32))
			dst = append(append(dst, packed...), 0)
		}
	}
	return dst
}

// appendBlock appends the header of a block.
func appendBlock(dst []byte, last bool, kind, size int) []byte {
	v := kind<<1 | size<<3
	if last {
		v |= 1
	}
	return append(dst, byte(v), byte(v>>8), byte(v>>16))
}

// headBlocks returns bytes as the blocks that a frame begins with: those that the library makes of them, but that the
// last is none.
func (p *packer) headBlocks(data []byte) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil
	}
	frame, err := parquet.Zstd.Encode(nil, data)
	if err != nil {
		return nil, err
	}
	var h zstd.Header
	if err := h.Decode(frame); err != nil {
		return nil, err
	}
	if !h.FirstBlock.Last { // more than a block
		return p.literals(nil, data, false), nil
	}
	blocks := frame[h.HeaderSize:]
	blocks[0] &^= 1
	return blocks, nil
}
