package grading

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
)

// findBias warns of picks that are not as the images of their groups are, of the columns
// that are farthest from it first.
func findBias(s *schemas.SetGrade, about func(string) schemas.Finding, add func(schemas.Finding, string, ...any)) {
	far := func(b schemas.Bias) float64 { return math.Abs(b.Percentile.Value - 50) }
	var biased []schemas.Bias
	tests := 0
	for _, b := range s.Bias {
		if b.Reason != "" {
			continue
		}
		tests++
		if b.Found() {
			biased = append(biased, b)
		}
	}
	if len(biased) == 0 {
		return
	}
	slices.SortStableFunc(biased, func(a, b schemas.Bias) int { return cmp.Compare(far(b), far(a)) })
	var list, said []string
	for _, b := range biased {
		column := columnOf(b)
		if slices.Contains(said, column) {
			continue // of the image and its channels, the one that is farthest decides
		}
		said = append(said, column)
		list = append(list, fmt.Sprintf("%s (%spercentile %s, 95 %% %s to %s, %s)", directionOf(b), named(b),
			words.Figure(b.Percentile.Value, 2), words.Figure(b.Percentile.Low, 2), words.Figure(b.Percentile.High, 2), verdict.Chance(b.Adjusted)))
	}
	than, corrected := "their groups", ""
	if s.Scope == schemas.ScopeGlobal {
		than = "the collection"
	}
	if tests > 1 {
		corrected = fmt.Sprintf(", p is corrected for %s", words.Plural(tests, "column", "columns"))
	}
	add(about(schemas.FindingBias), "compared with the other images of %s the picks are %s; the mean percentile of random images is 50%s", than, words.And(list), corrected)
}

// directionOf says how the picks are, in a word where there is one.
func directionOf(b schemas.Bias) string {
	low := b.Percentile.Value < 50
	for _, q := range qualities {
		if q.column != columnOf(b) {
			continue
		}
		word := q.higher
		if low {
			word = q.lower
		}
		if b.Channel != "" {
			word += " in channel " + b.Channel
		}
		return word
	}
	if low {
		return "lower in " + b.Column
	}
	return "higher in " + b.Column
}

// named names the column that a word stands for.
func named(b schemas.Bias) string {
	if slices.ContainsFunc(qualities, func(q quality) bool { return q.column == columnOf(b) }) {
		return b.Column + ", "
	}
	return ""
}

// columnOf returns the column of the whole image that the column of a channel is one of, and others
// as they are.
func columnOf(b schemas.Bias) string {
	if column, _, ok := schemas.ParseChannelColumn(b.Column); ok {
		return column
	}
	return b.Column
}
