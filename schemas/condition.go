package schemas

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"exemplar/schemas/words"
)

// Operators of a Comparison.
const (
	OpEqual        = "="
	OpNotEqual     = "!="
	OpLess         = "<"
	OpLessEqual    = "<="
	OpGreater      = ">"
	OpGreaterEqual = ">="
	OpIn           = "in" // equal to one of several values
)

// operators are all of them, the longer of two that begin alike first.
var operators = []string{OpNotEqual, OpLessEqual, OpGreaterEqual, OpEqual, OpLess, OpGreater, OpIn}

// How the values of a column compare.
const (
	AsNumber = "number"
	AsText   = "text" // byte by byte
)

// QualityColumns are the columns of latents that hold one number an image: they compare
// as numbers.
var QualityColumns = []string{ColMSE, ColMean, ColMax, ColSaturated, ColForeground, ColSharpness, ColBorder, ColQCFlags, ColObject}

// Missing reports whether a text counts as no value in a Condition: an empty one, and NaN
// in any case, which other programs write for a missing value.
func Missing(text string) bool { return text == "" || isNaN(text) }

func isNaN(text string) bool { return strings.EqualFold(text, "NaN") }

// Comparison is one part of a Condition. No image satisfies it whose value is Missing or
// null, whatever the operator.
type Comparison struct {
	Column string   `json:"column"` // its full name: Metadata_well, label, image_id, or one of QualityColumns
	Op     string   `json:"op"`
	Values []string `json:"values"` // one; of OpIn one or more
	// As is AsNumber or AsText. A Metadata_ column and label compare as numbers where all
	// values that are not Missing are numbers; image_id is text.
	As string `json:"as"`
}

// Condition says which images of a collection a selection is of: those that satisfy all
// its comparisons. An empty one is none: it is of all images.
type Condition []Comparison

// String writes a condition as ParseCondition reads it.
func (c Condition) String() string {
	var parts []string
	for _, p := range c {
		parts = append(parts, p.String())
	}
	return strings.Join(parts, " and ")
}

// String writes a comparison as ParseCondition reads it.
func (c Comparison) String() string {
	var values []string
	for _, v := range c.Values {
		values = append(values, quoted(v))
	}
	if c.Op == OpIn {
		return c.Column + " in (" + strings.Join(values, ", ") + ")"
	}
	return c.Column + c.Op + strings.Join(values, ", ")
}

// quoted writes a value so that it is read as the same one.
func quoted(v string) string {
	if v != "" && !strings.ContainsFunc(v, func(r rune) bool { return !bare(r) }) {
		return v
	}
	return "'" + strings.ReplaceAll(v, "'", "''") + "'"
}

// bare reports whether a character may stand in a value without quotes.
func bare(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && !strings.ContainsRune(`'"(),=<>!`, r)
}

// Number returns the number that a text is: digits with a sign, a decimal point and an
// exponent, each as wanted, of a size that a float64 holds. Everything else is none, as
// are NaN, inf, 0x10, 1_000, and a number with spaces around it.
func Number(text string) (v float64, ok bool) {
	if strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789+-.eE", r) }) {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// Ordered reports whether the operator asks for the larger of two values.
func (c Comparison) Ordered() bool { return c.Op != OpEqual && c.Op != OpNotEqual && c.Op != OpIn }

// Validate reports the first comparison that ParseCondition does not give, and no
// latents have the column of.
func (c Condition) Validate() error {
	for i, p := range c {
		switch {
		case slices.ContainsFunc(c[:i], func(q Comparison) bool { return q.String() == p.String() }):
			return fmt.Errorf("Config.Where: %s is there twice", p)
		case !p.known():
			return fmt.Errorf("Config.Where: %q is no column that images are told apart by", p.Column)
		case !slices.Contains(operators, p.Op):
			return fmt.Errorf("Config.Where: %q is none of %s", p.Op, strings.Join(operators, " "))
		case len(p.Values) == 0 || len(p.Values) > 1 && p.Op != OpIn:
			return fmt.Errorf("Config.Where: %s%s is given %d values", p.Column, p.Op, len(p.Values))
		case p.As != AsNumber && p.As != AsText || p.As == AsNumber && p.Column == ColImageID || p.As == AsText && IsQualityColumn(p.Column):
			return fmt.Errorf("Config.Where: %s does not compare as %q", p.Column, p.As)
		case p.As == AsText && p.Ordered():
			return fmt.Errorf("Config.Where: %s compares as text, which has no order for %s", p.Column, p.Op)
		}
		for _, v := range p.Values {
			if Missing(v) {
				return fmt.Errorf("Config.Where: %s%s'%s': no image satisfies a comparison with an empty value or NaN", p.Column, p.Op, v)
			}
			if strings.ContainsFunc(v, unicode.IsControl) {
				return fmt.Errorf("Config.Where: a value of %s, %q, holds a control character", p.Column, v)
			}
			if _, ok := Number(v); !ok && p.As == AsNumber {
				return fmt.Errorf("Config.Where: %s compares as numbers, and %q is no number", p.Column, v)
			}
		}
	}
	return nil
}

// known reports whether latents can have the column.
func (c Comparison) known() bool {
	return c.Column == ColLabel || c.Column == ColImageID || IsQualityColumn(c.Column) || metadataColumn.MatchString(c.Column)
}

// Types says in half a sentence how the columns of a condition compare: Metadata_area as
// numbers, Metadata_well as text.
func (c Condition) Types() string {
	columns := map[string][]string{}
	for _, p := range c {
		if !slices.Contains(columns[p.As], p.Column) {
			columns[p.As] = append(columns[p.As], p.Column)
		}
	}
	var parts []string
	for _, as := range []struct{ as, words string }{{AsNumber, "numbers"}, {AsText, "text"}} {
		if list := columns[as.as]; len(list) > 0 {
			parts = append(parts, words.And(list)+" as "+as.words)
		}
	}
	return strings.Join(parts, ", ")
}
