package latents

import (
	"reflect"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// kind is the type of the values of a column.
type kind int

const (
	float32Column kind = iota
	int32Column
	int64Column
	stringColumn
)

// column describes one top-level column of a latents file.
type column struct {
	name     string
	kind     kind
	nullable bool
	dict     bool // coded by dictionary: few distinct values
	size     int  // floats in a list of fixed size; 0 for a plain column
}

// columnsOf returns the columns of a file in order.
func columnsOf(spec schemas.LatentsSpec) []column {
	cols := []column{{name: schemas.ColImageID, kind: stringColumn}}
	if spec.Layout == wide {
		for i := range spec.Dimension {
			cols = append(cols, column{name: schemas.WideColumn(i, spec.Dimension), kind: float32Column})
		}
	} else {
		cols = append(cols, column{name: schemas.ColEmbedding, kind: float32Column, size: spec.Dimension})
	}
	cols = append(cols,
		column{name: schemas.ColShard, kind: int32Column, dict: true},
		column{name: schemas.ColRecord, kind: int64Column},
	)
	if spec.Source == "" {
		cols = append(cols, pixelColumns...)
	} else if spec.Rows() && spec.Reconstruct {
		cols = append(cols, mseColumn)
	}
	cols = append(cols, column{name: schemas.ColLabel, kind: stringColumn, nullable: true, dict: true})
	for _, name := range spec.Metadata {
		cols = append(cols, column{name: name, kind: stringColumn, dict: true})
	}
	if spec.ObjectFraction {
		cols = append(cols, column{name: schemas.ColObject, kind: float32Column, nullable: true})
	}
	for c := range spec.Channels {
		for _, name := range schemas.ChannelColumns {
			cols = append(cols, column{name: schemas.ChannelColumn(name, c), kind: float32Column})
		}
	}
	return cols
}

// mseColumn is that of the reconstruction errors, of rows of a table where they were reconstructed.
var mseColumn = column{name: schemas.ColMSE, kind: float32Column, nullable: true}

// pixelColumns say what is known of an image from its record and its pixels.
var pixelColumns = []column{
	{name: schemas.ColOffset, kind: int64Column},
	{name: schemas.ColSHA256, kind: stringColumn},
	mseColumn,
	{name: schemas.ColMean, kind: float32Column},
	{name: schemas.ColMax, kind: float32Column},
	{name: schemas.ColSaturated, kind: float32Column},
	{name: schemas.ColForeground, kind: float32Column},
	{name: schemas.ColSharpness, kind: float32Column},
	{name: schemas.ColBorder, kind: float32Column},
	{name: schemas.ColQCFlags, kind: int32Column, dict: true},
}

// wide is the layout with one column per dimension.
const wide = "wide"

// node returns the Parquet schema of the column.
func (c column) node() parquet.Node {
	var n parquet.Node
	switch c.kind {
	case float32Column:
		n = parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.ByteStreamSplit)
	case int32Column:
		n = parquet.Leaf(parquet.Int32Type)
	case int64Column:
		n = parquet.Leaf(parquet.Int64Type)
	case stringColumn:
		n = parquet.String()
	}
	switch {
	case c.dict:
		n = parquet.Encoded(n, &parquet.RLEDictionary)
	case c.kind != float32Column:
		n = parquet.Encoded(n, &parquet.Plain)
	}
	n = parquet.Compressed(n, &parquet.Zstd)
	if c.nullable {
		n = parquet.Optional(n)
	}
	if c.size > 0 {
		n = parquet.List(n)
	}
	return n
}

// schemaOf returns the Parquet schema with the columns in the given order; the
// library's own Group would sort them by name.
func schemaOf(cols []column) *parquet.Schema {
	g := orderedGroup{Group: parquet.Group{}}
	for _, c := range cols {
		n := c.node()
		g.Group[c.name] = n
		g.fields = append(g.fields, field{n, c.name})
	}
	return parquet.NewSchema("latents", g)
}

// orderedGroup is a group node whose fields keep their order.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the fields in the order they were declared.
func (g orderedGroup) Fields() []parquet.Field { return g.fields }

// field is a named node of an orderedGroup. Rows are written by column, so the
// accessor for Go values only has to exist.
type field struct {
	parquet.Node
	name string
}

// Name returns the name of the field.
func (f field) Name() string { return f.name }

// Value returns the field of that name in a map.
func (f field) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(f.name))
}
