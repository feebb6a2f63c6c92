package tables

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestOnlyUTF8: tables of earlier versions that other programs do not open are found.
func TestOnlyUTF8(t *testing.T) {
	m := &schemas.SelectionManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Metadata: []string{"Metadata_run"}}
	_, err := Picks(table(t, []pick{{Rank: 1, ImageID: "a.tif"}, {Rank: 2, ImageID: "b.tif", Run: "Z\xfcrich"}}), m)
	if want := `row 1: "Z\xfcrich" is not UTF-8`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
