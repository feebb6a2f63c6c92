package reporting

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// The paragraph is quoted in papers: its sentences are whole, and count one as one.
func TestMethodsRead(t *testing.T) {
	say := func(change func(m *schemas.SelectionManifest)) string {
		g := &gatherer{inputs: &inputs{}}
		m := &g.selection
		m.Rows, m.Eligible, m.Picks, m.Picked = 100, 99, 20, 20
		m.Excluded, m.Exclusions = 1, []schemas.Exclusion{{Reason: schemas.ReasonBorder}}
		m.Parameters = schemas.SelectionParameters{Top: 5, Centers: []string{schemas.CenterMean}, Metrics: []string{schemas.MetricEuclidean},
			Gate:    schemas.GateParameters{Mode: schemas.GateAuto},
			Picking: schemas.PickParameters{Strategy: schemas.StrategyNearest, Duplicates: schemas.DuplicatesSkip}}
		m.Grade = &schemas.Grade{Draws: 20, Evaluated: 50, Mixtures: make([]schemas.Mixture, 12)}
		change(m)
		p := &paragraph{cited: map[string]string{}}
		g.sayGate(p)
		g.sayPicks(p)
		g.sayGrade(p)
		return p.text.String()
	}
	for _, c := range []struct {
		change func(m *schemas.SelectionManifest)
		says   string
		not    string
	}{
		{func(m *schemas.SelectionManifest) {}, "excluded one image, which was cut off at the edge (Otsu 1979); 99 remained.", "of them"},
		{func(m *schemas.SelectionManifest) {}, "No near duplicates of a pick were found.", "(0)"},
		{func(m *schemas.SelectionManifest) {}, "None of the 12 groups tested was a mixture of separate populations", " 0 "},
		{func(m *schemas.SelectionManifest) { m.Grade.Mixtures[3].Mixed = true }, "1 of the 12 groups tested was a mixture", "were mixtures"},
		{func(m *schemas.SelectionManifest) { m.Grade.Mixtures = m.Grade.Mixtures[:1] }, "The one group tested was no mixture", "1 groups"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Top, m.Parameters.Picking.Budget, m.Parameters.Picking.Quota = 0, 20, schemas.QuotaSqrt
		}, "A budget of 20 images was shared among the groups in proportion to the square roots of their sizes. Images nearest to the center by Euclidean distance were picked: 20 picks, of 20 images.", "was, "},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Top, m.Parameters.Picking.Budget, m.Parameters.Picking.Quota = 0, 1, schemas.QuotaSqrt
			m.Scopes = []schemas.ScopeSummary{{Scope: schemas.ScopeGlobal, Groups: 1}}
		}, "The budget was 1 image. Images nearest to the center", "shared among"},
		{func(m *schemas.SelectionManifest) {}, "Of each group up to 5 images, those nearest to the center by Euclidean distance, were picked: 20 picks, of 20 images.", "the 5 images"},
		{func(m *schemas.SelectionManifest) { m.Parameters.Top, m.Picks, m.Picked = 1, 1, 1 },
			"Of each group the image nearest to the center by Euclidean distance was picked: 1 pick, of 1 image.", "1 picks"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Candidates, m.Scopes = schemas.CandidatesMiddle, []schemas.ScopeSummary{{Scope: "cluster", Groups: 12}, {Scope: "label", Groups: 3}}
			m.Sets = []schemas.PickSet{{Scope: "cluster", Middle: &schemas.Middle{Columns: []string{"mse", "mean"}, Widened: 3}}, {Scope: "cluster", Middle: &schemas.Middle{Widened: 3}}, {Scope: "label", Middle: &schemas.Middle{Columns: []string{"mse", "mean"}, Widened: 1}}}
		}, "were picked: 20 picks, of 20 images. Only images in the middle half of their group in mse and mean could be picked. In 4 of 15 groups, which have fewer", "wider as it took. Only"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Strategy, m.Parameters.Top = schemas.StrategyRange, 1
			m.Sets = []schemas.PickSet{{Spreads: []schemas.Spread{{Inliers: 40, Outliers: 2}, {Inliers: 57}}}}
		}, "To show how far groups reach, the image of each that is nearest to its center by Euclidean distance was picked (typical), those at the first and at the third quartile of the distances (25 % and 75 %), and the farthest (extreme). " +
			"Images beyond the upper fence (Tukey 1977) of their group, Q3 + 1.5 (Q3 - Q1) of its distances, 2 of 99 images, count as outliers: they do not count for these positions, and the farthest of them were picked apart. In total these are 20 picks, of 20 images.", "by cosine"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Strategy, m.Parameters.Top, m.Parameters.Metrics = schemas.StrategyRange, 3, []string{schemas.MetricCosine}
		}, "up to 3 images of each that are nearest to its center by cosine distance were picked (typical), as many at the first", "Euclidean"},
		{func(m *schemas.SelectionManifest) {
			m.Sets = []schemas.PickSet{{Duplicates: make([]schemas.Duplicate, 1)}}
		}, "1 near duplicate of a pick was passed over.", "duplicates"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Top, m.Parameters.Metrics = 0, []string{schemas.MetricCosine}
			m.Parameters.Picking.Strategy, m.Parameters.Picking.Budget = schemas.StrategyRepresentative, 20
		}, "Images were picked for all groups together by cosine distance: 20 picks, of 20 images.", "Euclidean"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Strategy = schemas.StrategyRepresentative
			m.Sets = []schemas.PickSet{{Objective: &schemas.Objective{Rows: 4092}}, {Objective: &schemas.Objective{Rows: 4070}}}
		}, "over a sample of 4,070 to 4,092 images, and", "sample of 4,092"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Strategy = schemas.StrategyRepresentative
			m.Parameters.Picking.Balance = schemas.Balancing{{Column: "Metadata_run", Shares: schemas.QuotaEqual}, {Column: "label", Shares: schemas.QuotaProportional}}
			m.Sets = []schemas.PickSet{{Objective: &schemas.Objective{Error: 0.7, Free: &schemas.Figures{Error: 0.69}}, Balance: []schemas.ColumnBalance{{Off: 2}, {}}}}
		}, "The picks have the values of run in equal shares, as nearly as whole numbers allow, but for 2 picks. The picks have the values of label in the proportions of the eligible images, as nearly as whole numbers allow. That changed their mean squared distance from 0.69 to 0.7 of that of random images.", "Metadata_run"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.MinDistance, m.Sets = 2, make([]schemas.PickSet, 1)
		}, "Picks are at least 2 apart.", "except"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.MinDistance, m.Sets = 2, make([]schemas.PickSet, 2)
		}, "Picks of one scope, center and distance are at least 2 apart.", "except"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.MinDistance, m.Sets = 2, []schemas.PickSet{{Fixed: 3}}
		}, "Picks are at least 2 apart, except for those asked for by name or kept from an earlier selection.", "2 apart."},
		{func(m *schemas.SelectionManifest) { m.Parameters.Picking.Exclude = []string{"a", "b", "c"} }, "3 images were excluded by hand", "by eye"},
		{func(m *schemas.SelectionManifest) { m.Parameters.Picking.Include = []string{"a"} }, "1 image was asked for by name", "by eye"},
		{func(m *schemas.SelectionManifest) {
			m.Parameters.Picking.Extend = &schemas.EarlierPick{Targets: []schemas.KeptTargets{{ImageIDs: []string{"a", "b"}}}}
		}, "2 picks were kept from an earlier selection", "by eye"},
		{func(m *schemas.SelectionManifest) {
			m.Learned = &schemas.Learned{Images: 9, MSE: 2e-5, MeanImage: 1e-6, Gray: 3e-5}
		}, "The model has learned nothing: its mean squared error, 2e-05, is no smaller than", "0.000"},
	} {
		if got := say(c.change); !strings.Contains(got, c.says) || strings.Contains(got, c.not) {
			t.Errorf("it lacks %q, or has %q:\n%s", c.says, c.not, got)
		}
	}
}

// TestWhereInWords: what the condition of a selection leaves is told, and what it does not.
func TestWhereInWords(t *testing.T) {
	for outside, want := range map[int64]string{
		2: "The selection was made of 8 images with Metadata_drug=none (Metadata_drug as text); the other 2 were left out of all that follows.",
		1: "The selection was made of 9 images with Metadata_drug=none (Metadata_drug as text); the other 1 was left out of all that follows.",
		0: "The selection was made of 10 images with Metadata_drug=none (Metadata_drug as text); all of the collection have it.",
	} {
		g, p := &gatherer{inputs: &inputs{}}, &paragraph{}
		g.selection = schemas.SelectionManifest{Rows: 10, Outside: outside, Parameters: schemas.SelectionParameters{
			Where: schemas.Condition{{Column: "Metadata_drug", Op: schemas.OpEqual, Values: []string{"none"}, As: schemas.AsText}}}}
		if g.sayWhere(p); p.text.String() != want {
			t.Errorf("%d outside: %s", outside, p.text.String())
		}
	}
}
