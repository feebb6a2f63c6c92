package clustering

import (
	"slices"

	"exemplar/model/nearest"
)

// Solution is a set of centres between two passes: what each pass gets as its
// side input, one element.
type Solution struct {
	D, K         int    // dimensions; clusters wanted
	Shift, Bound int    // Scale of the rows
	Centers      []byte // float64 rows; sorted where they are clusters, else in the order of Groups

	Groups   []string // names of the groups; nil for clusters, whose names come last
	ByLabel  bool     // a row belongs to the group of its label
	Eligible int64
	Spread   float64 // sum of squared distances to the mean of all eligible rows

	SampleRows int64 // rows in the seeding sample
	Passes     int   // full passes that moved or confirmed the centres
	Converged  bool  // the last pass left the centres unchanged
}

// Scale returns the fixed point of exact sums over the rows.
func (s Solution) Scale() Scale { return Scale{s.Shift, s.Bound} }

// Rows returns the coordinates of all centres.
func (s Solution) Rows() []float64 { return unpack[float64](s.Centers) }

// Grouping returns the assignment of rows to the solution's groups.
func (s Solution) Grouping() *Grouping {
	g := &Grouping{centers: nearest.New(s.Rows(), s.D)}
	if s.ByLabel {
		g.labels = map[string]int32{}
		for i, label := range s.Groups {
			g.labels[label] = int32(i)
		}
	}
	return g
}

// Grouping assigns rows to groups: to their label, or to the nearest centre,
// which is the only one in scope global. It may be shared by goroutines.
type Grouping struct {
	centers *nearest.Index
	labels  map[string]int32 // nil: the nearest centre
}

// Center returns the centre of group i.
func (g *Grouping) Center(i int) []float64 { return g.centers.Row(i) }

// Len returns the number of groups.
func (g *Grouping) Len() int { return g.centers.Len() }

// Assign returns for each eligible row of a batch, given with its embeddings
// (Batch.X), its group and the squared distance to that group's centre. Rows
// without a label get group -1 where labels are the groups.
func (g *Grouping) Assign(b *Batch, x []float32, groups []int32, d2 []float64) ([]int32, []float64) {
	n := len(b.Eligible)
	groups, d2 = slices.Grow(groups[:0], n)[:n], slices.Grow(d2[:0], n)[:n]
	if g.labels == nil {
		g.centers.Find(groups, d2, x)
		return groups, d2
	}
	for i, row := range b.Eligible {
		group, ok := g.labels[b.Label[row]]
		if !ok || !b.HasLabel[row] {
			groups[i] = -1
			continue
		}
		groups[i] = group
		d2[i] = nearest.SquaredDistance(x[i*b.D:(i+1)*b.D], g.Center(int(group)))
	}
	return groups, d2
}
