package parquetguard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
)

type row struct {
	Name   string    `parquet:"name,dict"`
	Vector []float32 `parquet:"vector,list"`
}

// file returns a Parquet file of two row groups with several pages each.
func file(t *testing.T, codec compress.Codec) []byte {
	t.Helper()
	var rows []row
	for i := range 2000 {
		rows = append(rows, row{fmt.Sprint("name ", i%300), []float32{float32(i), float32(i) / 3}})
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(codec), parquet.MaxRowsPerRowGroup(1200), parquet.PageBufferSize(1000))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// values reads every column of a file.
func values(data []byte) (n int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	f, err := OpenBuffered(bytes.NewReader(data), int64(len(data)), 100)
	if err != nil {
		return 0, err
	}
	for group := range f.NumRowGroups() {
		for column := range f.Schema().Columns() {
			pages := f.Pages(group, column)
			for {
				page, err := pages.ReadPage()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return n, err
				}
				n += page.NumValues()
				parquet.Release(page)
			}
			if err := pages.Close(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func TestSoundFilesAreRead(t *testing.T) {
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Zstd, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Lz4Raw} {
		data := file(t, codec)
		if n, err := values(data); n != 3*2000 || err != nil {
			t.Errorf("%s: %d values, %v", codec, n, err)
		}
	}
}

// TestFlippedBitsTakeNoMemory flips bits all over files in turn. Without the
// guard some of them make the library take hundreds of megabytes, or, with LZ4,
// all there are.
func TestFlippedBitsTakeNoMemory(t *testing.T) {
	const step = 67 // all bits take minutes
	var before, after runtime.MemStats
	for _, codec := range []compress.Codec{&parquet.Zstd, &parquet.Snappy, &parquet.Lz4Raw} {
		data := file(t, codec)
		for bit := 0; bit < 8*len(data); bit += step {
			data[bit/8] ^= 1 << (bit % 8)
			runtime.ReadMemStats(&before)
			_, err := values(data)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > 32<<20 {
				t.Errorf("%s: bit %d of byte %d: %d MiB allocated for %d bytes; %v", codec, bit%8, bit/8, got>>20, len(data), err)
			}
			if err != nil && internals.MatchString(err.Error()) {
				t.Errorf("%s: bit %d of byte %d: %v", codec, bit%8, bit/8, err)
			}
			data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// internals are words of the library and of Go that no message has.
var internals = regexp.MustCompile(`thrift|FIELD|LIST<|runtime error|goroutine|slice bounds|interface conversion`)
