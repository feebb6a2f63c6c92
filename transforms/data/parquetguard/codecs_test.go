package parquetguard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// wide is a row of every form of column that the project reads.
type wide struct {
	Name     string     `parquet:"name"`
	Group    *string    `parquet:"group,dict,optional"`
	Count    int64      `parquet:"count,delta"`
	Few      uint32     `parquet:"few,dict"`
	Plain    float32    `parquet:"plain"`
	Maybe    *float64   `parquet:"maybe,optional"`
	Vector   []float32  `parquet:"vector,list"`
	Nullable []*float32 `parquet:"nullable,list"`
}

// sample returns rows that pack well, or not at all.
func sample(n int, packs bool, seed uint64) []wide {
	r := rand.New(rand.NewPCG(seed, 1))
	number := func() float32 { return float32(r.NormFloat64()) }
	if packs {
		number = func() float32 { return float32(r.IntN(2)) }
	}
	var rows []wide
	for i := range n {
		w := wide{Name: fmt.Sprintf("%d/%08x", seed, r.Uint32()), Count: int64(i), Few: uint32(r.IntN(7)) - 3, Plain: number()}
		if r.IntN(3) > 0 {
			group, maybe := fmt.Sprint("group ", r.IntN(9)), float64(number())
			w.Group, w.Maybe = &group, &maybe
		}
		for range 8 {
			v := number()
			w.Vector = append(w.Vector, v)
			if w.Nullable = append(w.Nullable, &v); r.IntN(5) == 0 {
				w.Nullable[len(w.Nullable)-1] = nil
			}
		}
		rows = append(rows, w)
	}
	return rows
}

// write writes rows in row groups of 1,000.
func write[T any](t *testing.T, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, append(options, parquet.MaxRowsPerRowGroup(1000))...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads all rows.
func read[T any](data []byte) (rows []T, err error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	for i := range f.NumRowGroups() {
		in := parquet.NewGenericRowGroupReader[T](f.RowGroup(i))
		some := make([]T, f.RowGroup(i).NumRows())
		n, err := in.Read(some)
		if err != nil && err != io.EOF {
			return rows, err
		}
		rows = append(rows, some[:n]...)
	}
	return rows, nil
}

var codecs = []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw}

// TestEveryCodec: what was written is what is read, of pages of all sizes that pack
// or do not, one file after the other, so that the buffers of one are those of the
// next. The library alone returns the bytes of earlier pages for LZ4.
func TestEveryCodec(t *testing.T) {
	for _, codec := range codecs {
		for version := 1; version <= 2; version++ {
			for _, size := range []int{1 << 10, 100 << 10, 8 << 20} {
				for _, packs := range []bool{true, false} {
					want := sample(1200, packs, uint64(size))
					data := write(t, want, parquet.Compression(codec), parquet.PageBufferSize(size), parquet.DataPageVersion(version))
					got, err := read[wide](data)
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("%s, pages of %d in version %d, packs %v: %d rows, equal %v, %v", codec, size, version, packs, len(got), reflect.DeepEqual(got, want), err)
					}
				}
			}
		}
	}
}

type one struct {
	V float32 `parquet:"v"`
}

// TestCodecOfEachRowGroup: a file put together of others has a codec a row group.
func TestCodecOfEachRowGroup(t *testing.T) {
	var want []one
	for i := range 3000 {
		want = append(want, one{float32(i)})
	}
	packed, other := write(t, want, parquet.Compression(&parquet.Zstd)), write(t, want, parquet.Compression(&parquet.Snappy))
	a, err := parquet.OpenFile(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := parquet.OpenFile(bytes.NewReader(other), int64(len(other)))
	if err != nil {
		t.Fatal(err)
	}
	m, shift := *a.Metadata(), int64(len(packed))
	m.RowGroups = append(m.RowGroups[:len(m.RowGroups):len(m.RowGroups)], b.Metadata().RowGroups...)
	for i := range b.Metadata().RowGroups {
		rg := &m.RowGroups[len(a.Metadata().RowGroups)+i]
		rg.Ordinal += int16(len(a.Metadata().RowGroups))
		rg.Columns[0].MetaData.DataPageOffset += shift
	}
	m.NumRows *= 2
	got, err := read[one](append(append(packed, other...), footer(t, &m)...))
	if want = append(want, want...); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%d of %d rows, %v", len(got), len(want), err)
	}
}

// TestStatisticsAreCompared: a file that says of its values what is not so fails.
func TestStatisticsAreCompared(t *testing.T) {
	f32 := func(v float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)) }
	for name, c := range map[string]struct {
		column int
		change func(s *format.Statistics)
		want   string
	}{
		"sound":              {4, func(s *format.Statistics) {}, ""},
		"a zero":             {4, func(s *format.Statistics) { s.MinValue = f32(float32(math.Copysign(0, -1))) }, ""},
		"NaN":                {4, func(s *format.Statistics) { s.MinValue, s.MaxValue = f32(float32(math.NaN())), nil }, ""},
		"none":               {4, func(s *format.Statistics) { s.MinValue, s.MaxValue = nil, nil }, ""},
		"old fields":         {4, func(s *format.Statistics) { s.MinValue, s.MaxValue, s.Max = nil, nil, f32(5) }, "its values go from 0 to 1, the file says from any to 5"},
		"old fields of text": {0, func(s *format.Statistics) { s.MinValue, s.MaxValue, s.Max = nil, nil, []byte("0") }, ""},
		"a larger value":     {4, func(s *format.Statistics) { s.MaxValue = f32(2) }, "its values go from 0 to 1, the file says from 0 to 2"},
		"a smaller value":    {4, func(s *format.Statistics) { s.MaxValue = f32(0.5) }, "its values go from 0 to 1, the file says from 0 to 0.5"},
		"a shorter text":     {0, func(s *format.Statistics) { s.MinValue, s.MaxValue = []byte("7"), []byte("8") }, ""},
		"another text":       {0, func(s *format.Statistics) { s.MinValue = []byte("7/ffffffff0") }, "the file says from \"7/ffffffff0\" to"},
		"a dictionary":       {1, func(s *format.Statistics) { s.MaxValue = []byte("group 1") }, "its values go from \"group 0\" to \"group 8\""},
		"unsigned":           {3, func(s *format.Statistics) { s.MaxValue = []byte{3, 0, 0, 0} }, "its values go from 0 to 4294967295"},
		"nulls":              {5, func(s *format.Statistics) { s.NullCount++ }, "nulls, the file says"},
		"nulls of a list":    {6, func(s *format.Statistics) { s.NullCount++ }, "nulls, the file says"},
	} {
		data := write(t, sample(900, true, 7), parquet.Compression(&parquet.Lz4Raw))
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		c.change(&f.Metadata().RowGroups[0].Columns[c.column].MetaData.Statistics)
		_, err = values(append(data, footer(t, f.Metadata())...))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// footer returns the end of a file.
func footer(t *testing.T, m *format.FileMetaData) []byte {
	t.Helper()
	b, err := marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(b))), "PAR1"...)
}

// TestOtherCodecsAreRefused by name.
func TestOtherCodecsAreRefused(t *testing.T) {
	data := write(t, []one{{1}, {2}}, parquet.Compression(&parquet.Snappy))
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for codec, want := range map[format.CompressionCodec]string{format.Lz4: "Hadoop's framing", format.LZO: "packed with LZO", 9: "codec 9"} {
		f.Metadata().RowGroups[0].Columns[0].MetaData.Codec = codec
		if _, err := values(append(bytes.Clone(data), footer(t, f.Metadata())...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("codec %d: %v, want %q", codec, err, want)
		}
	}
}

// TestLZ4Blocks: damage is an error, and what is returned has the size asked for.
func TestLZ4Blocks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		want := make([]byte, n)
		for i := range want {
			want[i] = byte(r.IntN(1 + n%5))
		}
		packed, err := parquet.Lz4Raw.Encode(nil, want)
		if err != nil || len(packed) == 0 {
			continue // of nothing
		}
		for _, size := range []int{n - 1, n, n + 1} {
			got := make([]byte, max(size, 0))
			err := unpackLZ4(got, packed)
			if (err == nil) != (size == n) && size >= 0 || err == nil && !bytes.Equal(got, want) {
				t.Fatalf("%d bytes into %d: %v", n, size, err)
			}
		}
		for cut := range packed {
			if err := unpackLZ4(make([]byte, n), packed[:cut]); err == nil && n > 0 {
				t.Fatalf("%d of %d bytes unpacked to %d", cut, len(packed), n)
			}
		}
		for range 50 {
			packed[r.IntN(len(packed))] ^= 1 << r.IntN(8)
			unpackLZ4(make([]byte, n), packed) // does not panic
		}
	}
}

func marshal(m *format.FileMetaData) ([]byte, error) {
	return thrift.Marshal(&thrift.CompactProtocol{}, m)
}
