package listing

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store"
)

// TestDamagedInventory: a packed inventory that is cut anywhere, changed in any byte or
// followed by other bytes is refused, or lists what was packed.
func TestDamagedInventory(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("path,size,generation\ngs://b/in/a.tif,7,11\ngs://b/in/b.tif,8,12\ngs://b/in/c.tif,9,13\n"))
	z.Close()
	data := b.Bytes()
	list := filepath.Join(t.TempDir(), "l.csv.gz")
	read := func(file []byte) ([]string, error) {
		if err := store.WriteFile(t.Context(), list, file); err != nil {
			t.Fatal(err)
		}
		r, err := List(t.Context(), Config{InputList: list})
		if err != nil {
			return nil, err
		}
		return describeEntries(r), nil
	}
	want, err := read(data)
	if err != nil || len(want) != 3 {
		t.Fatal(want, err)
	}
	check := func(what string, bad []byte) {
		got, err := read(bad)
		switch {
		case err == nil && (len(bad) != len(data) || cmp.Diff(want, got) != ""):
			t.Errorf("%s: read as %v", what, got)
		case err != nil && (!strings.Contains(err.Error(), list) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %q is not one line that names the file", what, err)
		}
	}
	for n := range data {
		check(fmt.Sprintf("cut to %d of %d bytes", n, len(data)), data[:n])
	}
	for _, more := range []string{"\x00", "more", "more than a header of gzip has", string(data[:len(data)-1])} {
		check(fmt.Sprintf("%q behind its end", more), append(bytes.Clone(data), more...))
	}
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1 << (i % 8)
		check(fmt.Sprintf("bit %d of byte %d", i%8, i), bad)
	}
}
