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

// TestSummaryOfReplaced names the first picks that were replaced, and says where there was none
// to take a place.
func TestSummaryOfReplaced(t *testing.T) {
	p := &schemas.PickParameters{Extend: &schemas.EarlierPick{Targets: []schemas.KeptTargets{
		{Scope: "cluster", GroupID: "00", Center: "mean", Metric: "euclidean", ImageIDs: []string{"a", "b", "c"}},
		{Scope: "global", GroupID: "all", Center: "mean", Metric: "euclidean", ImageIDs: []string{"d"}},
	}}}
	s := &schemas.PickSet{Scope: "cluster", Center: "mean", Metric: "euclidean", Replaced: []schemas.ReplacedPick{
		{GroupID: "00", StruckPick: schemas.StruckPick{Rank: 2, ImageID: "x"}, By: "y"}, {GroupID: "00", StruckPick: schemas.StruckPick{Rank: 4, ImageID: "z"}}}}
	want := "2 of 5 earlier picks replaced, the others keep their ranks: x by y (00, rank 2), z by none (00, rank 4); for 1 of them the group has no other candidate, so that the picks behind move up"
	if got := replacedOf(p, s); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for range 6 {
		s.Replaced = append(s.Replaced, s.Replaced[0])
	}
	if got := replacedOf(p, s); !strings.Contains(got, ", and 3 more, all in replaced of selection.json;") || strings.Count(got, " by ") != 5 {
		t.Error(got)
	}
}
