package pages

import (
	"cmp"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Open opens a Parquet file of size bytes. The memory that its
// footer takes is bounded by its length; of the values nothing is read yet, and
// the indexes of pages are passed over. Damage is an error, never a panic.
func Open(r io.ReaderAt, size int64, options ...parquet.FileOption) (f *parquet.File, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	t, err := readFooter(r, size)
	if err != nil {
		return nil, err
	}
	return parquet.OpenFile(t, size, append(options, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))...)
}

// Of returns the pages of a column of a row group of f, behind a guard.
func Of(f *parquet.File, group, column int) parquet.Pages {
	chunk := f.RowGroups()[group].ColumnChunks()[column]
	c, ok := chunk.(*parquet.FileColumnChunk)
	if !ok {
		return chunk.Pages()
	}
	return c.PagesFrom(newGuard(f, group, column))
}

// Check reads all pages of a file through the guard, without decoding them, for
// those who then read it through a part of the library that takes no guard.
func Check(f *parquet.File) error {
	for group := range f.Metadata().RowGroups {
		for column := range f.Metadata().RowGroups[group].Columns {
			g := newGuard(f, group, column)
			_, err := io.Copy(io.Discard, io.NewSectionReader(g, g.next, g.end-g.next))
			if err := cmp.Or(g.bad, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// newGuard returns the guard of one column chunk.
func newGuard(f *parquet.File, group, column int) *guard {
	m := &f.Metadata().RowGroups[group].Columns[column].MetaData
	start := m.DataPageOffset
	if m.DictionaryPageOffset != 0 {
		start = m.DictionaryPageOffset
	}
	g := &guard{in: f, next: start, codec: m.Codec, values: m.NumValues}
	switch {
	case start < 0 || m.TotalCompressedSize < 0 || m.TotalCompressedSize > f.Size()-start:
		g.bad = fmt.Errorf("a column of %d bytes at %d lies outside of the file, which has %d", m.TotalCompressedSize, start, f.Size())
	default:
		g.end = start + m.TotalCompressedSize
	}
	return g
}
