package images

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
)

// maxRatio returns the largest number of bytes that one byte of compressed data
// can stand for: no limit is exceeded by a valid stream.
//
// Deflate: 258 bytes from two one-bit codes. PackBits: 128 bytes from two. LZW:
// a string of up to 3837 bytes (codes 258 to 4094) from 12 bits.
func maxRatio(compression uint64) uint64 {
	switch compression {
	case compressionLZW:
		return 2560
	case compressionDeflate, compressionDeflateOld:
		return 1032
	case compressionPackBits:
		return 64
	}
	return 1
}

// checkData refuses a page whose blocks run past the end of the file, or hold
// too few bytes for the pixels they declare. Nothing is allocated before.
func (l *layout) checkData(size uint64) error {
	ratio := maxRatio(l.compression)
	for i := range l.across * l.down * l.planes {
		need := uint64(l.blockRows(i/l.across%l.down)) * uint64(l.rowBytes(l.blockWidth))
		offset, n := l.offsets.at(i), l.counts.at(i)
		if offset > size || n > size-offset {
			return corrupt("%s runs past the end of the file: bytes %d to %d of %d", l.describe(i), offset, offset+n, size)
		}
		if need > n*ratio {
			return corrupt("%s holds %d bytes, too few for the %d bytes of pixels it declares", l.describe(i), n, need)
		}
	}
	return nil
}

// unpack decodes all blocks into the pixels of the image, interleaved.
func (l *layout) unpack(data []byte) ([]byte, error) {
	if l.planes == 1 {
		pixels := make([]byte, l.height*l.rowBytes(l.width))
		return pixels, l.unpackPlane(pixels, data, 0)
	}
	plane, size := make([]byte, l.height*l.rowBytes(l.width)), l.bits/8
	pixels := make([]byte, l.planes*len(plane))
	for c := range l.planes {
		if err := l.unpackPlane(plane, data, c); err != nil {
			return nil, err
		}
		scatter(pixels[c*size:], plane, l.planes*size, size, size)
	}
	return pixels, nil
}

// unpackPlane decodes the blocks of one plane.
func (l *layout) unpackPlane(pixels, data []byte, plane int) error {
	row, blockRow := l.rowBytes(l.width), l.rowBytes(l.blockWidth)
	var tile []byte
	if l.tiled {
		tile = make([]byte, min(l.blockHeight, l.height)*blockRow)
	}
	blocks := l.across * l.down
	for k := range blocks {
		j, i := k/l.across, plane*blocks+k
		top, rows := j*l.blockHeight, l.blockRows(j)
		offset, n := l.offsets.at(i), l.counts.at(i)
		dst := tile
		if !l.tiled {
			dst = pixels[top*row:]
		}
		dst = dst[:rows*blockRow]
		if err := l.decompress(dst, data[offset:offset+n]); err != nil {
			return corrupt("%s: %v", l.describe(i), err)
		}
		l.finish(dst, blockRow)
		if !l.tiled {
			continue
		}
		left := l.rowBytes(k % l.across * l.blockWidth)
		for y := range rows {
			copy(pixels[(top+y)*row+left:(top+y+1)*row], dst[y*blockRow:(y+1)*blockRow])
		}
	}
	return nil
}

// decompress fills dst from the stored bytes of one block.
func (l *layout) decompress(dst, src []byte) error {
	switch l.compression {
	case compressionLZW:
		return unpackLZW(dst, src)
	case compressionPackBits:
		return unpackBits(dst, src)
	case compressionDeflate, compressionDeflateOld:
		return inflate(dst, src, l.blockHeight*l.rowBytes(l.blockWidth))
	}
	copy(dst, src)
	return nil
}

// finish turns the bytes of a block into little-endian samples and undoes the
// predictor, which starts anew in every row of the block.
func (l *layout) finish(block []byte, row int) {
	if l.order == binary.BigEndian && l.predictor != predictFloat {
		swap(block, l.bits/8)
	}
	if l.predictor != predictHorizontal && l.predictor != predictFloat {
		return
	}
	for ; len(block) > 0; block = block[row:] {
		switch n := l.together(); {
		case l.predictor == predictFloat:
			undifferenceFloats(block[:row], n, l.bits/8)
		case l.bits == 8:
			undifference8(block[:row], n)
		case l.bits == 16:
			undifference16(block[:row], n)
		default:
			undifferenceWide(block[:row], n, l.bits/8)
		}
	}
}

// swap reverses the bytes of every sample.
func swap(b []byte, size int) {
	switch size {
	case 1:
	case 2:
		swap16(b)
	default:
		for ; len(b) >= size; b = b[size:] {
			slices.Reverse(b[:size])
		}
	}
}

// swap16 exchanges the two bytes of every sample.
func swap16(b []byte) {
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
}

// undifference8 replaces differences to the pixel on the left by values, mod 256.
func undifference8(row []byte, channels int) {
	for i := channels; i < len(row); i++ {
		row[i] += row[i-channels]
	}
}

// undifference16 is undifference8 for little-endian 16-bit samples, mod 65536.
func undifference16(row []byte, channels int) {
	for i := 2 * channels; i < len(row); i += 2 {
		v := binary.LittleEndian.Uint16(row[i:]) + binary.LittleEndian.Uint16(row[i-2*channels:])
		binary.LittleEndian.PutUint16(row[i:], v)
	}
}

// undifferenceWide is undifference8 for little-endian samples of 32 and 64 bits.
func undifferenceWide(row []byte, channels, size int) {
	for i := size * channels; i+size <= len(row); i += size {
		left, here := row[i-size*channels:], row[i:]
		carry := 0
		for k := range size {
			carry += int(left[k]) + int(here[k])
			here[k], carry = byte(carry), carry>>8
		}
	}
}

// undifferenceFloats undoes the predictor of floats: the row holds the first bytes of all of them,
// then the second ones and so on, the sign in front, and each byte as its difference to the one on the left.
func undifferenceFloats(row []byte, channels, size int) {
	undifference8(row, channels)
	apart, n := bytes.Clone(row), len(row)/size
	for i := range n {
		for k := range size {
			row[i*size+size-1-k] = apart[k*n+i]
		}
	}
}

// unpackBits expands PackBits (TIFF 6.0, section 9) until dst is full.
func unpackBits(dst, src []byte) error {
	for len(dst) > 0 {
		if len(src) == 0 {
			return errShort(len(dst))
		}
		n := int(int8(src[0]))
		src = src[1:]
		switch {
		case n >= 0: // n+1 literal bytes
			if len(src) < min(n+1, len(dst)) {
				return errShort(len(dst))
			}
			n = copy(dst, src[:min(n+1, len(src))])
			dst, src = dst[n:], src[n:]
		case n > -128: // 1-n times the next byte
			if len(src) == 0 {
				return errShort(len(dst))
			}
			run := dst[:min(1-n, len(dst))]
			for i := range run {
				run[i] = src[0]
			}
			dst, src = dst[len(run):], src[1:]
		}
	}
	return nil
}

// inflater is a zlib reader that is used again and again.
type inflater struct {
	src bytes.Reader
	z   io.ReadCloser
	one [512]byte
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// inflate expands a zlib stream until dst is full, then reads it to its end, so
// that its checksum is compared. A stream may go on after dst up to the bytes of
// a full block: some writers fill up the last strip.
func inflate(dst, src []byte, block int) error {
	in := inflaters.Get().(*inflater)
	defer inflaters.Put(in)
	in.src.Reset(src)
	var err error
	if in.z == nil {
		in.z, err = zlib.NewReader(&in.src)
	} else {
		err = in.z.(zlib.Resetter).Reset(&in.src, nil)
	}
	if err != nil {
		return err
	}
	if n, err := io.ReadFull(in.z, dst); err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShort(len(dst) - n)
	} else if err != nil {
		return err
	}
	for rest := block - len(dst); ; {
		n, err := in.z.Read(in.one[:])
		if rest -= n; rest < 0 {
			return fmt.Errorf("the data go on after the declared %d bytes of pixels", block)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
