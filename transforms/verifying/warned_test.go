package verifying

import (
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestEarlierWarningsOfTheScope: what earlier versions warned of, a column that the groups were
// asked by, is told and no difference; what they warned of beside stays to be compared.
func TestEarlierWarningsOfTheScope(t *testing.T) {
	finding := func(kind, scope, text string) schemas.Finding {
		return schemas.Finding{Kind: kind, Scope: scope, Center: "mean", Metric: "euclidean", Text: text}
	}
	set := schemas.SetGrade{Scope: "Metadata_run", Center: "mean", Metric: "euclidean", Batches: []schemas.BatchTest{{Column: "Metadata_run"}, {Column: "Metadata_run_2"}}}
	g := schemas.Grade{Sets: []schemas.SetGrade{set}, Findings: []schemas.Finding{
		finding(schemas.FindingBatch, "Metadata_run", "some values of Metadata_run are over-represented among the picks (χ² 9, p below 0.001)"),
		finding(schemas.FindingBatch, "Metadata_run", "some values of Metadata_run_2 are over-represented among the picks (χ² 9, p below 0.001)"),
		finding(schemas.FindingBatch, "cluster", "some values of Metadata_run are over-represented among the picks (χ² 9, p below 0.001)"),
		finding(schemas.FindingSkill, "Metadata_run", "some values of Metadata_run are over-represented among the picks (χ² 9, p below 0.001)"),
	}}
	want := slices.Clone(g.Findings[1:])
	p := &schemas.SelectionParameters{Picking: schemas.PickParameters{Strategy: schemas.StrategyRepresentative}}
	if columns := warnedOfOwn(&g, p); len(columns) > 0 || len(g.Findings) != 4 {
		t.Errorf("representative picks, which groups do not decide: %q", columns)
	}
	p.Picking.Strategy = schemas.StrategyNearest
	if columns := warnedOfOwn(&g, p); !slices.Equal(columns, []string{"Metadata_run"}) || !slices.Equal(g.Findings, want) {
		t.Errorf("%q, left %+v", columns, g.Findings)
	}
}
