package selectcmd

import (
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
)

// mostShort is the number of values that are named of those with fewer picks than are due.
const mostShort = 5

// summarizeBalance says how near the picks of a set are to the shares that were asked for, of
// which values they are not, why, and what it costs.
func summarizeBalance(out io.Writer, s *schemas.PickSet) {
	for i := range s.Balance {
		b := &s.Balance[i]
		text := fmt.Sprintf("%s, as near to %s as whole numbers allow (--balance)", words.Plural(b.Values, "value", "values"), b.Shared())
		if b.Off > 0 {
			text = fmt.Sprintf("%s, in %s but for %s (--balance)", words.Plural(b.Values, "value", "values"), b.Shared(), words.Plural(b.Off, "pick", "picks"))
		}
		due, missing := 0, ""
		for _, v := range b.Counts {
			if v.Due > 0 {
				due++
			}
			if v.Value == "" {
				missing = fmt.Sprintf("; %s no %s (an empty one, or NaN), which counts as a value, with %s", words.Plural(v.Images, "image has", "images have"), b.Column, words.Plural(v.Picks, "pick", "picks"))
			}
		}
		if due < b.Values {
			text += fmt.Sprintf("; too few picks for all: %s due none", words.Plural(b.Values-due, "value is", "values are"))
		}
		fmt.Fprintf(out, "  %s, %s, %s: %s: %s%s\n", s.Scope, s.Center, s.Metric, b.Column, text, missing)
		if short := shortOf(b); short != "" {
			fmt.Fprintf(out, "  warning: %s\n", short)
		}
	}
	if o := s.Objective; len(s.Balance) > 0 && o != nil && o.Free != nil {
		fmt.Fprintf(out, "  %s, %s, %s: %s\n", s.Scope, s.Center, s.Metric, costOf(o))
	}
}

// costOf says what a balance costs.
func costOf(o *schemas.Objective) string {
	cost := o.Error - o.Free.Error
	verb, amount := "costs", words.Figure(cost, 1)
	switch {
	case cost == 0:
		amount = "nothing"
	case cost < 0:
		verb, amount = "gains", words.Figure(-cost, 1)
	}
	return fmt.Sprintf("the balance %s %s of skill on that sample: %s with it, %s without; energy distance %s with it, %s without", verb, amount,
		words.Figure(1-o.Error, 2), words.Figure(1-o.Free.Error, 2), words.Figure(o.Energy, 2), words.Figure(o.Free.Energy, 2))
}

// shortOf says which values have fewer picks than are due, and why, "" where none has.
func shortOf(b *schemas.ColumnBalance) string {
	var list []string
	others := false
	for _, v := range b.Counts {
		if v.Picks >= v.Due {
			continue
		}
		why := ""
		switch {
		case int64(v.Due) > v.Images:
			why = fmt.Sprintf(" (there %s %s)", words.Noun(v.Images, "is", "are"), words.Count(v.Images))
		case v.Due > v.Sampled:
			why = fmt.Sprintf(" (%d of its %s in the sample that picks come from)", v.Sampled, words.Plural(v.Images, "image is", "images are"))
		default:
			others = true
		}
		list = append(list, fmt.Sprintf("%s has %d of %s due%s", visible.Text(b.Column+"="+v.Value), v.Picks, words.Plural(v.Due, "pick", "picks"), why))
	}
	if more := len(list) - mostShort; more > 0 {
		list = append(list[:mostShort:mostShort], fmt.Sprintf("and %d more, all in balance of %s", more, schemas.SelectionFile))
	}
	text := strings.Join(list, ", ")
	if others {
		text += ": images kept or asked for, near duplicates or another column of --balance are in the way"
	}
	return text
}
