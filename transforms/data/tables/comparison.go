package tables

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/data/parquetguard"
)

// errorsColumns are those of errors.parquet, in order.
var errorsColumns = []string{schemas.ColImageID, schemas.ColLabel, "model", "mse", "mae", "mse_8bit", "mae_8bit"}

// ImageErrors reads errors.parquet of a comparison and takes its rows, in their order.
func ImageErrors(in io.ReaderAt, size int64, m *schemas.CompareManifest, take func(schemas.ImageErrors) error) (err error) {
	defer caught.Damaged(&err, damaged)
	f, err := parquetguard.Open(in, size)
	if err != nil {
		return damaged(err.Error())
	}
	if err := checkMade(f, m.Format, m.CodeVersion, schemas.CompareFile); err != nil {
		return err
	}
	var columns []string
	for _, path := range f.Schema().Columns() {
		columns = append(columns, strings.Join(path, "."))
	}
	if !slices.Equal(columns, errorsColumns) {
		return fmt.Errorf("its columns are %q, want %q", columns, errorsColumns)
	}
	for i := range f.NumRowGroups() {
		rows := f.RowGroup(i).Rows()
		err := eachRow(rows.ReadRows, func(row parquet.Row) error {
			e, err := imageErrors(row)
			if err != nil {
				return err
			}
			return take(e)
		})
		rows.Close() // only read
		if err != nil {
			return err
		}
	}
	return nil
}

// imageErrors is a row as a value.
func imageErrors(row parquet.Row) (e schemas.ImageErrors, err error) {
	if len(row) != len(errorsColumns) {
		return e, fmt.Errorf("a row has %d values, want %d", len(row), len(errorsColumns))
	}
	for i, want := range []parquet.Kind{parquet.ByteArray, parquet.ByteArray, parquet.ByteArray, parquet.Float, parquet.Float, parquet.Float, parquet.Float} {
		switch {
		case i == 1 && row[i].IsNull():
			continue
		case row[i].Kind() != want:
			return e, fmt.Errorf("the column %s holds %v", errorsColumns[i], row[i].Kind())
		case want == parquet.ByteArray && !utf8.Valid(row[i].ByteArray()):
			return e, fmt.Errorf("%.40q is not UTF-8", row[i].ByteArray())
		}
	}
	e = schemas.ImageErrors{ImageID: row[0].Clone().String(), Model: row[2].Clone().String(), MSE: row[3].Float(), MAE: row[4].Float(), MSE8: row[5].Float(), MAE8: row[6].Float()}
	if !row[1].IsNull() {
		label := row[1].Clone().String()
		e.Label = &label
	}
	return e, nil
}
