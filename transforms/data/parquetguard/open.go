package parquetguard

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"exemplar/schemas/caught"
)

// File is an open Parquet file. Its methods may be called from several goroutines
// where the underlying reader allows that.
type File struct {
	in     io.ReaderAt
	file   *parquet.File
	chunks [][]*chunk // of each row group
	buffer int
}

// buffered is how many bytes of a column are read at once, unless it is said.
const buffered = 4 << 10

// handed is how many bytes of the pages that are in memory the library takes at once.
const handed = 512

// Open opens a Parquet file of size bytes. The memory that its
// footer takes is bounded by its length; of the values nothing is read yet, and
// the indexes of pages are passed over. Damage is an error, never a panic.
func Open(r io.ReaderAt, size int64) (*File, error) { return OpenBuffered(r, size, buffered) }

// OpenBuffered is Open, and says how many bytes of a column are read at once.
func OpenBuffered(r io.ReaderAt, size int64, buffer int) (f *File, err error) {
	defer caught.Damaged(&err, errors.New)
	t, chunks, err := readFooter(r, size)
	if err != nil {
		return nil, err
	}
	if t.end == nil {
		return nil, fmt.Errorf("it has %d bytes, which is less than any Parquet file has", size)
	}
	file, err := parquet.OpenFile(t, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(handed))
	if err != nil {
		return nil, plain("its footer", err)
	}
	f = &File{in: t, file: file, chunks: chunks, buffer: buffer}
	return f, f.take(size)
}

// plain says what the library found in a footer or header, without the path inside
// its structures.
func plain(what string, err error) error {
	if err == nil {
		return nil
	}
	switch text := err.Error(); {
	case strings.Contains(text, "magic"):
		return errors.New("it does not begin and end as a Parquet file does")
	case strings.Contains(text, "thrift"), strings.Contains(text, "missing required field"):
		return errors.New(what + " is damaged: fetch the file again, or write it again")
	}
	return err
}

// take takes the column chunks over from the library, which from now on sees each
// as a stream of its own.
func (f *File) take(size int64) error {
	groups := f.file.Metadata().RowGroups
	if len(groups) != len(f.chunks) {
		return fmt.Errorf("its footer is damaged: %d row groups, %d read", len(f.chunks), len(groups))
	}
	for i := range groups {
		if len(groups[i].Columns) != len(f.chunks[i]) {
			return fmt.Errorf("its footer is damaged: %d columns, %d read", len(f.chunks[i]), len(groups[i].Columns))
		}
		for j, c := range f.chunks[i] {
			m := &groups[i].Columns[j].MetaData
			if c.start = m.DataPageOffset; m.DictionaryPageOffset != 0 {
				c.start = m.DictionaryPageOffset
			}
			c.values, c.statistics = m.NumValues, m.Statistics
			switch why := unreadable(c.codec); {
			case c.start < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > size-c.start:
				c.bad = fmt.Errorf("a column of %d bytes at %d lies outside of the file, which has %d", m.TotalCompressedSize, c.start, size)
			case why != "":
				c.bad = fmt.Errorf("it %s: write the file again with zstd or snappy", why)
			default:
				c.end = c.start + m.TotalCompressedSize
			}
			m.DictionaryPageOffset, m.DataPageOffset, m.TotalCompressedSize = 0, 0, math.MaxInt64
		}
	}
	return nil
}

// Schema returns the columns.
func (f *File) Schema() *parquet.Schema { return f.file.Schema() }

// Half reports whether a leaf column holds float16 numbers, which the library takes for
// bytes.
func (f *File) Half(column int) bool {
	for _, e := range f.file.Metadata().Schema {
		if e.NumChildren.Valid && e.NumChildren.V > 0 {
			continue
		}
		if column == 0 {
			_, half := e.LogicalType.Value.(*format.Float16Type)
			return half
		}
		column--
	}
	return false
}

// LZ4 reports whether any row group packs a leaf column with LZ4_RAW, or another one
// than the first does: what earlier versions read of it was wrong.
func (f *File) LZ4(column int) bool {
	for _, group := range f.chunks {
		if c := group[column].codec; c == format.Lz4Raw || c != f.chunks[0][column].codec {
			return true
		}
	}
	return false
}

// Lookup returns a text of the footer.
func (f *File) Lookup(key string) (string, bool) { return f.file.Lookup(key) }

// NumRows returns the number of rows.
func (f *File) NumRows() int64 { return f.file.NumRows() }

// NumRowGroups returns the number of row groups.
func (f *File) NumRowGroups() int { return len(f.chunks) }

// RowGroup returns a row group, for those who read it as rows.
func (f *File) RowGroup(i int) parquet.RowGroup {
	g := &group{RowGroup: f.file.RowGroups()[i]}
	for j, c := range g.RowGroup.ColumnChunks() {
		g.columns = append(g.columns, &column{c, func() parquet.Pages { return f.Pages(i, j) }})
	}
	return g
}

// Pages returns the pages of a column of a row group. When the last one was read,
// the values are compared with the statistics of the column chunk: what does not
// agree is an error in place of that page.
func (f *File) Pages(group, column int) parquet.Pages {
	c := f.chunks[group][column]
	chunk, ok := f.file.RowGroups()[group].ColumnChunks()[column].(*parquet.FileColumnChunk)
	if c.bad != nil || !ok {
		return &none{c.bad}
	}
	return newChecked(chunk.PagesFrom(&stream{in: f.in, chunk: c, buffer: f.buffer}), c, chunk.Node().(*parquet.Column))
}

// group is a row group whose columns are read through Pages.
type group struct {
	parquet.RowGroup
	columns []parquet.ColumnChunk
}

func (g *group) ColumnChunks() []parquet.ColumnChunk { return g.columns }

func (g *group) Rows() parquet.Rows { return parquet.NewRowGroupRowReader(g) }

type column struct {
	parquet.ColumnChunk
	pages func() parquet.Pages
}

func (c *column) Pages() parquet.Pages { return c.pages() }

// none stands for the pages of a column chunk that cannot be read.
type none struct{ err error }

func (n *none) ReadPage() (parquet.Page, error) { return nil, n.err }
func (n *none) SeekToRow(int64) error           { return nil }
func (n *none) Close() error                    { return nil }
