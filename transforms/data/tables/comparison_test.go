package tables

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"exemplar/schemas"
)

// TestImageErrors: the rows of errors.parquet come back, those without a label too, and a table
// of another kind or version is refused.
func TestImageErrors(t *testing.T) {
	m := &schemas.CompareManifest{Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion}
	label := "細胞"
	want := []schemas.ImageErrors{{ImageID: "a", Label: &label, Model: "m", MSE: 0.1, MAE: 0.2, MSE8: 0.3, MAE8: 0.4}, {ImageID: "b,\"", Model: "n"}}
	read := func(data []byte) (got []schemas.ImageErrors, err error) {
		err = ImageErrors(bytes.NewReader(data), int64(len(data)), m, func(e schemas.ImageErrors) error {
			got = append(got, e)
			return nil
		})
		return got, err
	}
	data := table(t, want)
	if got, err := read(data); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	stop := errors.New("enough")
	if err := ImageErrors(bytes.NewReader(data), int64(len(data)), m, func(schemas.ImageErrors) error { return stop }); err != stop {
		t.Errorf("the error of who takes the rows is %v", err)
	}
	if _, err := read(table(t, []schemas.Tail{{Rank: 1}})); err == nil {
		t.Error("another table is read")
	}
	for cut := range len(data) {
		if _, err := read(data[:cut]); err == nil {
			t.Fatalf("the first %d bytes are read", cut)
		}
	}
	m.CodeVersion = "other"
	if _, err := read(data); err == nil {
		t.Error("a table of another version is read")
	}
}
