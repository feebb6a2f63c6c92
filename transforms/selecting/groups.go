package selecting

import (
	"cmp"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/selection/centering"
)

// group is one group that has images.
type group struct {
	scope  string
	id     string
	number int // among the groups of the state
	size   int64
}

// listGroups names the groups that have images, scope by scope: values in their
// order, and clusters, as numbers, by falling size. Equal ones keep the order of
// the coordinates of their centers.
func listGroups(s *centering.State) (groups []group) {
	for _, scope := range s.Scopes {
		var list []group
		for i := range scope.Len {
			g := group{scope: scope.Name, number: scope.First + i, size: s.Sizes[scope.First+i]}
			if scope.Values != nil {
				g.id = scope.Values[i]
			}
			if g.size > 0 {
				list = append(list, g)
			}
		}
		if scope.Values == nil {
			slices.SortStableFunc(list, func(a, b group) int { return cmp.Compare(b.size, a.size) })
			for i := range list {
				list[i].id = fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(len(list)-1))), i)
			}
		}
		groups = append(groups, list...)
	}
	return groups
}

// summarize counts the groups of every scope.
func summarize(groups []group, s *centering.State) []schemas.ScopeSummary {
	var list []schemas.ScopeSummary
	for _, scope := range s.Scopes {
		summary := schemas.ScopeSummary{Scope: scope.Name}
		for _, g := range groups {
			if g.scope == scope.Name {
				summary.Groups++
				summary.Images += g.size
			}
		}
		summary.Ungrouped = s.Eligible - summary.Images
		list = append(list, summary)
	}
	return list
}

// listCenters returns the rows of centers.parquet.
func listCenters(o *Options, groups []group, s *centering.State) (centers []schemas.Center) {
	for _, g := range groups {
		for _, name := range o.Parameters.CentersOf(g.scope) {
			centers = append(centers, schemas.Center{Scope: g.scope, GroupID: g.id, Center: name,
				GroupSize: g.size, Embedding: s.Center(name, g.number)})
		}
	}
	return centers
}
