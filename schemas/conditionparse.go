package schemas

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxCondition bounds the bytes of a condition.
const maxCondition = 64 << 10

// ParseCondition reads a condition:
//
//	condition   comparison { "and" comparison }
//	comparison  column ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	            column "in" "(" value { "," value } ")"
//	column      letters, digits and _
//	value       characters other than spaces and ' " ( ) , = < > !
//	            or any in ' or ", where two of the quotes stand for one
//
// Spaces may stand between them; and and in are written in any case. The columns are as
// they are given, and how they compare is not known yet.
func ParseCondition(text string) (Condition, error) {
	switch {
	case len(text) > maxCondition:
		return nil, fmt.Errorf("it has %d bytes, more than the %d that are read", len(text), maxCondition)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("it is not UTF-8")
	}
	p := conditionReader{rest: text}
	var c Condition
	for {
		part, err := p.comparison()
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(c, func(p Comparison) bool { return p.String() == part.String() }) {
			return nil, fmt.Errorf("%s is there twice", part)
		}
		c = append(c, part)
		if p.skip(); p.rest == "" {
			return c, nil
		}
		if !p.word("and") {
			return nil, fmt.Errorf("behind %s comes \"and\" or the end, not %s: comparisons are joined by and; a value with spaces or signs is written in quotes", part, p.next())
		}
	}
}

// conditionReader reads a condition from its beginning.
type conditionReader struct{ rest string }

func (p *conditionReader) skip() { p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace) }

// next is what an error shows of the rest.
func (p *conditionReader) next() string {
	if p.rest == "" {
		return "the end"
	}
	return fmt.Sprintf("%.30q", p.rest)
}

// take takes one text away if the rest begins with it.
func (p *conditionReader) take(text string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.rest, text)
	p.rest = rest
	return ok
}

// word takes a word of the grammar away, in any case, where it stands alone.
func (p *conditionReader) word(word string) bool {
	p.skip()
	if found := columnName.FindString(p.rest); !strings.EqualFold(found, word) {
		return false
	}
	p.rest = p.rest[len(word):]
	return true
}

var columnName = regexp.MustCompile(`^[A-Za-z0-9_]+`)

func (p *conditionReader) comparison() (c Comparison, err error) {
	p.skip()
	if c.Column = columnName.FindString(p.rest); c.Column == "" {
		return c, fmt.Errorf("a comparison begins with the name of a column, not with %s: write it as Metadata_well=A01", p.next())
	}
	p.rest = p.rest[len(c.Column):]
	if c.Op = p.operator(); c.Op == "" {
		return c, fmt.Errorf("behind the column %s comes one of = != < <= > >= or in (…), not %s", c.Column, p.next())
	}
	if c.Op != OpIn {
		v, err := p.value(c.Column + c.Op)
		c.Values = []string{v}
		return c, err
	}
	if !p.take("(") {
		return c, fmt.Errorf("behind %s in comes a list, (A01, A02), not %s", c.Column, p.next())
	}
	for {
		v, err := p.value(c.Column + " in (")
		if err != nil {
			return c, err
		}
		c.Values = append(c.Values, v)
		if p.take(")") {
			return c, nil
		}
		if !p.take(",") {
			return c, fmt.Errorf("behind a value of the list of %s comes a comma or ), not %s", c.Column, p.next())
		}
	}
}

// operator takes the operator away that comes next, or returns "".
func (p *conditionReader) operator() string {
	for _, op := range operators {
		if op == OpIn && p.word(op) || op != OpIn && p.take(op) {
			return op
		}
	}
	return ""
}

// value takes a value away; behind says what it stands behind.
func (p *conditionReader) value(behind string) (v string, err error) {
	p.skip()
	if p.rest != "" && strings.ContainsRune(`'"`, rune(p.rest[0])) {
		v, err = p.quoted()
	} else {
		end := strings.IndexFunc(p.rest, func(r rune) bool { return !bare(r) })
		if end < 0 {
			end = len(p.rest)
		}
		if v, p.rest = p.rest[:end], p.rest[end:]; v == "" {
			err = fmt.Errorf("behind %s comes a value, not %s: one with spaces or signs is written in quotes", behind, p.next())
		}
	}
	switch {
	case err != nil:
	case Missing(v):
		err = fmt.Errorf("behind %s stands '%s': no image satisfies a comparison with an empty value or NaN", behind, v)
	case strings.ContainsFunc(v, unicode.IsControl):
		err = fmt.Errorf("the value %q behind %s holds a control character", v, behind)
	}
	return v, err
}

// quoted takes a value in quotes away.
func (p *conditionReader) quoted() (string, error) {
	quote, rest := p.rest[:1], p.rest[1:]
	var v strings.Builder
	for {
		part, after, closed := strings.Cut(rest, quote)
		if !closed {
			return "", fmt.Errorf("the quote of %.30q is not closed: within such a value two of them, %s%[2]s, stand for one", p.rest, quote)
		}
		v.WriteString(part)
		if rest = after; !strings.HasPrefix(rest, quote) {
			p.rest = rest
			return v.String(), nil
		}
		v.WriteString(quote)
		rest = rest[1:]
	}
}
