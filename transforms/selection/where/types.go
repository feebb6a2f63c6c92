package where

import (
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// Types finds how the columns of a condition compare, from all rows of a collection. A
// Metadata_ column, or label, compares as numbers where it holds some and nothing else,
// beside those that are missing; otherwise as text.
type Types struct {
	condition schemas.Condition
	columns   []column
	found     []kinds // of the columns
}

// kinds is what a column holds.
type kinds struct {
	numbers bool
	odd     *odd // the value that is no number, of the image with the first id
}

// odd is a value that is no number.
type odd struct{ id, value string }

// NewTypes returns the types of a resolved condition before any row was seen.
func NewTypes(c schemas.Condition, metadata []string) (*Types, error) {
	t := &Types{condition: c, found: make([]kinds, len(c))}
	for _, p := range c {
		column, err := columnOf(p.Column, metadata)
		if err != nil {
			return nil, err
		}
		t.columns = append(t.columns, column)
	}
	return t, nil
}

// Add takes the rows of a batch in, which has the image ids as well.
func (t *Types) Add(b *latents.Batch) {
	for i, p := range t.condition {
		if p.As != "" {
			continue
		}
		for row := range b.N {
			t.found[i].add(b.ImageID[row], t.columns[i].text(b, row))
		}
	}
}

func (k *kinds) add(id, value string) {
	if schemas.Missing(value) {
		return
	}
	if _, ok := schemas.Number(value); ok {
		k.numbers = true
	} else if k.odd == nil || id < k.odd.id {
		k.odd = &odd{strings.Clone(id), strings.Clone(value)}
	}
}

// Merge takes the rows of o in.
func (t *Types) Merge(o *Types) {
	for i := range t.found {
		into, from := &t.found[i], &o.found[i]
		into.numbers = into.numbers || from.numbers
		if from.odd != nil && (into.odd == nil || from.odd.id < into.odd.id) {
			into.odd = from.odd
		}
	}
}

// Condition returns the condition with what its columns compare as. An order is asked
// for only of numbers.
func (t *Types) Condition() (schemas.Condition, error) {
	c := append(schemas.Condition(nil), t.condition...)
	for i := range c {
		p, found := &c[i], t.found[i]
		if p.As != "" {
			continue
		}
		p.As = schemas.AsText
		if found.numbers && found.odd == nil {
			p.As = schemas.AsNumber
		}
		if err := checkValues(p); err != nil {
			return nil, err
		}
		switch {
		case p.As == schemas.AsNumber || !p.Ordered():
		case found.odd == nil:
			return nil, fmt.Errorf("no image has a number as its %s", p.Column)
		default:
			return nil, fmt.Errorf("%s asks for numbers, but %s of image %q is %q, which is no number: correct it where it comes from, or compare with =, != or in", p, p.Column, found.odd.id, found.odd.value)
		}
	}
	return c, nil
}
