package centering

import (
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/rows"
)

// Scope is one way to divide the images into groups.
type Scope struct {
	Name     string   // global, cluster, label, a Metadata_ column, or what is crossed
	Values   []string // the groups' names, sorted; nil for clusters, which have numbers
	Clusters int      // that Values are crossed with: a group is one of these, then one of Values
	First    int      // position of the first group among those of all scopes
	Len      int      // number of groups
	Column   int      // position of a Metadata_ column among those of the files
}

// clusters reports whether the groups of the scope are found by clusters.
func (s Scope) clusters() bool { return s.Name == schemas.ScopeCluster || s.Clusters > 0 }

// layOut numbers the groups of all scopes one after the other.
func layOut(scopes, metadata []string, stats clustering.Stats, clusters int) (list []Scope, groups int) {
	for _, name := range scopes {
		column := schemas.ColumnOf(name)
		s := Scope{Name: name, First: groups, Len: 1, Column: slices.Index(metadata, column)}
		switch name {
		case schemas.ScopeGlobal:
			s.Values = []string{schemas.GroupAll}
		case schemas.ScopeCluster:
			s.Len = clusters
		default:
			s.Values = stats.Values[slices.Index(stats.Columns, column)].Names
			s.Len = len(s.Values)
		}
		if schemas.CrossesClusters(name) {
			s.Clusters, s.Len = clusters, clusters*len(s.Values)
		}
		groups += s.Len
		list = append(list, s)
	}
	return list, groups
}

// Groups finds the groups of images. It may be shared by goroutines.
type Groups struct {
	scopes   []Scope
	clusters *nearest.Index
	values   []map[string]int32 // by scope, then value: number of the group
}

// Groups returns the assignment of images to the state's groups.
func (s *State) Groups() *Groups {
	g := &Groups{scopes: s.Scopes, values: make([]map[string]int32, len(s.Scopes))}
	if len(s.kmeans) > 0 {
		g.clusters = nearest.New(s.kmeans, s.D)
	}
	for i, scope := range s.Scopes {
		g.values[i] = map[string]int32{}
		for j, value := range scope.Values {
			g.values[i][value] = int32(scope.First + j)
		}
	}
	return g
}

// Columns are the columns of the latents that groups depend on.
const Columns = latents.Labels | latents.Metadata

// Membership is the groups of the eligible images of a batch.
type Membership struct {
	Groups   [][]int32 // [scope][image]; -1 where an image is in no group of the scope
	Clusters []int32   // numbers of the clusters of the images, where a scope has them
	D2       []float64 // of the images, to the centers of their clusters
}

// Assign finds the groups of the eligible images of a batch, whose vectors x are
// (Batch.X), in the scopes for which wanted says so. An image without a label, or
// with an empty Metadata_ value, is in no group of that scope.
func (g *Groups) Assign(m *Membership, b *rows.Batch, x []float32, wanted func(scope int) bool) {
	m.Groups = slices.Grow(m.Groups[:0], len(g.scopes))[:len(g.scopes)]
	n, found := len(b.Eligible), false
	for s, scope := range g.scopes {
		if !wanted(s) {
			continue
		}
		if scope.clusters() && !found {
			m.Clusters, m.D2 = slices.Grow(m.Clusters[:0], n)[:n], slices.Grow(m.D2[:0], n)[:n]
			g.clusters.Find(m.Clusters, m.D2, x)
			found = true
		}
		groups := slices.Grow(m.Groups[s][:0], n)[:n]
		m.Groups[s] = groups
		switch scope.Name {
		case schemas.ScopeGlobal:
			for i := range groups {
				groups[i] = int32(scope.First)
			}
		case schemas.ScopeCluster:
			for i, cluster := range m.Clusters {
				groups[i] = int32(scope.First) + cluster
			}
		default:
			for i, row := range b.Eligible {
				groups[i] = g.byValue(s, b, row)
				if scope.Clusters > 0 && groups[i] >= 0 {
					groups[i] += m.Clusters[i] * int32(len(scope.Values))
				}
			}
		}
	}
}

// byValue returns the group of a value, of the first cluster where clusters are crossed.
func (g *Groups) byValue(s int, b *rows.Batch, row int) int32 {
	value, ok := b.Value(g.scopes[s].Column, row)
	group, known := g.values[s][value]
	if !ok || !known {
		return -1
	}
	return group
}
