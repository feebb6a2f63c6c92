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
		switch {
		case scope.Clusters > 0:
			list, _ = crossedGroups(s, scope)
		case scope.Values == nil:
			list = clustersOf(scope.Name, scope.First, s.Sizes[scope.First:scope.First+scope.Len])
		default:
			for i, value := range scope.Values {
				if size := s.Sizes[scope.First+i]; size > 0 {
					list = append(list, group{scope: scope.Name, id: value, number: scope.First + i, size: size})
				}
			}
		}
		groups = append(groups, list...)
	}
	return groups
}

// clustersOf names the clusters that have images, of which the first has a number.
func clustersOf(scope string, first int, sizes []int64) (list []group) {
	for i, size := range sizes {
		if size > 0 {
			list = append(list, group{scope: scope, number: first + i, size: size})
		}
	}
	slices.SortStableFunc(list, func(a, b group) int { return cmp.Compare(b.size, a.size) })
	for i := range list {
		list[i].id = fmt.Sprintf("%0*d", max(2, len(fmt.Sprint(len(list)-1))), i)
	}
	return list
}

// crossedGroups names the groups of a scope that crosses clusters, in the order of their names,
// and apart from them those that no image is in.
func crossedGroups(s *centering.State, scope centering.Scope) (list []group, empty []string) {
	for _, cluster := range clustersOf(schemas.ScopeCluster, 0, s.Clustered) {
		for i, value := range scope.Values {
			g := group{scope: scope.Name, id: schemas.CrossedGroup(scope.Name, cluster.id, value), number: scope.First + cluster.number*len(scope.Values) + i}
			if g.size = s.Sizes[g.number]; g.size > 0 {
				list = append(list, g)
			} else {
				empty = append(empty, g.id)
			}
		}
	}
	slices.SortFunc(list, func(a, b group) int { return cmp.Compare(a.id, b.id) })
	slices.Sort(empty)
	return list, empty
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
		if scope.Clusters > 0 {
			_, summary.Empty = crossedGroups(s, scope)
		}
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
	if o.Parameters.CrossesClusters() && !slices.Contains(o.Parameters.Scopes, schemas.ScopeCluster) {
		for _, c := range clustersOf(schemas.ScopeCluster, 0, s.Clustered) { // what the groups were found by
			centers = append(centers, schemas.Center{Scope: c.scope, GroupID: c.id, Center: schemas.CenterKMeans,
				GroupSize: c.size, Embedding: s.KMeans(c.number)})
		}
	}
	return centers
}
