package reporting

import (
	"fmt"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/kmeans"
)

// group is one group of a selection.
type group struct {
	scope, id string
	size      int64
	centers   map[string][]float64
	norms     map[string]float64 // of centers
}

// scope is the groups of one scope.
type scope struct {
	name   string
	groups map[string]int // by id
	first  int
	column int // of a Metadata_ column
}

// grouping finds the groups of images, from the centers of a selection. Goroutines
// may share it.
type grouping struct {
	groups   []group
	scopes   []scope
	clusters *nearest.Index // in the order of their names; nil without clusters
	names    []string       // of clusters
	p        *schemas.SelectionParameters
}

func newGrouping(in *inputs) (*grouping, error) {
	g := &grouping{p: &in.selection.Parameters}
	for _, name := range g.p.Scopes {
		s := scope{name: name, groups: map[string]int{}, first: len(g.groups), column: slices.Index(in.selection.Metadata, schemas.ColumnOf(name))}
		for _, c := range in.centers {
			if c.Scope != name {
				continue
			}
			at, known := s.groups[c.GroupID]
			if !known {
				at = len(g.groups)
				s.groups[c.GroupID] = at
				g.groups = append(g.groups, group{scope: name, id: c.GroupID, size: c.GroupSize, centers: map[string][]float64{}, norms: map[string]float64{}})
			}
			g.groups[at].centers[c.Center], g.groups[at].norms[c.Center] = c.Embedding, kmeans.Norm(c.Embedding)
		}
		g.scopes = append(g.scopes, s)
	}
	if err := g.findClusters(in); err != nil {
		return nil, err
	}
	for _, p := range in.picks {
		if g.find(p.Scope, p.GroupID) < 0 {
			return nil, fmt.Errorf("%s has no group %q of scope %s, which there are picks of: make the selection again", schemas.CentersParquet, p.GroupID, p.Scope)
		}
	}
	return g, nil
}

// findClusters takes the clusters from the centers, where groups are found by them.
func (g *grouping) findClusters(in *inputs) error {
	if !g.p.Clustered() {
		return nil
	}
	var rows []float64
	for _, c := range in.centers {
		if c.Scope == schemas.ScopeCluster && c.Center == schemas.CenterKMeans {
			rows, g.names = append(rows, c.Embedding...), append(g.names, c.GroupID)
		}
	}
	of := len(g.names)
	for _, s := range g.scopes {
		if s.name == schemas.ScopeCluster {
			of = len(s.groups)
		}
	}
	if len(rows) != of*in.selection.Space.Dimension || len(rows) == 0 {
		return fmt.Errorf("%s lacks centers of clusters: make the selection again", schemas.CentersParquet)
	}
	g.clusters = nearest.New(rows, in.selection.Space.Dimension)
	return nil
}

// find returns the number of a group, -1 where there is none.
func (g *grouping) find(scope, id string) int {
	for _, s := range g.scopes {
		if s.name == scope {
			if at, ok := s.groups[id]; ok {
				return at
			}
		}
	}
	return -1
}

// targets is the number of centers and metrics of a group, and target the number
// of one of them.
func (g *grouping) targets() int { return len(g.p.Centers) * len(g.p.Metrics) }

func (g *grouping) target(group int, center, metric string) int {
	return group*g.targets() + slices.Index(g.p.Centers, center)*len(g.p.Metrics) + slices.Index(g.p.Metrics, metric)
}

// assign writes the group of each row in each scope, -1 where it is in none, and the clusters of
// the rows, nil without. The cluster of a row is found whether it is eligible or not. x are the
// rows' vectors in the selection's space.
func (g *grouping) assign(b *latents.Batch, x []float32) (groups [][]int32, clusters []int32) {
	if g.clusters != nil {
		clusters = make([]int32, b.N)
		g.clusters.Find(clusters, make([]float64, b.N), x)
	}
	groups = make([][]int32, len(g.scopes))
	for i, s := range g.scopes {
		list := make([]int32, b.N)
		groups[i] = list
		for k := range list {
			switch {
			case s.name == schemas.ScopeCluster:
				list[k] = int32(s.first) + clusters[k]
			case s.name == schemas.ScopeGlobal:
				list[k] = int32(s.first)
			case schemas.CrossesClusters(s.name):
				list[k] = s.byValue(b, k, g.names[clusters[k]])
			default:
				list[k] = s.byValue(b, k, "")
			}
		}
	}
	return groups, clusters
}

// byValue returns the group of a row by its value in a column, and by its cluster where that is
// crossed.
func (s *scope) byValue(b *latents.Batch, k int, cluster string) int32 {
	value, ok := b.Label[k], b.HasLabel[k]
	if s.column >= 0 {
		value = b.Metadata[s.column][k]
		ok = value != ""
	}
	if cluster != "" {
		value = schemas.CrossedGroup(s.name, cluster, value)
	}
	if at, known := s.groups[value]; known && ok {
		return int32(at)
	}
	return -1
}

// distance returns the distance of a vector to a center of a group.
func (g *group) distance(center, metric string, x []float32, norm float64) float64 {
	return kmeans.DistanceOf(metric, x, g.centers[center], norm, g.norms[center])
}
