package where

import (
	"fmt"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// Columns returns the columns of latents that a condition asks for.
func Columns(c schemas.Condition) (cols latents.Columns) {
	for _, p := range c {
		switch p.Column {
		case schemas.ColImageID:
			cols |= latents.IDs
		case schemas.ColLabel:
			cols |= latents.Labels
		case schemas.ColMSE:
			cols |= latents.MSE
		default:
			if schemas.IsQualityColumn(p.Column) {
				cols |= latents.Quality
			} else {
				cols |= latents.Metadata
			}
		}
	}
	return cols
}

// column is a column of latents by its name.
type column struct {
	name     string
	metadata int // its place among the Metadata_ columns, -1 for another
}

func columnOf(name string, metadata []string) (column, error) {
	c := column{name, slices.Index(metadata, name)}
	known := c.metadata >= 0 || name == schemas.ColLabel || name == schemas.ColImageID || schemas.IsQualityColumn(name)
	if !known {
		return c, fmt.Errorf("the latents have no column %s", name)
	}
	return c, nil
}

// text is the value of a row, "" where it has none.
func (c column) text(b *latents.Batch, row int) string {
	switch {
	case c.metadata >= 0:
		return b.Metadata[c.metadata][row]
	case c.name == schemas.ColLabel:
		return b.Label[row] // "" where it has none
	}
	return b.ImageID[row]
}

// figure is the value of a row in a schemas.IsQualityColumn; ok is false where it has
// none.
func (c column) figure(b *latents.Batch, row int) (v float32, ok bool) {
	q := &b.Quality
	switch c.name {
	case schemas.ColMSE:
		v, ok = b.MSE[row], b.HasMSE[row]
	case schemas.ColMean:
		v, ok = (*q)[row].Mean, true
	case schemas.ColMax:
		v, ok = (*q)[row].Max, true
	case schemas.ColSaturated:
		v, ok = (*q)[row].Saturated, true
	case schemas.ColForeground:
		v, ok = (*q)[row].Foreground, true
	case schemas.ColSharpness:
		v, ok = (*q)[row].Sharpness, true
	case schemas.ColBorder:
		v, ok = (*q)[row].Border, true
	case schemas.ColObject:
		v, ok = (*q)[row].Object, b.HasObject[row]
	case schemas.ColQCFlags:
		v, ok = float32(b.QCFlags[row]), true
	default:
		name, channel, _ := schemas.ParseChannelColumn(c.name)
		if of := b.ChannelsOf(row); channel < len(of) {
			v, ok = of[channel].Of(name), true
		}
	}
	return v, ok && v == v
}

// Test says which rows satisfy a condition.
type Test []test

// test is one comparison.
type test struct {
	column
	op      string
	figures bool // of a schemas.IsQualityColumn
	texts   []string
	numbers []float64 // nil: the column compares as text
}

// New returns the test of a condition on latents with some Metadata_ columns; of an empty
// one it is nil, which all rows pass.
func New(c schemas.Condition, metadata []string) (Test, error) {
	var all Test
	for _, p := range c {
		column, err := columnOf(p.Column, metadata)
		if err != nil {
			return nil, err
		}
		t := test{column: column, op: p.Op, texts: p.Values, figures: schemas.IsQualityColumn(p.Column)}
		for _, value := range p.Values {
			if p.As != schemas.AsNumber {
				break
			}
			v, ok := schemas.Number(value)
			if !ok {
				return nil, fmt.Errorf("%s compares as numbers, and %q is no number", p.Column, value)
			}
			if t.figures {
				v = float64(float32(v)) // as the figures are held
			}
			t.numbers = append(t.numbers, v)
		}
		all = append(all, t)
	}
	return all, nil
}

// Inside reports whether a row of a batch satisfies the condition.
func (all Test) Inside(b *latents.Batch, row int) bool {
	for i := range all {
		if !all[i].inside(b, row) {
			return false
		}
	}
	return true
}

func (t *test) inside(b *latents.Batch, row int) bool {
	if t.figures {
		v, ok := t.figure(b, row)
		return ok && t.compare(float64(v))
	}
	value := t.text(b, row)
	if t.numbers != nil {
		v, ok := schemas.Number(value)
		return ok && t.compare(v)
	}
	return !schemas.Missing(value) && slices.Contains(t.texts, value) == (t.op != schemas.OpNotEqual)
}

// compare compares a number.
func (t *test) compare(v float64) bool {
	than := t.numbers[0]
	switch t.op {
	case schemas.OpLess:
		return v < than
	case schemas.OpLessEqual:
		return v <= than
	case schemas.OpGreater:
		return v > than
	case schemas.OpGreaterEqual:
		return v >= than
	}
	return slices.Contains(t.numbers, v) == (t.op != schemas.OpNotEqual)
}

// Value returns the value that the row has in the column of the first comparison, as a
// message shows it, or "".
func (all Test) Value(b *latents.Batch, row int) string {
	if t := &all[0]; t.figures {
		v, ok := t.figure(b, row)
		if !ok {
			return ""
		}
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	}
	return all[0].text(b, row)
}
