package selecting

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// values returns the columns of a pick in the order of schemas.PickColumns; what
// is missing is nil.
func values(p schemas.Pick) []any {
	var label, low, high any
	if p.HasLabel {
		label = p.Label
	}
	if p.RankLow > 0 {
		low, high = p.RankLow, p.RankHigh
	}
	v := []any{p.Rank, p.ImageID, p.Scope, p.GroupID, p.GroupSize, p.Center, p.Metric, p.Distance,
		p.Percentile, p.Margin, p.NextID, low, high, p.Shard, p.Record, p.Offset, p.SHA256, label}
	for _, m := range p.Metadata {
		v = append(v, m)
	}
	return v
}

// writeCSV renders picks as CSV, with further columns in front. Floats are the
// shortest decimals that read back as the same number.
func writeCSV(picks []schemas.Pick, metadata []string, head string, front []string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	columns := slices.Concat(schemas.PickColumns, metadata)
	if front != nil {
		columns = slices.Insert(columns, 0, head)
	}
	if err := w.Write(columns); err != nil {
		return nil, err
	}
	for i, p := range picks {
		var fields []string
		if front != nil {
			fields = append(fields, front[i])
		}
		for _, v := range values(p) {
			fields = append(fields, field(v))
		}
		if err := w.Write(fields); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func field(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

// writeParquet renders picks as Parquet, the columns in the order of the CSV.
func writeParquet(picks []schemas.Pick, metadata []string) ([]byte, error) {
	schema := parquet.NewSchema("selection", parquet.SchemaOf(reflect.New(rowType(metadata)).Interface()))
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, schema, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.SelectionFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	for _, p := range picks {
		var row parquet.Row
		for i, v := range values(p) {
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
func rowType(metadata []string) reflect.Type {
	v := values(schemas.Pick{HasLabel: true, RankLow: 1, Metadata: make([]string, len(metadata))})
	fields := make([]reflect.StructField, len(v))
	for i, name := range slices.Concat(schemas.PickColumns, metadata) {
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
