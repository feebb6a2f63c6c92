package latents

import (
	"slices"
	"strings"

	"exemplar/schemas"
)

// crossed is a column that a file does not hold: the values of several together.
type crossed struct {
	name  string
	parts []int // columns of Metadata, -1 for the label
}

// Cross has a file give more columns of Metadata, behind its own: for each column of scopes
// that crosses several, schemas.CrossedColumns, the values together, schemas.CrossedValue, ""
// where one of them is missing. Columns that the file does not have are missing in all rows.
func (f *File) Cross(scopes []string) {
	for _, name := range schemas.CrossedColumns(scopes) {
		c := crossed{name: name}
		for _, column := range schemas.Crossed(name) {
			at := slices.Index(f.spec.Metadata, column)
			if at < 0 && column != schemas.ColLabel {
				at = len(f.spec.Metadata) // no column
			}
			c.parts = append(c.parts, at)
		}
		f.crossed = append(f.crossed, c)
	}
}

// cross fills in the crossed columns of a batch.
func (f *File) cross(b *Batch) {
	own := len(f.spec.Metadata)
	values := make([]string, 0, 4)
	for i, c := range f.crossed {
		column := slices.Grow(b.Metadata[own+i][:0], b.N)[:b.N]
		for row := range column {
			values = values[:0]
			for _, at := range c.parts {
				switch {
				case at < 0 && b.HasLabel[row]:
					values = append(values, b.Label[row])
				case at >= 0 && at < own && b.Metadata[at][row] != "":
					values = append(values, b.Metadata[at][row])
				}
			}
			column[row] = ""
			if len(values) == len(c.parts) {
				column[row] = strings.Clone(schemas.CrossedValue(values))
			}
		}
		b.Metadata[own+i] = column
	}
}
