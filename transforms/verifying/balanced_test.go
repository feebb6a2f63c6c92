package verifying

import (
	"slices"
	"testing"

	"exemplar/schemas"
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
