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

// TestLinesLoseNoClaim: sets that are worse in other figures, or for another reason, are lines of
// their own, as are two points of one set; numbers alone make no other line.
func TestLinesLoseNoClaim(t *testing.T) {
	point := func(kind, scope, text string) Point { return Point{kind, true, scope, "mean", "euclidean", "", text} }
	apart := [][]string{
		{KindWorse, "worse than in every one of 20 random selections: coverage (1 %, at random 2 % to 3 %)", "worse than in every one of 20 random selections: share of outliers (9 %, at random 2 % to 3 %)",
			"worse than in every one of 20 random selections: coverage (1 %, at random 2 % to 3 %); share of outliers (9 %, at random 2 % to 3 %)"},
		{KindDesign, "worse than in every one of 20 random selections, because equal shares were asked for: MMD² (0.3)",
			"worse than in every one of 20 random selections, because small groups get as many picks as large ones, or nearly so: MMD² (0.3)"},
		{"bias", "the picks are easier to reconstruct (mse, percentile 3), dimmer (mean, percentile 4)", "the picks are easier to reconstruct (mse, percentile 3)"},
		{KindShares, "equal shares of Metadata_run1 were asked for", "equal shares of Metadata_run2 were asked for"},
		{KindUnknown, "the picks are not graded: 3 images are too few", "the picks are not graded: all images are alike"},
	}
	for _, c := range apart {
		v := &Verdict{Sets: make([]Set, 4)}
		for i, text := range c[1:] {
			v.Points = append(v.Points, point(c[0], string(rune('a'+i)), text))
		}
		if got := v.Lines(); len(got) != len(c)-1 {
			t.Errorf("%d lines of %d claims: %q", len(got), len(c)-1, got)
		}
	}
	together := [][2]string{
		{"97.8 % of the picks are re-selected (93.3 to 100 %)", "100 % of the picks are re-selected (100 to 100 %)"},
		{"worse than in every one of 20 random selections: coverage (1 %, at random (all) 2 % to 3 %)", "worse than in every one of 20 random selections: coverage (4.5e-05 %, at random always 2 %)"},
		{"their mean percentile is 46 (p 1); of twice as many images 1,000 % and 7 %", "their mean percentile is -3e-05 (p 0.2); of twice as many images 43 % and 97.5 %"},
	}
	for _, c := range together {
		v := &Verdict{Sets: make([]Set, 4), Points: []Point{point("x", "a", c[0]), point("x", "b", c[1])}}
		if got := v.Lines(); len(got) != 1 {
			t.Errorf("%d lines of one claim: %q", len(got), got)
		}
	}
	v := &Verdict{Sets: make([]Set, 4), Points: []Point{point("x", "a", "off in c (1)"), point("x", "a", "off in c (2)")}}
	if got := v.Lines(); len(got) != 2 {
		t.Errorf("two points of one set: %q", got)
	}
}
