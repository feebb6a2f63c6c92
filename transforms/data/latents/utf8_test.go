package latents

import (
	"bytes"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// TestOnlyUTF8IsWritten: no way into a file for what other programs do not open.
func TestOnlyUTF8IsWritten(t *testing.T) {
	s := spec(2, "list")
	w, err := NewWriter(&bytes.Buffer{}, s)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(row *schemas.Latent){
		"the id":                             func(row *schemas.Latent) { row.ImageID = "Z\xfcrich" },
		"its label is not UTF-8":             func(row *schemas.Latent) { row.Label = "Z\xfcrich" },
		"column Metadata_run is not UTF-8":   func(row *schemas.Latent) { row.Metadata = []string{"", "Z\xfcrich"} },
		"has 5000 bytes, more than the 4096": func(row *schemas.Latent) { row.ImageID = strings.Repeat("a", 5000) },
		"has a text of 70000 bytes":          func(row *schemas.Latent) { row.Label = strings.Repeat("a", 70000) },
	} {
		row := makeRows(1, 2)[0]
		change(&row)
		if err := w.Write(&row); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%.300v, want %q", err, want)
		}
	}
}

// TestOnlyUTF8IsRead: files of earlier versions that hold something else are found.
func TestOnlyUTF8IsRead(t *testing.T) {
	s := spec(2, "list")
	for column, name := range []string{"image_id", "", "", "", "", "", "", "", "", "", "", "", "", "label", "Metadata_ROI"} {
		if name == "" {
			continue
		}
		var b bytes.Buffer
		w, err := NewWriter(&b, s)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&makeRows(1, 2)[0]); err != nil {
			t.Fatal(err)
		}
		v := &w.values[column][0]
		*v = parquet.ValueOf("Z\xfcrich").Level(v.RepetitionLevel(), v.DefinitionLevel(), v.Column())
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()), "x.parquet")
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range f.Batches(All) {
		}
		if want := `column ` + name + `: "Z\xfcrich" is not UTF-8`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
