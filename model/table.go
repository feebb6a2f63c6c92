package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// Scales of the rows of a table, beside ScaleUnit, which is that of TableRange.
const (
	ScaleZScore = "zscore" // numbers in standard deviations from the mean of their column
	ScaleNone   = "none"   // numbers as the table has them
)

// Ways to bring the columns of a table to one scale, Table.Scale.
const (
	TableZScore = "zscore" // (x - mean) / deviation
	TableRange  = "range"  // (x - least) / (largest - least), in [0,1] for the table of the training
	TableNone   = "none"   // x
)

// TableScales are the values of Table.Scale.
var TableScales = []string{TableZScore, TableRange, TableNone}

// rowBits are the Input.Bits of a model of rows of a table: little-endian float32.
const rowBits = 32

// Table says how a row of a table becomes the numbers that a model takes, which are its
// columns in their order.
type Table struct {
	Scale        string        `json:"scale"`                   // TableZScore, TableRange or TableNone
	IDColumn     string        `json:"id_column"`               // of the table of the training
	VectorColumn string        `json:"vector_column,omitempty"` // that held its numbers as lists
	Columns      []TableColumn `json:"columns"`
}

// TableColumn is a column of numbers of the table that a model was trained on, and what it
// is scaled by for good.
type TableColumn struct {
	Name      string  `json:"name"`
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"` // standard deviation, of the rows as a population; 0 of a constant column
	Least     float64 `json:"least"`
	Largest   float64 `json:"largest"`
	Weight    float64 `json:"weight,omitempty"` // factor of the scaled numbers; 0 stands for 1
}

// RowInput returns the input of a model of rows of so many numbers on a Table.Scale.
func RowInput(columns int, scale string) Input {
	if scale == TableRange {
		scale = ScaleUnit
	}
	return Input{Height: 1, Width: columns, Channels: 1, Bits: rowBits, Scale: scale}
}

// Rows reports whether the model takes rows of a table, and no images.
func (in Input) Rows() bool { return in.Bits == rowBits }

// Constant reports whether the column has one value in all rows: its numbers become 0.
func (c TableColumn) Constant() bool { return c.Least == c.Largest || c.Deviation == 0 }

// line returns offset, unit and factor of the scaled numbers: factor·(x-offset)/unit.
func (t *Table) line(i int) (offset, unit, factor float64) {
	c := t.Columns[i]
	factor = 1
	if c.Weight != 0 {
		factor = c.Weight
	}
	switch {
	case c.Constant():
		return c.Mean, math.Inf(1), factor
	case t.Scale == TableZScore:
		return c.Mean, c.Deviation, factor
	case t.Scale == TableRange:
		return c.Least, c.Largest - c.Least, factor
	}
	return 0, 1, factor
}

// Scaled writes the numbers that the model takes for a row of the table into dst, computed
// in float64 and rounded once. Columns of the training that were constant become 0.
func (t *Table) Scaled(dst []float32, row []float64) {
	for i, v := range row {
		offset, unit, factor := t.line(i)
		if dst[i] = 0; !math.IsInf(unit, 1) {
			dst[i] = float32(factor * ((v - offset) / unit))
		}
	}
}

// Unscaled is the reverse of Scaled: numbers of a decoder in the units of the table.
func (t *Table) Unscaled(dst []float64, x []float32) {
	for i, v := range x {
		offset, unit, factor := t.line(i)
		if dst[i] = offset; !math.IsInf(unit, 1) {
			dst[i] = offset + float64(float64(v)/factor*unit)
		}
	}
}

// Names returns the names of the columns.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// validate reports the first thing about a table that no model of this input can have.
func (t *Table) validate(in Input) error {
	switch {
	case !in.Rows():
		return errors.New("a model of images has no table")
	case len(t.Columns) != in.Width:
		return fmt.Errorf("the table has %d columns, the model takes %d numbers", len(t.Columns), in.Width)
	case RowInput(in.Width, t.Scale) != in:
		return fmt.Errorf("the table has the scale %q, the input %q", t.Scale, in.Scale)
	}
	names := map[string]bool{}
	for _, c := range t.Columns {
		switch {
		case c.Name == "" || !utf8.ValidString(c.Name) || names[c.Name]:
			return fmt.Errorf("the table has a column %q without a name of its own", c.Name)
		case !finite(c.Mean, c.Deviation, c.Least, c.Largest, c.Weight) || c.Deviation < 0 || c.Weight < 0 || c.Least > c.Largest:
			return fmt.Errorf("column %q of the table has mean %g, deviation %g, least %g, largest %g and weight %g", c.Name, c.Mean, c.Deviation, c.Least, c.Largest, c.Weight)
		}
		names[c.Name] = true
	}
	return nil
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// AppendRow appends scaled numbers as the model takes them in place of pixels: little-endian
// float32.
func AppendRow(b []byte, x []float32) []byte {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// LoadRow is the reverse of AppendRow.
func LoadRow(dst []float32, row []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
	}
}
