package parquetguard

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Largest page that is read. Writers end a page at about a megabyte; a few make
// one of a whole row group.
const (
	maxBytes  = 256 << 20
	maxValues = 1 << 26
)

// A page may be large where its bytes are there: beyond these sizes it is at most
// maxRatio times what it takes in the file. A few kilobytes can stand for gigabytes
// of zeros, or millions of nulls.
const (
	freeBytes  = 16 << 20
	freeValues = 8 << 20
	maxRatio   = 64
)

// maxHeader is the largest page header that is read, in bytes: it may hold the
// smallest and the largest value of the page.
const maxHeader = 1 << 20

// stream is a column chunk on its way to the library: its pages one behind the
// other, unpacked, with headers that say so. Its offsets are those of this text, of
// which it holds the page that is being read; going back begins anew.
type stream struct {
	in     io.ReaderAt
	chunk  *chunk
	buffer int // bytes read at once

	raw  *bufio.Reader // the chunk, from at on
	at   int64         // offset in the file of the next page header
	page []byte        // unpacked, with its header; nil once it was read
	from int64         // offset of page in the text
	size int64         // of page
	bad  error         // what was found
}

// ReadAt reads from one page at a time: fewer bytes than asked for are no error.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	if s.raw == nil || off < s.from || s.page == nil && off < s.from+s.size {
		s.drop()
		s.at, s.from, s.size = s.chunk.start, 0, 0
		s.raw = bufio.NewReaderSize(io.NewSectionReader(s.in, s.at, s.chunk.end-s.at), s.buffer)
	}
	for s.bad == nil && off >= s.from+s.size {
		s.drop()
		s.from, s.size = s.from+s.size, 0
		if s.at >= s.chunk.end {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			s.bad = fmt.Errorf("page at %d: %w", s.at, err)
		}
		s.size = int64(len(s.page))
	}
	if s.bad != nil {
		return 0, s.bad
	}
	n := copy(p, s.page[off-s.from:])
	if off+int64(n) == s.from+s.size {
		s.drop()
	}
	return n, nil
}

// drop gives the page away.
func (s *stream) drop() {
	giveBack(s.page)
	s.page = nil
}

// next reads the next page.
func (s *stream) next() error {
	h, size, err := s.header()
	if err != nil {
		return err
	}
	if err := s.checkSizes(h, s.at+int64(size)); err != nil {
		return err
	}
	if _, err := s.raw.Discard(size); err != nil {
		return err
	}
	packed := take(int(h.CompressedPageSize))
	defer giveBack(packed)
	if _, err := io.ReadFull(s.raw, packed); err != nil {
		return err
	}
	if h.CRC != 0 && uint32(h.CRC) != crc32.ChecksumIEEE(packed) {
		return errors.New("its checksum is wrong: damaged")
	}
	if s.page, err = s.chunk.unpacked(h, packed); err != nil {
		return err
	}
	s.at += int64(size) + int64(len(packed))
	return nil
}

// header decodes the header of the next page, and returns its size.
func (s *stream) header() (h *format.PageHeader, size int, err error) {
	h = new(format.PageHeader)
	b, err := s.raw.Peek(int(min(int64(s.buffer), s.chunk.end-s.at)))
	if err != nil {
		return nil, 0, err
	}
	size, err = decode(b, h)
	if more := min(maxHeader, s.chunk.end-s.at); int64(len(b)) < more && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		b = make([]byte, more)
		if n, err := s.in.ReadAt(b, s.at); n < len(b) {
			return nil, 0, err
		}
		size, err = decode(b, h)
	}
	return h, size, plain("its header", err)
}

// decode decodes a page header and returns its size. It takes no memory for
// what b does not hold.
func decode(b []byte, h *format.PageHeader) (size int, err error) {
	protocol := &thrift.CompactProtocol{}
	in := protocol.NewReaderFromBytes(b)
	*h = format.PageHeader{}
	err = thrift.NewDecoder(in).Decode(h)
	return in.BytesRead(), err
}

// checkSizes compares what a header says of the page at an offset with the chunk.
func (s *stream) checkSizes(h *format.PageHeader, at int64) error {
	values := int64(0)
	switch {
	case h.DataPageHeader.Valid:
		values = int64(h.DataPageHeader.V.NumValues)
	case h.DataPageHeaderV2.Valid:
		values = int64(h.DataPageHeaderV2.V.NumValues)
	case h.DictionaryPageHeader.Valid:
		values = int64(h.DictionaryPageHeader.V.NumValues)
	}
	packed, plain := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	switch left := s.chunk.end - at; {
	case packed < 0 || packed > left:
		return fmt.Errorf("%d bytes, %d are left of the column", packed, left)
	case packed > maxBytes || plain < 0 || plain > maxBytes:
		return fmt.Errorf("%d bytes, %d of them compressed: more than the %d that are read at once", plain, packed, maxBytes)
	case plain > freeBytes && plain > maxRatio*packed:
		return fmt.Errorf("%d bytes packed in %d: more than %d times, which a page above %d bytes must not be", plain, packed, maxRatio, freeBytes)
	case values > freeValues && values > maxRatio*packed:
		return fmt.Errorf("%d values in %d bytes: more than %d a byte, which a page of more than %d values must not have", values, packed, maxRatio, freeValues)
	case values < 0 || values > s.chunk.values || values > maxValues:
		return fmt.Errorf("%d values in a column of %d: at most %d are read at once", values, s.chunk.values, maxValues)
	}
	return nil
}

// unpacked returns a page of the chunk as the library gets it: its header, and its
// data unpacked.
func (c *chunk) unpacked(h *format.PageHeader, packed []byte) ([]byte, error) {
	plain, levels, codec := int(h.UncompressedPageSize), 0, c.codec
	switch {
	case h.DataPageHeader.Valid:
		h.DataPageHeader.V.Statistics = format.Statistics{} // nobody looks at them
	case h.DataPageHeaderV2.Valid:
		v2 := &h.DataPageHeaderV2.V
		if v2.IsCompressed.Valid && !v2.IsCompressed.V {
			codec = format.Uncompressed
		}
		levels = int(v2.RepetitionLevelsByteLength) + int(v2.DefinitionLevelsByteLength)
		if v2.RepetitionLevelsByteLength < 0 || v2.DefinitionLevelsByteLength < 0 || levels > len(packed) || codec != format.Uncompressed && levels > plain {
			return nil, fmt.Errorf("%d bytes of levels in %d, unpacked %d", levels, len(packed), plain)
		}
		v2.IsCompressed, v2.Statistics = thrift.New(false), format.Statistics{}
	}
	if codec == format.Uncompressed {
		plain = len(packed)
	} else if n := stated(codec, packed[levels:]); n > uint64(plain-levels) {
		return nil, fmt.Errorf("its data is damaged, or of another size than the %d bytes that its header says", plain)
	}
	h.CompressedPageSize, h.UncompressedPageSize, h.CRC = int32(plain), int32(plain), 0
	head, err := thrift.Marshal(&thrift.CompactProtocol{}, h)
	if err != nil {
		return nil, err
	}
	page := take(len(head) + plain)
	data := page[copy(page, head):]
	n := copy(data, packed[:levels])
	if codec == format.Uncompressed {
		copy(data, packed)
	} else if err := unpack(codec, data[n:], packed[levels:]); err != nil {
		giveBack(page)
		return nil, err
	}
	return page, nil
}

// largestPooled is the size of the largest buffers that are kept for the next page.
const largestPooled = 22

// pool holds the buffers of pages, by the power of two that they have.
var pool [largestPooled + 1]sync.Pool

// take returns a buffer of n bytes, whatever they are.
func take(n int) []byte {
	k := bits.Len(uint(max(n, 1) - 1))
	if k > largestPooled {
		return make([]byte, n)
	}
	if b, ok := pool[k].Get().(*[]byte); ok {
		return (*b)[:n]
	}
	return make([]byte, n, 1<<k)
}

// giveBack hands a buffer of take on.
func giveBack(b []byte) {
	if k := bits.Len(uint(max(cap(b), 1) - 1)); k <= largestPooled && cap(b) == 1<<k {
		pool[k].Put(&b)
	}
}

// stated returns the size of the data that a packed page states itself, which
// decoders take memory for; 0 where it states none.
func stated(codec format.CompressionCodec, b []byte) uint64 {
	switch codec {
	case format.Zstd:
		var h zstd.Header
		if h.Decode(b[:min(len(b), zstd.HeaderMaxSize)]) != nil || !h.HasFCS {
			return 0
		}
		return h.FrameContentSize
	case format.Snappy:
		n, _ := binary.Uvarint(b)
		return n
	}
	return 0
}
