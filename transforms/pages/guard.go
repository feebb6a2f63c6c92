package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Largest page that is read. Writers end a page at about a megabyte; a few make
// one of a whole row group.
const (
	maxBytes  = 256 << 20
	maxValues = 1 << 26
)

// maxHeader is the largest page header that is read, in bytes: it may hold the
// smallest and the largest value of the page.
const maxHeader = 1 << 20

// guard is a column chunk on its way to the library, which reads it from the
// beginning on, and a dictionary perhaps twice.
type guard struct {
	in     io.ReaderAt
	next   int64 // offset of the first page header that was not checked
	end    int64 // of the chunk
	values int64 // of the chunk
	zstd   bool  // its pages are compressed so
	bad    error // what was found
}

// ReadAt reads, and checks the page headers among what was read.
func (g *guard) ReadAt(p []byte, off int64) (int, error) {
	if g.bad != nil {
		return 0, g.bad
	}
	n, err := g.in.ReadAt(p, off)
	for g.bad == nil && g.next < min(off+int64(n), g.end) {
		if g.next < off {
			g.bad = fmt.Errorf("pages are not read in their order")
			break
		}
		g.bad = g.check(p[g.next-off : n])
	}
	if g.bad != nil {
		return 0, g.bad
	}
	return n, err
}

// check checks the page header at g.next, of which b holds the beginning or all,
// and more of the chunk behind it.
func (g *guard) check(b []byte) error {
	var h format.PageHeader
	size, err := decode(b, &h)
	for _, n := range []int{1 << 12, maxHeader} {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			if b, err = g.peek(g.next, n); err == nil {
				size, err = decode(b, &h)
			}
		}
	}
	if err == nil {
		err = g.checkSizes(&h, g.next+int64(size))
	}
	if err == nil {
		err = g.checkFrame(&h, g.next+int64(size), b[size:])
	}
	if err != nil {
		return fmt.Errorf("page at %d: %w", g.next, err)
	}
	g.next += int64(size) + int64(h.CompressedPageSize)
	return nil
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

// peek reads up to n bytes of the chunk at an offset.
func (g *guard) peek(at int64, n int) ([]byte, error) {
	b := make([]byte, max(0, min(int64(n), g.end-at)))
	if n, err := g.in.ReadAt(b, at); n < len(b) {
		return nil, err
	}
	return b, nil
}

// checkSizes compares what a header says of the page at an offset with the chunk.
func (g *guard) checkSizes(h *format.PageHeader, at int64) error {
	values := int64(0)
	switch {
	case h.DataPageHeader.Valid:
		values = int64(h.DataPageHeader.V.NumValues)
	case h.DataPageHeaderV2.Valid:
		values = int64(h.DataPageHeaderV2.V.NumValues)
	case h.DictionaryPageHeader.Valid:
		values = int64(h.DictionaryPageHeader.V.NumValues)
	}
	compressed, plain := int64(h.CompressedPageSize), int64(h.UncompressedPageSize)
	switch left := g.end - at; {
	case compressed < 0 || compressed > left:
		return fmt.Errorf("%d bytes, %d are left of the column", compressed, left)
	case compressed > maxBytes || plain < 0 || plain > maxBytes:
		return fmt.Errorf("%d bytes, %d of them compressed: more than the %d that are read at once", plain, compressed, maxBytes)
	case values < 0 || values > g.values || values > maxValues:
		return fmt.Errorf("%d values in a column of %d: at most %d are read at once", values, g.values, maxValues)
	}
	return nil
}

// checkFrame compares the size that a zstd frame states, which its decoder takes
// memory for, with that of the page at an offset, of which b is the beginning.
func (g *guard) checkFrame(h *format.PageHeader, at int64, b []byte) (err error) {
	levels := 0
	if v2 := h.DataPageHeaderV2; v2.Valid {
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			return nil
		}
		levels = int(v2.V.RepetitionLevelsByteLength) + int(v2.V.DefinitionLevelsByteLength)
	}
	if !g.zstd || levels < 0 || levels > int(h.CompressedPageSize) {
		return nil // the library says what is wrong
	}
	if len(b) >= levels+frameHeader {
		b = b[levels:]
	} else if b, err = g.peek(at+int64(levels), frameHeader); err != nil {
		return err
	}
	if n := contentSize(b); n > uint64(h.UncompressedPageSize) {
		return fmt.Errorf("%d bytes, its header says %d", n, h.UncompressedPageSize)
	}
	return nil
}

// frameHeader is the largest size of a zstd frame header.
const frameHeader = 18

// contentSize returns the size that a zstd frame states, 0 where it states none
// (RFC 8878, section 3.1.1.1).
func contentSize(b []byte) uint64 {
	const magic = 0xFD2FB528
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != magic {
		return 0
	}
	flags := b[4]
	b = b[5:]
	single := flags>>5&1 == 1
	skip := []int{0, 1, 2, 4}[flags&3] // of the dictionary's id
	if !single {
		skip++ // of the window
	}
	size := []int{0, 2, 4, 8}[flags>>6]
	if size == 0 && single {
		size = 1
	}
	if len(b) < skip+size {
		return 0
	}
	var n [8]byte
	copy(n[:], b[skip:skip+size])
	stated := binary.LittleEndian.Uint64(n[:])
	if size == 2 {
		stated += 256
	}
	return stated
}
