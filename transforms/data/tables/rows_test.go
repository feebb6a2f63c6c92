package tables

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// TestManyRows: of more rows than are read at a time none changes when the next are read.
func TestManyRows(t *testing.T) {
	m := &schemas.SelectionManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Metadata: []string{"Metadata_run"}}
	var rows []pick
	var ids []string
	var want []schemas.Center
	for i := range 200 {
		ids = append(ids, fmt.Sprintf("%d.tif", i))
		rows = append(rows, pick{ImageID: ids[i]})
		want = append(want, schemas.Center{Scope: "label", GroupID: fmt.Sprint(i), Center: "mean", Embedding: []float64{float64(i), 0.5}})
	}
	picks, err := Picks(table(t, rows), m)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range picks {
		got = append(got, p.ImageID)
	}
	if d := cmp.Diff(ids, got); d != "" {
		t.Errorf("picks (-want +got):\n%s", d)
	}
	centers, err := Centers(table(t, want), m, 2)
	if d := cmp.Diff(want, centers); d != "" || err != nil {
		t.Errorf("%v, centers (-want +got):\n%s", err, d)
	}
}
