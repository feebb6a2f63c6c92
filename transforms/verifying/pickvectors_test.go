package verifying

import (
	"slices"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selection/picking"
)

// TestVectorsOfPicks: a vector is that of the first candidate of an image, of the group and of
// the center and metric that are asked for.
func TestVectorsOfPicks(t *testing.T) {
	entry := func(id string, x float32) picking.Entry {
		return picking.Entry{Pick: schemas.Pick{ImageID: id}, X: []float32{x}}
	}
	s := &selection{scopes: []scopeIndex{{byID: map[string]int{"a": 0, "b": 1}}}}
	s.groups = []groupTally{{listed: []picking.Listed{
		{Pool: []picking.Entry{entry("one", 1), entry("two", 2)}, Fixed: []picking.Entry{entry("two", 9), entry("three", 3)}},
		{At: [][]picking.Entry{{entry("one", 4)}, {entry("five", 5)}}},
	}}, {}}
	v := newVectors(s)
	for range 2 {
		for _, c := range []struct {
			group  string
			target int
			id     string
			want   []float64
		}{{"a", 0, "one", []float64{1}}, {"a", 0, "two", []float64{2}}, {"a", 0, "three", []float64{3}}, {"a", 0, "five", nil},
			{"a", 1, "one", []float64{4}}, {"a", 1, "five", []float64{5}}, {"b", 0, "one", nil}, {"c", 0, "one", nil}} {
			got, ok := v.of(0, c.target, &schemas.Pick{GroupID: c.group, ImageID: c.id})
			if !slices.Equal(got, c.want) || ok != (c.want != nil) {
				t.Errorf("%+v: %v, %v", c, got, ok)
			}
		}
	}
}
