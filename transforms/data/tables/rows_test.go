package tables

import (
	"bytes"
	"fmt"
	"io"
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
	var assignments []schemas.Assignment
	for i := range 3000 {
		assignments = append(assignments, schemas.Assignment{ImageID: fmt.Sprintf("%d.tif", i), Scope: "label", GroupID: fmt.Sprint(i % 7), Center: "mean",
			Metric: "cosine", Distance: float64(i) / 3, Percentile: float64(i) / 30, NearestPick: ids[i%200], NearestDistance: float64(i) / 7})
	}
	data := table(t, assignments)
	file, err := OpenAssignments(bytes.NewReader(data), int64(len(data)), m)
	if err != nil {
		t.Fatal(err)
	}
	var all []schemas.Assignment
	for {
		row, err := file.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if d := cmp.Diff(assignments, all); d != "" {
		t.Errorf("assignments (-want +got):\n%s", d)
	}
	centers, err := Centers(table(t, want), m, 2)
	if d := cmp.Diff(want, centers); d != "" || err != nil {
		t.Errorf("%v, centers (-want +got):\n%s", err, d)
	}
}
