package vectors

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// checkBounded calls f and holds it to bounded memory and to errors that name a
// file of dir.
func checkBounded(t *testing.T, dir string, n int, f func() error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 512<<20 {
		t.Errorf("%d bytes allocated for %d bytes of data", got, n)
	}
	if err != nil && !strings.HasPrefix(err.Error(), dir) {
		t.Errorf("the error does not name the file: %q", err)
	}
}

// FuzzTable: any bytes in the place of another program's Parquet file give rows
// or an error that names it, with bounded memory.
func FuzzTable(f *testing.F) {
	name := filepath.Join(f.TempDir(), "x.parquet")
	writeTable(f, name, cells(0, 30), 20)
	data, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		write(t, name, data)
		for _, c := range []Config{
			{Input: name, IDColumn: "key", VectorColumn: "emb", LabelColumn: "class"},
			{Input: name, IDColumn: "key", VectorColumns: "^Cells_"},
		} {
			checkBounded(t, filepath.Dir(name), len(data), func() error {
				table, err := openTable(t.Context(), name, c)
				if err != nil {
					return err
				}
				defer table.close()
				for _, err := range table.rows(0, table.file.NumRowGroups()) {
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

// FuzzMatrix: the same for a NumPy matrix and the table of its ids.
func FuzzMatrix(f *testing.F) {
	dir := f.TempDir()
	c := Config{Input: filepath.Join(dir, "x.npy"), IDs: filepath.Join(dir, "ids.csv"), IDColumn: "id"}
	ids := []byte("id,Metadata_Well\na,A01\nb,\"A,2\"\n")
	f.Add(npyFile("<f4", "False", []int{2, 3}, bytes.Repeat([]byte{0, 0, 128, 63}, 6)), ids)
	f.Add(npyFile("<f8", "False", []int{2, 1}, make([]byte, 16)), ids)
	f.Fuzz(func(t *testing.T, data, ids []byte) {
		write(t, c.Input, data)
		write(t, c.IDs, ids)
		checkBounded(t, dir, len(data)+len(ids), func() error {
			m, err := openMatrix(t.Context(), c.Input)
			if err != nil {
				return err
			}
			n := m.count
			m.close()
			for _, err := range matrixRows(t.Context(), c, 0, min(n, 1<<16)) {
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// FuzzFeatures: the same for a CSV table, whose parts have the rows that the plan counted.
func FuzzFeatures(f *testing.F) {
	name := filepath.Join(f.TempDir(), "x.csv")
	c := Config{Input: name, IDColumn: "id", VectorColumns: "^x", LabelColumn: "label"}
	f.Add([]byte("\ufeffid,x1,label,x2,Metadata_Well\r\na,1,k,2.5e3,\"A,2\"\r\n\r\nb,NaN,,\"\",\"two\nlines\"\r\n"))
	f.Add([]byte("x,id,label\n1,\"a\"\"b\",\n,c,d\n"))
	f.Add([]byte("x,id,label\n\"1,5\",a,\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		write(t, name, data)
		checkBounded(t, filepath.Dir(name), len(data), func() error {
			s, err := Open(t.Context(), c)
			if err != nil {
				return err
			}
			n := int64(0)
			for _, part := range s.Parts() {
				for r, err := range part.Read(t.Context(), c) {
					if err != nil {
						t.Fatalf("the plan reads what the run does not: %v", err)
					}
					if r.Bad == "" && len(r.Vector) != s.Dimension {
						t.Fatalf("a vector of %d numbers, want %d", len(r.Vector), s.Dimension)
					}
					n++
				}
			}
			if n != s.Rows {
				t.Fatalf("%d rows, the plan counted %d", n, s.Rows)
			}
			return nil
		})
	})
}
