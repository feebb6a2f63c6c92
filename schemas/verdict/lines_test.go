package verdict

import (
	"slices"
	"strings"
	"testing"
)

// TestLinesOfManySets: the same point of many sets is one line that names them all; of few
// sets, or of different claims, flags and groups, each is a line of its own.
func TestLinesOfManySets(t *testing.T) {
	points := []Point{
		{"skill", true, "global", "mean", "euclidean", "", "the picks are no better (skill 0.1)"},
		{"skill", true, "global", "mean", "cosine", "", "the picks are no better (skill 0.2)"},
		{"skill", true, "label", "mean", "cosine", "", "the picks are worse (skill -0.2)"},
		{"skill", false, "label", "mean", "euclidean", "", "the picks are no better (skill 0.3)"},
		{"groups", true, "label", "mean", "euclidean", "a", "4 of the picks are alike"},
		{"groups", true, "label", "mean", "euclidean", "b", "5 of the picks are alike"},
		{KindHint, false, "global", "mean", "euclidean", "", "try --budget=10: it came to 0.5"},
		{KindHint, false, "label", "mean", "euclidean", "", "try --budget=100: it came to 0.4"},
		{KindHint, false, "label", "mean", "cosine", "", "try --budget=100: it came to 0.3"},
		{"design", false, "", "", "", "", "of all"},
	}
	v := &Verdict{Points: points, Sets: make([]Set, 4)}
	want := []string{
		"warning: global, mean, euclidean: the picks are no better (skill 0.1). So it is, with other figures, with 1 other set: global, mean, cosine",
		"warning: label, mean, cosine: the picks are worse (skill -0.2)",
		"note: label, mean, euclidean: the picks are no better (skill 0.3)",
		"warning: label, mean, euclidean: 4 of the picks are alike",
		"warning: label, mean, euclidean: 5 of the picks are alike",
		"hint: global, mean, euclidean: try --budget=10: it came to 0.5",
		"hint: label, mean, euclidean: try --budget=100: it came to 0.4. So it is, with other figures, with 1 other set: label, mean, cosine",
		"note: of all",
	}
	if got := v.Lines(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	v.Sets = v.Sets[:mostApart]
	if got := v.Lines(); len(got) != len(points) {
		t.Errorf("of %d sets %d lines, want one for each of %d points", mostApart, len(got), len(points))
	}
}
