package verifying

import (
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// claim is one group of centers.parquet with its centers by name.
type claim struct {
	scope, id string
	size      int64
	centers   map[string][]float64
	keep      int              // candidates that picks are chosen from, of each center and metric
	below     float64          // their keys are smaller
	middle    *picking.Range   // that they are in; nil where all images may be picked
	spreads   []schemas.Spread // by center and metric; nil but of StrategyRange
	crossed   bool             // a cluster that others are only crossed with: nothing is picked of it
}

// scopeIndex finds the groups of one scope among the claims.
type scopeIndex struct {
	name   string
	of     string // its column, schemas.ColumnOf
	first  int    // claim of the first group
	len    int
	column int            // of a Metadata_ column
	nan    bool           // NaN is a value as others, as in earlier versions
	byID   map[string]int // claim of a group
}

// claimGroups takes the groups from the centers. Each must have all centers of its
// scope, one after the other, and those of a scope must stand together. Behind all others are
// clusters that are only crossed.
func (s *selection) claimGroups() error {
	rows := s.centers
	for i, scope := range s.m.Parameters.CenterScopes() {
		column := schemas.ColumnOf(scope)
		index := scopeIndex{name: scope, of: column, first: len(s.claims), byID: map[string]int{},
			column: slices.Index(s.latents.manifest.Spec.Metadata, column)}
		names := s.m.Parameters.CentersOf(scope)
		for len(rows) >= len(names) && rows[0].Scope == scope {
			c := claim{scope: scope, id: rows[0].GroupID, size: rows[0].GroupSize, centers: map[string][]float64{}, crossed: i >= len(s.m.Parameters.Scopes)}
			for i, name := range names {
				if got := rows[i]; got.Scope != scope || got.GroupID != c.id || got.Center != name || got.GroupSize != c.size {
					return fmt.Errorf("row %d is %s of group %s of scope %s, of %d images; want %s of group %s of scope %s, of %d", len(s.centers)-len(rows)+i,
						got.Center, got.GroupID, got.Scope, got.GroupSize, name, c.id, scope, c.size)
				}
				c.centers[name] = rows[i].Embedding
			}
			if _, twice := index.byID[c.id]; twice {
				return fmt.Errorf("group %s of scope %s is there twice", c.id, scope)
			}
			index.byID[c.id] = len(s.claims)
			s.claims = append(s.claims, c)
			rows = rows[len(names):]
			index.len++
		}
		s.scopes = append(s.scopes, index)
	}
	nan := slices.ContainsFunc(s.claims, func(c claim) bool { return schemas.OfNaN(c.scope, c.id) })
	for i := range s.scopes {
		s.scopes[i].nan = nan
	}
	if len(rows) > 0 {
		return fmt.Errorf("row %d is %s of group %s of scope %s, behind the last group of scopes %v", len(s.centers)-len(rows),
			rows[0].Center, rows[0].GroupID, rows[0].Scope, s.m.Parameters.Scopes)
	}
	return nil
}

// picked returns the scopes that images are picked of, and pickedClaims their groups: all but
// clusters that are only crossed.
func (s *selection) picked() []scopeIndex { return s.scopes[:len(s.m.Parameters.Scopes)] }

func (s *selection) pickedClaims() []claim {
	n := slices.IndexFunc(s.claims, func(c claim) bool { return c.crossed })
	if n < 0 {
		return s.claims
	}
	return s.claims[:n]
}

// clusters returns the scope of the clusters.
func (s *selection) clusters() *scopeIndex {
	return &s.scopes[slices.IndexFunc(s.scopes, func(scope scopeIndex) bool { return scope.name == schemas.ScopeCluster })]
}

// groupOf returns the claim of the group that an eligible image belongs to; value
// is the group's name where there is no such claim, and "" where the image is in
// no group of the scope.
func (s *selection) groupOf(scope *scopeIndex, x []float32, b *latents.Batch, k int) (group int, value string, ok bool) {
	switch scope.name {
	case schemas.ScopeGlobal:
		value = "all"
	case schemas.ScopeCluster:
		return s.nearestCenter(scope, x), "", scope.len > 0
	default:
		if value, ok = scope.value(b, k); !ok {
			return 0, "", false
		}
	}
	if schemas.CrossesClusters(scope.name) {
		clusters := s.clusters()
		if clusters.len == 0 {
			return 0, value, false
		}
		value = schemas.CrossedGroup(scope.name, s.claims[s.nearestCenter(clusters, x)].id, value)
	}
	group, ok = scope.byID[value]
	return group, value, ok
}

// value returns the value of an image in the column of a scope that has one.
func (scope *scopeIndex) value(b *latents.Batch, k int) (value string, ok bool) {
	switch {
	case scope.of == schemas.ScopeLabel:
		value, ok = b.Label[k], b.HasLabel[k]
	case scope.column >= 0:
		value = b.Metadata[scope.column][k]
		ok = value != ""
	}
	return value, ok && (scope.nan || !schemas.OfNaN(scope.of, value))
}

// nearestCenter returns the group whose k-means center is the nearest by squared
// Euclidean distance, the one with the smaller coordinates where two are as near.
func (s *selection) nearestCenter(scope *scopeIndex, x []float32) int {
	best, least := scope.first, math.Inf(1)
	for g := scope.first; g < scope.first+scope.len; g++ {
		center := s.claims[g].centers[schemas.CenterKMeans]
		q := squaredDistance(x, center)
		if q < least || q == least && slices.Compare(center, s.claims[best].centers[schemas.CenterKMeans]) < 0 {
			best, least = g, q
		}
	}
	return best
}
