package latents

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// floatColumn makes column chunks of floats that are never missing, each a value of its row or in lists of one
// length, without a parquet.Value for each of them, which took three quarters of the time of a file. What it makes are the
// library's own bytes (TestWriterIsTheLibrarys): the coding of pages and their bounds are the library's, too.
//
// A page is a header (format.PageHeader) and, compressed: for lists the length of the coded repetition levels and these,
// the same of the definition levels; then the values, BYTE_STREAM_SPLIT. A chunk is its pages.
type floatColumn struct {
	path []string
	size int // floats of a row's list; 0: a float of each row
	full int // bytes in memory from which on a page ends

	values []float32 // of the page in the making

	data   [][]byte // of the chunk in the making: of each page the header and what is packed
	rows   int64    // in these
	meta   format.ColumnMetaData
	index  parquet.ColumnIndexer
	places format.OffsetIndex
	counts []int64 // of values, by page

	levels    []byte // of a page of levelRows rows
	levelRows int
	head      []byte  // levels, packed
	pack      *packer // nil: the library packs pages, as it did in schemas.LatentsFormat2
	page      []byte  // what a page is coded in before it is packed
}

// newFloatColumn returns the maker of a column whose pages have about as many bytes before coding, packed by p if it is not nil.
func newFloatColumn(c column, page int, p *packer) *floatColumn {
	f := &floatColumn{path: []string{c.name}, size: c.size, full: int(float64(page) * 0.98), pack: p} // the library leaves as much for the header
	if c.size > 0 {
		f.path = append(f.path, "list", "element")
	}
	if c.size > 0 {
		f.values = make([]float32, 0, f.full/4)
	}
	f.index = parquet.FloatType.NewColumnIndexer(parquet.DefaultColumnIndexSizeLimit)
	f.reset()
	return f
}

// reset begins a chunk.
func (f *floatColumn) reset() {
	f.data, f.rows, f.counts = nil, 0, nil
	f.index.Reset()
	f.places = format.OffsetIndex{}
	f.meta = format.ColumnMetaData{
		Type: format.Float, Codec: format.Zstd, PathInSchema: f.path,
		Encoding: []format.Encoding{format.ByteStreamSplit},
	}
	if f.size > 0 {
		f.meta.Encoding = []format.Encoding{format.RLE, format.ByteStreamSplit}
	}
}

// add takes the floats of whole rows. Pages end only where endRows says that they may.
func (f *floatColumn) add(values ...float32) { f.values = append(f.values, values...) }

// addColumn takes the floats of a column of rows of d.
func (f *floatColumn) addColumn(rows []float32, column, d int) {
	if n := len(rows) / d; cap(f.values)-len(f.values) < n {
		f.values = slices.Grow(f.values, max(n, len(f.values))) // twice as many: of hundreds of columns, what append grows them by costs a third of the time
	}
	for at := column; at < len(rows); at += d {
		f.values = append(f.values, rows[at])
	}
}

// endRows ends the page if it is full: by what the library holds of such values in memory, which are their levels, too.
func (f *floatColumn) endRows() error {
	held := 4 * len(f.values)
	if f.size > 0 {
		held += 2*len(f.values) + 8*(len(f.values)/f.size)
	}
	if held < f.full {
		return nil
	}
	return f.endPage()
}

// endPage adds the page to the chunk.
func (f *floatColumn) endPage() (err error) {
	n := len(f.values)
	if n == 0 {
		return nil
	}
	rows := n / max(1, f.size)
	f.page, err = f.levelsOf(rows)
	if err != nil {
		return err
	}
	levels := len(f.page)
	f.page = slices.Grow(f.page, 4*n)
	planes, err := parquet.ByteStreamSplit.EncodeFloat(f.page[levels:levels], f.values) // where there is room, it takes that
	if err != nil {
		return err
	}
	f.page = append(f.page, planes...)
	packed := takeBuffer(len(f.page))
	if f.pack == nil {
		packed, err = parquet.Zstd.Encode(packed, f.page)
	} else {
		packed, err = f.pack.pack(packed, f.page, levels, f.head)
	}
	if err != nil {
		return err
	}
	lowest, highest := bounds(f.values)
	header, err := thrift.Marshal(new(thrift.CompactProtocol), &format.PageHeader{
		Type:                 format.DataPage,
		UncompressedPageSize: int32(len(f.page)),
		CompressedPageSize:   int32(len(packed)),
		CRC:                  int32(crc32.ChecksumIEEE(packed)),
		DataPageHeader: thrift.New(format.DataPageHeader{
			NumValues: int32(n), Encoding: format.ByteStreamSplit, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
			Statistics: format.Statistics{Min: lowest.Bytes(), Max: highest.Bytes(), MinValue: lowest.Bytes(), MaxValue: highest.Bytes()},
		}),
	})
	if err != nil {
		return err
	}
	f.account(rows, len(header)+len(f.page), len(header)+len(packed), lowest, highest)
	f.data = append(f.data, header, packed)
	f.values = f.values[:0]
	return nil
}

// bounds returns the smallest and the largest of finite floats; of zeros, of which none is smaller, the first.
func bounds(values []float32) (lowest, highest parquet.Value) {
	low, high := values[0], values[0]
	for _, v := range values[1:] {
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	return parquet.FloatValue(low), parquet.FloatValue(high)
}

// account takes a page into what the footer says of the chunk.
func (f *floatColumn) account(rows, plain, packed int, lowest, highest parquet.Value) {
	n := int64(len(f.values))
	f.index.IndexPage(n, 0, lowest, highest)
	f.places.PageLocations = append(f.places.PageLocations, format.PageLocation{
		Offset: f.meta.TotalCompressedSize, CompressedPageSize: int32(packed), FirstRowIndex: f.rows,
	})
	f.rows += int64(rows)
	f.counts = append(f.counts, n)

	m := &f.meta
	s := &m.Statistics
	kind := parquet.Float
	if s.MinValue == nil || parquet.FloatType.Compare(lowest, kind.Value(s.MinValue)) < 0 {
		s.MinValue = lowest.Bytes()
	}
	if s.MaxValue == nil || parquet.FloatType.Compare(highest, kind.Value(s.MaxValue)) > 0 {
		s.MaxValue = highest.Bytes()
	}
	m.NumValues += n
	m.TotalUncompressedSize += int64(plain)
	m.TotalCompressedSize += int64(packed)
	m.EncodingStats = []format.PageEncodingStats{{PageType: format.DataPage, Encoding: format.ByteStreamSplit, Count: int32(len(f.counts))}}
}

// levelsOf returns the levels of a page of so many lists, in a buffer that the values are put behind: the first float of
// a list repeats nothing, 0, the others the list, 1, and all are there, 1.
func (f *floatColumn) levelsOf(rows int) ([]byte, error) {
	page := f.page[:0]
	if f.size == 0 {
		return page, nil
	}
	if f.levelRows != rows {
		list := bytes.Repeat([]byte{1}, f.size)
		there := bytes.Repeat(list, rows)
		list[0] = 0
		f.levelRows, f.levels = rows, nil
		for _, levels := range [][]byte{bytes.Repeat(list, rows), there} {
			coded, err := (&rle.Encoding{BitWidth: 1}).EncodeLevels(nil, levels)
			if err != nil {
				return nil, err
			}
			f.levels = binary.LittleEndian.AppendUint32(f.levels, uint32(len(coded)))
			f.levels = append(f.levels, coded...)
		}
		if f.pack != nil {
			var err error
			if f.head, err = f.pack.headBlocks(f.levels); err != nil {
				return nil, err
			}
		}
	}
	return append(page, f.levels...), nil
}

// chunk ends the chunk and returns it.
func (f *floatColumn) chunk() (*chunk, error) {
	if err := f.endPage(); err != nil {
		return nil, err
	}
	index := f.index.ColumnIndex()
	if f.size > 0 {
		f.meta.SizeStatistics = format.SizeStatistics{RepetitionLevelHistogram: []int64{0, 0}, DefinitionLevelHistogram: []int64{0, 0}}
		for _, n := range f.counts {
			lists := n / int64(f.size)
			index.RepetitionLevelHistogram = append(index.RepetitionLevelHistogram, lists, n-lists)
			index.DefinitionLevelHistogram = append(index.DefinitionLevelHistogram, 0, n)
			f.meta.SizeStatistics.RepetitionLevelHistogram[0] += lists
			f.meta.SizeStatistics.RepetitionLevelHistogram[1] += n - lists
			f.meta.SizeStatistics.DefinitionLevelHistogram[1] += n
		}
	}
	coded, err := thrift.Marshal(new(thrift.CompactProtocol), &index)
	if err != nil {
		return nil, fmt.Errorf("column index of %s: %w", f.path[0], err)
	}
	c := &chunk{meta: f.meta, index: coded, places: f.places, data: f.data, spent: freeBuffers}
	f.reset()
	return c, nil
}

// buffers are what packed pages lie in until their row group is written: a new one for each would take a tenth of the time.
var buffers sync.Pool

// takeBuffer returns an empty buffer for so many bytes packed.
func takeBuffer(n int) []byte {
	if b, ok := buffers.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:0]
	}
	return make([]byte, 0, n+n/64+64) // zstd adds little to what it cannot pack
}

// freeBuffers gives back the buffers of a chunk's pages.
func freeBuffers(data [][]byte) {
	for i := 1; i < len(data); i += 2 {
		buffers.Put(&data[i])
	}
}
