package where

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// Resolve gives the columns of a condition their full names. Those that are numbers, or
// text, whatever they hold, say so; how the others compare Types decides.
func Resolve(c schemas.Condition, spec *schemas.LatentsSpec) (schemas.Condition, error) {
	resolved := slices.Clone(c)
	for i := range resolved {
		p := &resolved[i]
		column, err := Column(p.Column, columnsOf(spec))
		if err != nil {
			return nil, err
		}
		switch p.Column = column; {
		case schemas.IsQualityColumn(column):
			p.As = schemas.AsNumber
		case column == schemas.ColImageID:
			p.As = schemas.AsText
			if p.Ordered() {
				return nil, fmt.Errorf("%s is text, which has no order for %s: compare it with =, != or in", column, p.Op)
			}
		default:
			continue
		}
		if err := checkValues(p); err != nil {
			return nil, err
		}
	}
	return resolved, nil
}

// columnsOf lists what images may be told apart by.
func columnsOf(spec *schemas.LatentsSpec) []string {
	columns := append(slices.Clone(spec.Metadata), schemas.ColLabel, schemas.ColImageID)
	for _, name := range schemas.QualityColumns {
		if spec.Source == "" && (name != schemas.ColObject || spec.ObjectFraction) {
			columns = append(columns, name)
		}
	}
	for c := range spec.Channels {
		for _, name := range schemas.ChannelColumns {
			columns = append(columns, schemas.ChannelColumn(name, c))
		}
	}
	return columns
}

// Column returns the column of a name: that of the full name, or the one of the short name,
// without Metadata_, in the case that was given or in any.
func Column(name string, columns []string) (string, error) {
	for _, full := range []string{name, schemas.MetadataPrefix + name} {
		if slices.Contains(columns, full) {
			return full, nil
		}
	}
	var fits []string
	for _, column := range columns {
		if strings.EqualFold(column, name) || strings.EqualFold(column, schemas.MetadataPrefix+name) {
			fits = append(fits, column)
		}
	}
	switch len(fits) {
	case 0:
		return "", fmt.Errorf("the latents have no column %s: their columns are %s", name, words.And(columns))
	case 1:
		return fits[0], nil
	}
	return "", fmt.Errorf("%s may be each of %s: write one of them", name, words.And(fits))
}

// checkValues refuses values that are no numbers where the column holds numbers.
func checkValues(p *schemas.Comparison) error {
	for _, v := range p.Values {
		if _, ok := schemas.Number(v); !ok && p.As == schemas.AsNumber {
			return fmt.Errorf("%s compares as numbers, and %q is no number", p.Column, v)
		}
	}
	return nil
}
