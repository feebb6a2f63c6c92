package selecting

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
)

// writeCSV renders picks as CSV, with a column of the names of their files in front where
// these are not nil.
func writeCSV(picks []schemas.Pick, metadata, files []string) ([]byte, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(tables.Lines(picks, metadata, files))
	return b.Bytes(), err
}

// writeParquet renders picks as Parquet, the columns in the order of the CSV.
func writeParquet(picks []schemas.Pick, metadata []string) ([]byte, error) {
	schema := parquet.NewSchema("selection", parquet.SchemaOf(reflect.New(rowType(metadata, schemas.Ranged(picks))).Interface()))
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, schema, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	for _, p := range picks {
		var row parquet.Row
		for i, v := range tables.Values(p) {
			value, level := parquet.ValueOf(v), 0
			if optional[i] && v != nil {
				level = 1
			}
			row = append(row, value.Level(0, level, i))
		}
		if _, err := w.WriteRows([]parquet.Row{row}); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// optional tells by position the columns that may be null.
var optional = map[int]bool{
	slices.Index(schemas.PickColumns, schemas.ColLabel):    true,
	slices.Index(schemas.PickColumns, schemas.ColRankLow):  true,
	slices.Index(schemas.PickColumns, schemas.ColRankHigh): true,
}

// rowType returns a struct type with the columns of a selection, in order:
// Parquet schemas of structs keep their order, others are sorted by name.
func rowType(metadata []string, ranged bool) reflect.Type {
	p := schemas.Pick{HasLabel: true, RankLow: 1, Metadata: make([]string, len(metadata))}
	if ranged {
		p.Position = schemas.PositionTypical
	}
	v := tables.Values(p)
	fields := make([]reflect.StructField, len(v))
	for i, name := range tables.Columns([]schemas.Pick{p}, metadata) {
		if optional[i] {
			name += ",optional"
		}
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: reflect.TypeOf(v[i]),
			Tag: reflect.StructTag(`parquet:"` + name + `"`)}
	}
	return reflect.StructOf(fields)
}

// writeCenters renders the centers as Parquet.
func writeCenters(centers []schemas.Center) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[schemas.Center](&b, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	if _, err := w.Write(centers); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
