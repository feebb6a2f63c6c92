package tfrecord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Files that TensorFlow and others wrote hold what their manifest says.
func TestReadFilesOfTensorFlow(t *testing.T) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA not set: it names the folder with tfrecord/manifest.json")
	}
	dir := filepath.Join(root, "tfrecord")
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest []struct {
		File        string
		Compression string
		Records     int
		FirstLen    int `json:"first_len"`
		Features    map[string]string
	}
	if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest) == 0 {
		t.Fatal("the manifest names no file")
	}
	for _, m := range manifest {
		t.Run(m.File, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join(dir, m.File))
			if err != nil {
				t.Fatal(err)
			}
			if got := IsGzip(content[:headerLen]); got != (m.Compression == "gzip") {
				t.Errorf("gzip: %v, the manifest says %s", got, m.Compression)
			}
			records, err := readAll(t, bytes.NewReader(content), ReaderOptions{File: m.File})
			if err != nil {
				t.Fatal(err)
			}
			if len(records) != m.Records || len(records[0]) != m.FirstLen {
				t.Fatalf("%d records, the first of %d bytes; want %d and %d", len(records), len(records[0]), m.Records, m.FirstLen)
			}
			first := kinds(t, records[0])
			if d := cmp.Diff(m.Features, first); d != "" {
				t.Errorf("features of the first record: (-manifest +read)\n%s", d)
			}
			for _, r := range records {
				checkAgainstProto(t, r)
			}
			if plain, _ := file(t, WriterOptions{}, records...); m.Compression == "none" && !bytes.Equal(plain, content) {
				t.Error("the records written again are not the file")
			}
		})
	}
}

// kinds returns the kind of every feature of a record.
func kinds(t *testing.T, record []byte) map[string]string {
	e, err := ParseExample(record)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for v := range e.All() {
		m[v.Name()] = fmt.Sprint(v.Kind())
	}
	return m
}
