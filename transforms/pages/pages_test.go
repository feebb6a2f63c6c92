package pages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	Name   string    `parquet:"name,dict"`
	Vector []float32 `parquet:"vector,list"`
}

// file returns a Parquet file of two row groups with several pages each.
func file(t *testing.T) []byte {
	t.Helper()
	var rows []row
	for i := range 2000 {
		rows = append(rows, row{fmt.Sprint("name ", i%300), []float32{float32(i), float32(i) / 3}})
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(1200), parquet.PageBufferSize(1000))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// values reads every column of a file through the guard.
func values(data []byte) (n int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	f, err := Open(bytes.NewReader(data), int64(len(data)), parquet.ReadBufferSize(100))
	if err != nil {
		return 0, err
	}
	for group := range f.RowGroups() {
		for column := range f.RowGroups()[group].ColumnChunks() {
			pages := Of(f, group, column)
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
	data := file(t)
	if n, err := values(data); n != 3*2000 || err != nil {
		t.Errorf("%d values, %v", n, err)
	}
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(f); err != nil {
		t.Error(err)
	}
}

// TestFlippedBitsTakeNoMemory flips bits all over a file in turn. Without the
// guard one of them makes the library take 512 MiB or more.
func TestFlippedBitsTakeNoMemory(t *testing.T) {
	data := file(t)
	const step = 29 // all bits take a minute
	var before, after runtime.MemStats
	for bit := 0; bit < 8*len(data); bit += step {
		data[bit/8] ^= 1 << (bit % 8)
		runtime.ReadMemStats(&before)
		_, err := values(data)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 32<<20 {
			t.Errorf("bit %d of byte %d: %d MiB allocated for %d bytes; %v", bit%8, bit/8, got>>20, len(data), err)
		}
		data[bit/8] ^= 1 << (bit % 8)
	}
}
