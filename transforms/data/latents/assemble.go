package latents

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// chunk is a column chunk to be written: its pages, and what the footer says of it. Offsets count from start.
type chunk struct {
	meta   format.ColumnMetaData
	index  []byte // format.ColumnIndex, coded
	places format.OffsetIndex
	data   [][]byte
	start  int64
	spent  func(data [][]byte) // takes back the data when they are written; may be nil
}

// assembly writes a Parquet file of chunks that were made elsewhere:
//
//	PAR1, the chunks of all row groups
//	the column index of each chunk, the offset index of each
//	format.FileMetaData, its length in 4 bytes, PAR1
type assembly struct {
	w      io.Writer
	offset int64
	footer format.FileMetaData // but for the row groups
	groups []format.RowGroup
	chunks [][]*chunk // by row group, without data
}

const magic = "PAR1"

// newAssembly returns a writer to w of a file that is, but for the row groups, what the library writes with the options.
func newAssembly(w io.Writer, options []parquet.WriterOption) (*assembly, error) {
	empty := parquet.NewGenericWriter[any](io.Discard, options...)
	if err := empty.Close(); err != nil {
		return nil, err
	}
	return &assembly{w: w, footer: *empty.File().Metadata()}, nil
}

// write writes bytes, behind the magic ones where they are the first.
func (a *assembly) write(data []byte) error {
	if a.offset == 0 {
		a.offset = int64(len(magic))
		if _, err := io.WriteString(a.w, magic); err != nil {
			return err
		}
	}
	n, err := a.w.Write(data)
	a.offset += int64(n)
	return err
}

// add writes a row group.
func (a *assembly) add(rows int64, chunks []*chunk) error {
	if len(a.groups) == parquet.MaxRowGroups {
		return parquet.ErrTooManyRowGroups
	}
	if err := a.write(nil); err != nil {
		return err
	}
	group := format.RowGroup{NumRows: rows, FileOffset: a.offset, Ordinal: int16(len(a.groups)), SortingColumns: []format.SortingColumn{}}
	for _, c := range chunks {
		shift := a.offset - c.start
		c.meta.DataPageOffset += shift
		if c.meta.DictionaryPageOffset > 0 {
			c.meta.DictionaryPageOffset += shift
		}
		for i := range c.places.PageLocations {
			c.places.PageLocations[i].Offset += shift
		}
		for _, data := range c.data {
			if err := a.write(data); err != nil {
				return err
			}
		}
		if c.spent != nil {
			c.spent(c.data)
		}
		c.data = nil
		group.TotalByteSize += c.meta.TotalUncompressedSize
		group.TotalCompressedSize += c.meta.TotalCompressedSize
		group.Columns = append(group.Columns, format.ColumnChunk{MetaData: c.meta})
	}
	a.groups = append(a.groups, group)
	a.chunks = append(a.chunks, chunks)
	a.footer.NumRows += rows
	return nil
}

// close writes the indexes and the footer.
func (a *assembly) close() error {
	if err := a.write(nil); err != nil {
		return err
	}
	var end bytes.Buffer
	at := func() int64 { return a.offset + int64(end.Len()) }
	encoder := thrift.NewEncoder(new(thrift.CompactProtocol).NewWriter(&end))
	for i, chunks := range a.chunks {
		for j, c := range chunks {
			column := &a.groups[i].Columns[j]
			column.ColumnIndexOffset, column.ColumnIndexLength = at(), int32(len(c.index))
			end.Write(c.index)
		}
	}
	for i, chunks := range a.chunks {
		for j, c := range chunks {
			column := &a.groups[i].Columns[j]
			column.OffsetIndexOffset = at()
			if err := encoder.Encode(&c.places); err != nil {
				return err
			}
			column.OffsetIndexLength = int32(at() - column.OffsetIndexOffset)
		}
	}
	a.footer.RowGroups = a.groups
	start := end.Len()
	if err := encoder.Encode(&a.footer); err != nil {
		return err
	}
	tail := binary.LittleEndian.AppendUint32(nil, uint32(end.Len()-start))
	end.Write(append(tail, magic...))
	return a.write(end.Bytes())
}

// chunksOf returns the chunks of a file of one row group, in memory.
func chunksOf(data []byte, meta *format.FileMetaData) ([]*chunk, error) {
	if len(meta.RowGroups) != 1 {
		return nil, fmt.Errorf("%d row groups were made of one", len(meta.RowGroups))
	}
	var chunks []*chunk
	for _, column := range meta.RowGroups[0].Columns {
		c := &chunk{meta: column.MetaData, start: column.MetaData.DataPageOffset}
		if at := c.meta.DictionaryPageOffset; at > 0 {
			c.start = at
		}
		c.data = [][]byte{data[c.start:][:c.meta.TotalCompressedSize]}
		c.index = bytes.Clone(data[column.ColumnIndexOffset:][:column.ColumnIndexLength])
		places := data[column.OffsetIndexOffset:][:column.OffsetIndexLength]
		if err := thrift.Unmarshal(new(thrift.CompactProtocol), places, &c.places); err != nil {
			return nil, err
		}
		chunks = append(chunks, c)
	}
	return chunks, nil
}
