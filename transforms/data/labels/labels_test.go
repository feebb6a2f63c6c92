package labels

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "labels.csv")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestRead: the columns are found by their names, and what is not there has no label.
func TestRead(t *testing.T) {
	for _, text := range []string{
		"label,image_id\nx,a\n,b\n\"y, z\",c\n",
		"image_id,note,label\na,1,x\nb,2,\nc,3,\"y, z\"\n",
		"filename,class\r\na,x\r\nb,\r\nc,\"y, z\"\r\n",
		"\ufefffile_name,label\na,x\nb,\nc,\"y, z\"\n",
	} {
		table, err := Read(t.Context(), write(t, text))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for id, want := range map[string]string{"a": "x", "b": "", "c": "y, z", "d": ""} {
			if label, ok := table.Of(id); label != want || ok != (want != "") || table.Names(id) != (id != "d") {
				t.Errorf("%q: %s is %q, %v, named: %v", text, id, label, ok, table.Names(id))
			}
		}
		if n := table.Empty(map[string]bool{"a": true, "b": true, "d": true}); n != 1 {
			t.Errorf("%q: %d empty labels, want that of b", text, n)
		}
		if n, first := table.Strays(map[string]bool{"c": true, "d": true}); n != 2 || first != "a" || table.Len() != 3 {
			t.Errorf("%q: %d strays, the first %s, of %d", text, n, first, table.Len())
		}
	}
}

// TestReadRefuses names what is wrong in one line.
func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "no header line",
		"id,label\na,x\n":                  "none of its columns is named image_id or file_name or filename",
		"image_id;label\na;x\n":            "none of its columns is named",
		"image_id,one,two\na,x,y\n":        "none of its columns is named label: they are image_id, one, two",
		"image_id,label,label\na,x,y\n":    "more than one column is named label",
		"image_id,image_id,label\na,a,y\n": "more than one column is named image_id",
		"image_id,label\n":                 "has a header and no rows",
		"image_id,class\n":                 "has a header and no rows",
		"image_id,label\na,x\nb,y\na,x\n":  `line 4 names image "a" a second time`,
		"image_id,label\na,x\nb\n":         "wrong number of fields",
		"image_id,label\na," + strings.Repeat("x", 2<<20) + "\n": "",
		"image_id,label\na,M\xfcller\n":                          "UTF-8",
	} {
		name := write(t, text)
		if _, err := Read(t.Context(), name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestOpen: a table is read once, and another content is noticed.
func TestOpen(t *testing.T) {
	name := write(t, "image_id,label\na,x\n")
	first, err := Read(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	f := File{name, first.SHA256}
	one, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("image_id,label\na,y\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if two, err := f.Open(t.Context()); err != nil || two != one {
		t.Errorf("it is read again: %v", err)
	}
	if _, err := (File{name, "another"}).Open(t.Context()); err == nil || !strings.Contains(err.Error(), "changed while it was used") {
		t.Errorf("another content: %v", err)
	}
}
