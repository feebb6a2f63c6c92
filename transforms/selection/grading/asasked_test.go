package grading

import (
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestAskedForIsNoFinding: that values of a column are over-represented is a finding, but not
// where they are groups that have picks of their own.
func TestAskedForIsNoFinding(t *testing.T) {
	for _, c := range []struct {
		strategy, scope string
		want            []string // columns that are found
	}{
		{schemas.StrategyNearest, "cluster", []string{"Metadata_run", "Metadata_drug"}},
		{schemas.StrategyNearest, "Metadata_run", []string{"Metadata_drug"}},
		{schemas.StrategyRange, "Metadata_run", []string{"Metadata_drug"}},
		{schemas.StrategyFacility, "Metadata_drug*Metadata_run", nil},
		{schemas.StrategyNearest, "cluster*Metadata_drug", []string{"Metadata_run"}},
		{schemas.StrategyRepresentative, "Metadata_run", []string{"Metadata_run", "Metadata_drug"}},
	} {
		p := &schemas.SelectionParameters{Picking: schemas.PickParameters{Strategy: c.strategy}}
		g := &grader{Input: Input{Parameters: p}}
		var found []string
		set := schemas.SetGrade{Scope: c.scope}
		for _, column := range []string{"Metadata_run", "Metadata_drug"} {
			set.Batches = []schemas.BatchTest{{Column: column, P: 1e-9}}
			g.findBatches(&set, func(string) schemas.Finding { return schemas.Finding{} }, func(schemas.Finding, string, ...any) { found = append(found, column) })
		}
		if !slices.Equal(found, c.want) {
			t.Errorf("%s, scope %s: %q, want %q", c.strategy, c.scope, found, c.want)
		}
	}
}
