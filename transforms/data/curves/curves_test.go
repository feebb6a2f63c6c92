package curves

import (
	"math"
	"slices"
	"strings"
	"testing"
)

var nan = math.NaN()

// rowsOf makes rows of the skills of their folds.
func rowsOf(skills ...[]float64) (rows []Row) {
	for i, s := range skills {
		rows = append(rows, Row{Share: float64(i+1) / float64(len(skills)), Images: int64(100 * (i + 1)), Epochs: float64(i+1) / 2, Step: int64(i + 1), Loss: 1 / float64(i+1), MSE: 0.1 / float64(i+1), Picks: 7.5, Skills: s})
	}
	Fill(rows)
	return rows
}

// TestFill: by hand. The folds of the first row lack 0.2, 0.1 and 0.3 to those of the last.
func TestFill(t *testing.T) {
	r := rowsOf([]float64{0.1, 0.2, 0.3}, nil, []float64{0.3, 0.3, 0.6})
	near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-15 }
	if first := r[0]; !near(first.Skill, 0.2) || !near(first.Error, 0.1/math.Sqrt(3)) || !near(first.Change, 0.2) || !near(first.ChangeError, 0.1/math.Sqrt(3)) {
		t.Errorf("%+v", first)
	}
	if none := r[1]; !math.IsNaN(none.Skill) || !math.IsNaN(none.Change) || !math.IsNaN(none.Error) {
		t.Errorf("%+v", none)
	}
	if last := r[2]; !near(last.Skill, 0.4) || last.Change != 0 || last.ChangeError != 0 {
		t.Errorf("%+v", last)
	}
}

// TestTableComesBack: every number of a table survives it, and those that are not known.
func TestTableComesBack(t *testing.T) {
	rows := rowsOf([]float64{0.1, 1. / 3, 0.3}, nil, []float64{0.3, -1e-9, 0.6})
	rows[1].MSE = nan
	again, err := Read(CSV(rows))
	if err != nil {
		t.Fatal(err)
	}
	if string(CSV(again)) != string(CSV(rows)) || len(again) != 3 || len(again[1].Skills) != 0 || !math.IsNaN(again[1].MSE) || !slices.Equal(again[0].Skills, rows[0].Skills) {
		t.Errorf("%+v", again)
	}
	table := string(CSV(rows))
	for _, c := range []struct{ old, new, want string }{
		{"images_seen", "images", "its columns are not"},
		{"skill_2", "skill_3", "its columns are not"},
		{",100,", ",100.5,", `line 2: "100.5" is no whole number`},
		{",7.5,", ",NaN,", `line 2: "NaN" is no number`},
		{",7.5,", ",x,", `line 2: "x" is no number`},
		{",7.5", "", "no CSV"},
		{table[strings.Index(table, "\n")+1:], "", "it has no rows"},
		{table, "", "it has no rows"},
	} {
		if !strings.Contains(table, c.old) {
			t.Fatalf("no %q in\n%s", c.old, table)
		}
		if _, err := Read([]byte(strings.Replace(table, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q: %v, want %q", c.new, c.old, err, c.want)
		}
	}
}

// TestEnough: the rule of one standard error, of the moments after which none is lower.
func TestEnough(t *testing.T) {
	low, high, near := []float64{0.1, 0.2, 0.1}, []float64{0.5, 0.6, 0.4}, []float64{0.5, 0.5, 0.5} // near is 0 ± 0.06 from high
	for name, c := range map[string]struct {
		rows []Row
		at   int
		says string
	}{
		"rises to the end":     {rowsOf(low, low, high), 2, "The picks still got better behind 67 % of the run (200 seen, 1 epoch): their skill rose by 0.37"},
		"is there early":       {rowsOf(low, near, high), 1, "From 67 % of the run (200 seen, 1 epoch) on the skill of the picks is no more than one standard error"},
		"is lost in between":   {rowsOf(near, low, high), 2, "still got better"},
		"does not move":        {rowsOf(high, high, high), 0, "From 33 % of the run (100 seen, 0.5 epochs)"},
		"falls":                {rowsOf(high, low), 0, "More training than that did not give better picks."},
		"not known at first":   {rowsOf(nil, near, high), 1, "From 67 %"},
		"not known before":     {rowsOf(high, nil, high), 2, "before the end the latents are no numbers"},
		"not known at the end": {rowsOf(high, high, nil), -1, "at the end the latents are no numbers"},
		"one moment":           {rowsOf(high), 0, "from one moment alone"},
		"none":                 {nil, -1, "cannot be told"},
	} {
		if at, says := Enough(c.rows), Sentence(c.rows); at != c.at || !strings.Contains(says, c.says) || strings.Contains(says, "NaN") {
			t.Errorf("%s: %d, want %d: %s", name, at, c.at, says)
		}
	}
}
