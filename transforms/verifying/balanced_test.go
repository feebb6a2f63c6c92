package verifying

import (
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// TestBalanced: size is what the manifest says it was.
func TestBalanced(t *testing.T) {
	sized := func(columns ...string) schemas.PickSet {
		return schemas.PickSet{Objective: &schemas.Objective{Columns: columns}}
	}
	for name, c := range map[string]struct {
		sets []schemas.PickSet
		want []string
	}{
		"no objective":    {[]schemas.PickSet{{}}, picking.BalancedColumns},
		"with object":     {[]schemas.PickSet{{}, sized(schemas.ColMean, schemas.ColObject)}, picking.BalancedColumns},
		"size is unknown": {[]schemas.PickSet{sized(schemas.ColMean)}, picking.BalancedColumns},
		"earlier":         {[]schemas.PickSet{sized(), sized(schemas.ColMSE, schemas.ColForeground)}, picking.EarlierColumns},
	} {
		s := &selection{m: &schemas.SelectionManifest{Sets: c.sets}}
		if got := s.balanced(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestValuesOf: what an image has in balanced columns is read as conditions read it: NaN is none.
func TestValuesOf(t *testing.T) {
	s := &selection{m: &schemas.SelectionManifest{}, latents: &latentsFolder{}}
	s.latents.manifest.Spec.Metadata = []string{"Metadata_a", "Metadata_b"}
	s.m.Parameters.Picking.Balance = schemas.Balancing{{Column: "Metadata_b"}, {Column: schemas.ColLabel}}
	b := &latents.Batch{N: 3, Label: []string{"x", "nan", ""}, HasLabel: []bool{true, true, false}, Metadata: [][]string{{"1", "2", "3"}, {"NaN", "", "nano"}}}
	for k, want := range [][]string{{"", "x"}, {"", ""}, {"nano", ""}} {
		if got := s.valuesOf(b, k); !slices.Equal(got, want) {
			t.Errorf("image %d has %q, want %q", k, got, want)
		}
	}
}
