package ingesting

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestHeadersAreNotBelieved: what a file claims is compared with what it holds
// before memory is taken for it.
func TestHeadersAreNotBelieved(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	numbers := make([]byte, 2*3*4)
	long := npyFile("<f4", "False", []int{2, 3}, numbers)
	long[6] = 2 // the length has four bytes
	binary.LittleEndian.PutUint32(long[8:], 0xFFFFFFFF)
	write(t, path("long.npy"), long)
	write(t, path("sound.npy"), npyFile("<f4", "False", []int{2, 3}, numbers))
	write(t, path("overflow.npy"), npyFile("<f4", "False", []int{1<<62 + 50, 4}, make([]byte, 50*4*4)))
	write(t, path("wide.npy"), npyFile("<f4", "False", []int{1, 300_000}, make([]byte, 4*300_000)))
	odd := npyFile("<f4", "False", []int{2, 3}, numbers)
	write(t, path("odd.npy"), bytes.Replace(odd, []byte("'shape'"), []byte("'shape "), 1))
	write(t, path("ids.csv"), []byte("image_id\na\nb\n"))
	write(t, path("endless.csv"), bytes.Repeat([]byte("image_id,"), 1<<20))
	var columns strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&columns, "c%d,", i)
	}
	write(t, path("columns.csv"), []byte(strings.TrimSuffix(columns.String(), ",")+"\n"))
	write(t, path("nulls.parquet"), nulls(t, 300_000))
	for _, c := range []struct {
		input, ids, want string
	}{
		{"long.npy", "ids.csv", "its header would have 4294967295 bytes, at most 65536"},
		{"overflow.npy", "ids.csv", "has 800 bytes behind its header, which promises 4611686018427387954 x 4"},
		{"wide.npy", "ids.csv", "rows have 300000 numbers, at most 262144"},
		{"odd.npy", "ids.csv", "its header is damaged"},
		{"sound.npy", "endless.csv", "the row that begins in line 1 has more than 4194304 bytes"},
		{"sound.npy", "columns.csv", "c11 and 199988 more with Config.IDColumn"},
		{"nulls.parquet", "", "rows are no vectors, the most that are listed"},
	} {
		config := Config{Input: path(c.input), Output: filepath.Join(t.TempDir(), "out")}
		if c.ids != "" {
			config.IDs = path(c.ids)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Run(t.Context(), config, runner)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) && !strings.Contains(err.Error(), c.input) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
			t.Errorf("%s:\n%.500v\nwant one line with %q", c.input, err, c.want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 200<<20 {
			t.Errorf("%s: %d MiB allocated", c.input, n>>20)
		}
	}
}

// nulls returns a small table of one sound row and n without an id.
func nulls(t *testing.T, n int) []byte {
	t.Helper()
	type row struct {
		ID  *string   `parquet:"image_id,optional"`
		Emb []float32 `parquet:"embedding,list"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.Compression(&parquet.Zstd))
	id := "first"
	rows := []row{{&id, []float32{1, 2}}}
	for range n {
		rows = append(rows, row{nil, []float32{1, 2}})
	}
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 {
		t.Fatal(fmt.Errorf("the table has %d bytes", b.Len()))
	}
	return b.Bytes()
}
