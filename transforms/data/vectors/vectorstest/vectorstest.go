// Package vectorstest writes tables of numbers as other programs do, for tests of the packages
// that read them. It is for tests alone.
//
// What lives here: a Parquet file of rows whose numbers follow from their keys, and the bytes
// of a NumPy matrix. What never enters: Beam, Gorgonia, printing; anything that is not a
// test's.
package vectorstest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Cell is a row of a table as another program writes it.
type Cell struct {
	Key   int64     `parquet:"key"`
	Emb   []float64 `parquet:"emb,list"`
	Well  string    `parquet:"Metadata_Well,dict"`
	Plate *int32    `parquet:"Metadata_Plate,optional"`
	Class *string   `parquet:"class,optional,dict"`
	F1    float32   `parquet:"Cells_Area"`
	F2    *float64  `parquet:"Cells_Texture,optional"`
	F3    int64     `parquet:"Cells_Count"`
}

// WriteTable writes a Parquet file with row groups of so many rows.
func WriteTable(t testing.TB, name string, rows []Cell, groupRows int) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[Cell](&b, parquet.MaxRowsPerRowGroup(int64(groupRows)), parquet.PageBufferSize(1<<10))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	Write(t, name, b.Bytes())
}

// Write writes a file, and the folders that it is in.
func Write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// Cells returns n sound rows with keys from first on.
func Cells(first, n int) []Cell {
	out := make([]Cell, n)
	for i := range out {
		k := first + i
		class, plate, f2 := fmt.Sprint("c", k%3), int32(k%5), float64(k)/3
		out[i] = Cell{Key: int64(k), Emb: []float64{float64(k) / 7, -1e-3 * float64(k), 1e30}, Well: fmt.Sprintf("A%02d", k%12),
			Class: &class, Plate: &plate, F1: float32(k) * 1.5, F2: &f2, F3: int64(k) << 40}
	}
	return out
}

// NPY returns a .npy file with the given header fields and numbers.
func NPY(descr, order string, shape []int, data []byte) []byte {
	head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d), }", descr, order, shape[0], shape[1])
	head += strings.Repeat(" ", 63-(10+len(head))%64) + "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), byte(len(head)>>8))
	return append(append(b, head...), data...)
}
