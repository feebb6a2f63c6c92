package keyed

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestIDs: a list, a column of a table, and what is read line by line since it is neither.
func TestIDs(t *testing.T) {
	for text, want := range map[string][]string{
		"b.png\na.png\r\n\nb.png":                 {"a.png", "b.png"},
		"x,y.png\na;b.png\n":                      {"a;b.png", "x,y.png"},
		"site,image_id\n1,b.png\n2,\"a,1.png\"\n": {"a,1.png", "b.png"},
		"\ufeffimage_id\na.png\n":                 {"a.png"},
		"file_name,x\na.png,1\n":                  {"a.png,1", "file_name,x"},
	} {
		name := filepath.Join(t.TempDir(), "ids")
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := IDs(t.Context(), "Config.IDs", name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestMisread: unknown ids tell that a list is a table with another separator or without the
// column, and ids without a separator tell nothing.
func TestMisread(t *testing.T) {
	for unknown, want := range map[string]string{
		"a.png;1\nimage_id;x":         `; "image_id;x" seems to be the header of a table: the separator seems to be ";": save the table with commas`,
		"a.png\t1\nx\timage_id":       `; "x\timage_id" seems to be the header of a table: the separator seems to be a tab: save the table with commas`,
		"\"image_id\"|\"x\"":          `; "\"image_id\"|\"x\"" seems to be the header of a table: the separator seems to be "|": save the table with commas`,
		"a.png,1\nfile_name,x":        `; "file_name,x" seems to be the header of a table, which has no column image_id: rename the column of the image ids`,
		"Image_ID,x\na.png,1":         `; "Image_ID,x" seems to be the header of a table, which has no column image_id: rename the column of the image ids`,
		"1,\"a.png\"\nx,\"Image ID\"": `; "x,\"Image ID\"" seems to be the header of a table, which has no column image_id: rename the column of the image ids`,
		"Image_ID\na.png":             `; "Image_ID" seems to be the header of a table, which has no column image_id: rename the column of the image ids`,
		"a.png;1\nname;x":             "; a list that is a table must have commas between its columns, and a column image_id",
		"a,1.png":                     "; a list that is a table must have commas between its columns, and a column image_id",
		"a.png\nb.png":                "",
		"image_ids/a.png":             "",
	} {
		if got := Misread(strings.Split(unknown, "\n")); got != want {
			t.Errorf("%q: %q, want %q", unknown, got, want)
		}
	}
}
