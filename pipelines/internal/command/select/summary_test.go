package selectcmd

import (
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selecting"
)

// TestSummaryWarnsOfFormulas: the last line says what spreadsheet programs make of
// names, whether the selection was made or was there; without such names there is none.
func TestSummaryWarnsOfFormulas(t *testing.T) {
	for _, made := range []bool{true, false} {
		r := &selecting.Result{Manifest: &schemas.SelectionManifest{}, Made: made}
		var plain, warned strings.Builder
		summarize(&plain, "selection", r, true)
		r.Formulas = selecting.Formulas{Count: 3, First: "=cmd|1"}
		summarize(&warned, "selection", r, true)
		want := plain.String() + `warning: 3 names or labels begin with "=", "+", "-", "@" or a control character, the first "=cmd|1": ` +
			"spreadsheet programs take them for formulas; import selection.csv as text\n"
		if warned.String() != want {
			t.Errorf("made %v:\n%s\nwant\n%s", made, warned.String(), want)
		}
	}
}

// TestSummaryOfSome: all images are accounted for, also those outside --where.
func TestSummaryOfSome(t *testing.T) {
	m := &schemas.SelectionManifest{Rows: 4000, Eligible: 1200, Excluded: 300, Outside: 2500,
		Parameters: schemas.SelectionParameters{Where: schemas.Condition{{Column: "Metadata_well", Op: "=", Values: []string{"A01"}, As: schemas.AsText}}}}
	where := "where Metadata_well=A01: 1,500 of 4,000 images (Metadata_well as text)\n"
	for _, c := range []struct {
		gate schemas.Gate
		want string
	}{
		{schemas.Gate{Mode: schemas.GateAuto, Judged: 1500}, "4,000 images = 1,200 eligible + 300 excluded by the quality gate + 2,500 outside --where\n"},
		{schemas.Gate{Mode: schemas.GateOff}, "4,000 images = 1,500 eligible + 2,500 outside --where: the quality gate is off\n"},
		{schemas.Gate{Mode: schemas.GateAuto}, "4,000 vectors = 1,500 eligible + 2,500 outside --where: without quality columns the quality gate has nothing to judge\n"},
	} {
		if m.Gate = c.gate; m.Gate.Judged == 0 {
			m.Eligible, m.Excluded = 1500, 0
		}
		var b strings.Builder
		summarize(&b, "d", &selecting.Result{Manifest: m}, true)
		if !strings.Contains(b.String(), where+c.want) || !strings.Contains(b.String(), "note: the selection is of the 1,500 images, of 4,000, with Metadata_well=A01 (--where): what is said of the collection is said of these\n") {
			t.Errorf("%s\nlacks\n%s", b.String(), where+c.want)
		}
	}
}

// TestSummaryOfEmptyGroups names the first groups of crossed clusters that have no image.
func TestSummaryOfEmptyGroups(t *testing.T) {
	s := schemas.ScopeSummary{Scope: "cluster*Metadata_drug", Groups: 30, Images: 90, Empty: []string{"c01+taxol"}}
	for n, want := range map[int]string{
		1:  "no image, and so no pick, is in 1 of 31 such groups: c01+taxol\n",
		11: "no image, and so no pick, is in 11 of 41 such groups: c01+taxol, x, x, x, x, x, x, x, x, x, … (all in selection.json)\n",
	} {
		for len(s.Empty) < n {
			s.Empty = append(s.Empty, "x")
		}
		s.Empty = s.Empty[:n]
		var b strings.Builder
		summarize(&b, "d", &selecting.Result{Manifest: &schemas.SelectionManifest{Scopes: []schemas.ScopeSummary{s}}}, true)
		if !strings.Contains(b.String(), "scope cluster*Metadata_drug: 30 groups of 90 images\n"+want) {
			t.Errorf("%s\nlacks\n%s", b.String(), want)
		}
	}
}

// TestSummaryOfReplaced names the first picks that were replaced, and says where there was none
// to take a place.
func TestSummaryOfReplaced(t *testing.T) {
	p := &schemas.SelectionParameters{Picking: schemas.PickParameters{Budget: 6, Extend: &schemas.EarlierPick{Targets: []schemas.KeptTargets{
		{Scope: "cluster", GroupID: "00", Center: "mean", Metric: "euclidean", ImageIDs: []string{"a", "b", "c"}},
		{Scope: "global", GroupID: "all", Center: "mean", Metric: "euclidean", ImageIDs: []string{"d"}},
	}}}}
	s := &schemas.PickSet{Scope: "cluster", Center: "mean", Metric: "euclidean", Replaced: []schemas.ReplacedPick{
		{GroupID: "00", StruckPick: schemas.StruckPick{Rank: 2, ImageID: "x"}, By: "y"}, {GroupID: "00", StruckPick: schemas.StruckPick{Rank: 4, ImageID: "z"}}}}
	want := "2 of 5 earlier picks replaced, the others keep their ranks: x by y (00, rank 2), z by none (00, rank 4); for 1 of them the group has no other candidate, so that the picks behind move up"
	if got := replacedOf(p, s); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	p.Picking.Budget = 4
	if got, want := replacedOf(p, s), "; for 1 of them a budget of 4 leaves no place, so that the picks behind move up"; !strings.HasSuffix(got, "rank 4)"+want) {
		t.Errorf("%s\nwant at its end\n%s", got, want)
	}
	p.Picking.Budget, p.Top = 0, 4
	if got, want := replacedOf(p, s), "; for 1 of them 4 per group leave no place, so that the picks behind move up"; !strings.HasSuffix(got, "rank 4)"+want) {
		t.Errorf("%s\nwant at its end\n%s", got, want)
	}
	if p.Top = 5; !strings.Contains(replacedOf(p, s), "no other candidate") {
		t.Error(replacedOf(p, s))
	}
	for range 6 {
		s.Replaced = append(s.Replaced, s.Replaced[0])
	}
	if got := replacedOf(p, s); !strings.Contains(got, ", and 3 more, all in replaced of selection.json;") || strings.Count(got, " by ") != 5 {
		t.Error(got)
	}
}

// TestSummaryOfBalance says how near the shares are, what is in the way, and what they cost.
func TestSummaryOfBalance(t *testing.T) {
	run, drug := schemas.Balanced{Column: "Metadata_run", Shares: "equal"}, schemas.Balanced{Column: "label", Shares: "proportional"}
	s := &schemas.PickSet{Scope: "cluster", Center: "mean", Metric: "euclidean", Objective: &schemas.Objective{Error: 0.7, Energy: 0.25, Free: &schemas.Figures{Error: 0.69, Energy: 0.2}},
		Balance: []schemas.ColumnBalance{
			{Balanced: run, Values: 3, Counts: []schemas.ValueBalance{{Value: "", Images: 1, Due: 1, Picks: 1}, {Value: "b", Images: 900, Due: 1, Picks: 1}}},
			{Balanced: drug, Values: 4, Off: 6, Counts: []schemas.ValueBalance{{Value: "a", Images: 1, Sampled: 1, Due: 3, Picks: 1}, {Value: "b", Images: 1000, Sampled: 2, Due: 4, Picks: 2},
				{Value: "c", Images: 50, Sampled: 9, Due: 5, Picks: 3}, {Value: "d", Images: 9, Sampled: 9, Due: 1, Picks: 7}}},
		}}
	var b strings.Builder
	summarizeBalance(&b, s)
	want := `  cluster, mean, euclidean: Metadata_run: 3 values, as near to equal shares as whole numbers allow (--balance); too few picks for all: 1 value is due none; 1 image has no Metadata_run (an empty one, or NaN), which counts as a value, with 1 pick
  cluster, mean, euclidean: label: 4 values, in the proportions of the eligible images but for 6 picks (--balance)
  warning: label=a has 1 of 3 picks due (there is 1), label=b has 2 of 4 picks due (2 of its 1,000 images are in the sample that picks come from), label=c has 3 of 5 picks due: images kept or asked for, near duplicates or another column of --balance are in the way
  cluster, mean, euclidean: the balance costs 0.01 of skill on that sample: 0.3 with it, 0.31 without; energy distance 0.25 with it, 0.2 without
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	for cost, want := range map[float64]string{0: "costs nothing of skill", 0.05: "costs 0.05 of skill", -0.02: "gains 0.02 of skill"} {
		o := &schemas.Objective{Error: 0.5 + cost, Free: &schemas.Figures{Error: 0.5}}
		if got := costOf(o); !strings.Contains(got, want) {
			t.Errorf("%g: %s", cost, got)
		}
	}
}

// TestSummaryOfLabels says which images a table of labels leaves without one, and which of its
// rows are of none.
func TestSummaryOfLabels(t *testing.T) {
	for want, l := range map[string]*schemas.GivenLabels{
		"": nil,
		"labels by --labels: of 1,503 of 1,503 images\n":                                                                                                                              {Rows: 1503, Images: 1503},
		"labels by --labels: of 1,503 of 1,503 images; 3 images have an empty one\n":                                                                                                  {Rows: 1503, Images: 1503, Empty: 3},
		"labels by --labels: of 2 of 1,503 images; 1,501 images have no row there, and so no label; 1 image has an empty one\n":                                                       {Rows: 2, Images: 2, Empty: 1},
		"labels by --labels: of 900 of 1,503 images; 603 images have no row there, and so no label\nwarning: 1 of its 901 rows names no image in the latents: nowhere.tif\n":          {Rows: 901, Images: 900, Strays: 1, Stray: "nowhere.tif"},
		"labels by --labels: of 1,502 of 1,503 images; 1 image has no row there, and so no label\nwarning: 2 of its 1,504 rows name no image in the latents, the first nowhere.tif\n": {Rows: 1504, Images: 1502, Strays: 2, Stray: "nowhere.tif"},
	} {
		var b strings.Builder
		if summarizeLabels(&b, &schemas.SelectionManifest{Rows: 1503, Labels: l}); b.String() != want {
			t.Errorf("%s\nwant\n%s", b.String(), want)
		}
	}
}

// The fence is said as it is taken: by cosine of the lengths, whose squares distances are.
func TestOutliersAreByTheirFence(t *testing.T) {
	spreads := []schemas.Spread{{Fence: 2, Outliers: 3}, {}}
	for metric, want := range map[string]string{
		schemas.MetricEuclidean: "3 images of 1 group beyond the upper fence of the distances, Q3 + 1.5 (Q3 - Q1); 1 group has no fence: fewer than 8 images, or equal quartiles",
		schemas.MetricCosine:    "3 images of 1 group beyond the upper fence of the distances, Q3 + 1.5 (Q3 - Q1) of their square roots; 1 group has no fence: fewer than 8 images, or equal quartiles",
	} {
		if got := outliersOf(metric, spreads); got != want {
			t.Errorf("%s: %s", metric, got)
		}
	}
}

// TestSummaryOfGroupsWithoutPicks counts them and names the first.
func TestSummaryOfGroupsWithoutPicks(t *testing.T) {
	m := &schemas.SelectionManifest{Sets: []schemas.PickSet{{Scope: "label", Center: "mean", Metric: "euclidean"}, {Scope: "cluster", Center: "mean", Metric: "euclidean"}}}
	for want, groups := range map[string][]string{
		"  cluster, mean, euclidean: 1 group without a pick: 03\n":                                                                    {"03"},
		"  cluster, mean, euclidean: 11 groups without a pick: a, b, c, d, e, f, g, h, i, j, … (all groups are in centers.parquet)\n": strings.Split("abcdefghijk", ""),
	} {
		var b strings.Builder
		summarize(&b, "d", &selecting.Result{Manifest: m, Unpicked: [][]string{nil, groups}}, true)
		if strings.Count(b.String(), "without a pick") != 1 || !strings.Contains(b.String(), want) {
			t.Errorf("%s\nlacks\n%s", b.String(), want)
		}
	}
}
