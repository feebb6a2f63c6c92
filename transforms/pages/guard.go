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

// guard is a column chunk on its way to the library, which reads it from the
// beginning on, and a dictionary perhaps twice.
type guard struct {
	in     io.ReaderAt
	next   int64 // offset of the first page header that was not checked
	end    int64 // of the chunk
	values int64 // of the chunk
	codec  format.CompressionCodec
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
		err = g.checkContent(&h, g.next+int64(size), b[size:])
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
	case plain > freeBytes && plain > maxRatio*compressed:
		return fmt.Errorf("%d bytes packed in %d: more than %d times, which a page above %d bytes must not be", plain, compressed, maxRatio, freeBytes)
	case values > freeValues && values > maxRatio*compressed:
		return fmt.Errorf("%d values in %d bytes: more than %d a byte, which a page of more than %d values must not have", values, compressed, maxRatio, freeValues)
	case values < 0 || values > g.values || values > maxValues:
		return fmt.Errorf("%d values in a column of %d: at most %d are read at once", values, g.values, maxValues)
	}
	return nil
}

// checkContent compares the size that the data of a page states of itself, which
// decoders take memory for, with what the header says. The page is at an offset,
// and b is the beginning of it, or all.
func (g *guard) checkContent(h *format.PageHeader, at int64, b []byte) (err error) {
	levels := 0
	if v2 := h.DataPageHeaderV2; v2.Valid {
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			return nil
		}
		levels = int(v2.V.RepetitionLevelsByteLength) + int(v2.V.DefinitionLevelsByteLength)
	}
	left := int(h.CompressedPageSize) - levels
	if levels < 0 || left < 0 {
		return nil // the library says what is wrong
	}
	var stated func(b []byte) uint64
	switch g.codec {
	case format.Zstd:
		stated, left = zstdSize, min(left, zstdHeader)
	case format.Snappy:
		stated, left = snappySize, min(left, binary.MaxVarintLen64)
	case format.Lz4Raw:
		stated = lz4Size
	default:
		return nil
	}
	if len(b) >= levels+left {
		b = b[levels : levels+left]
	} else if b, err = g.peek(at+int64(levels), left); err != nil {
		return err
	}
	if n := stated(b); n > uint64(h.UncompressedPageSize) {
		return fmt.Errorf("its data is damaged, or of another size than the %d bytes that its header says", h.UncompressedPageSize)
	}
	return nil
}
