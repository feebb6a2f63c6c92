package centering

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
)

// Medoid finds the medoid of every group among the rows nearest to its geometric
// median.
type Medoid struct {
	K      int     // rows considered of each group, or all where it has no more
	Lists  [][]Row // of the groups, nearest first; nil before they are known
	Winner []int   // of the groups, its place in the list; nil before it is known
}

// Row is one image's vector.
type Row struct {
	ID string
	X  []float32
	D2 float64 // squared distance to the geometric median
}

func (m *Medoid) done() bool { return m.Winner != nil }

func (m *Medoid) winner(g int) Row { return m.Lists[g][m.Winner[g]] }

// nearRows are the rows nearest to each geometric median.
type nearRows struct {
	Lists [][]Row

	k     int
	paths []Path
}

func (m *Medoid) open(s *State) *nearRows {
	return &nearRows{Lists: make([][]Row, s.Len()), k: m.K, paths: s.Geometric.Paths}
}

func byDistance(a, b Row) int {
	return cmp.Or(cmp.Compare(a.D2, b.D2), strings.Compare(a.ID, b.ID))
}

func (t *nearRows) add(g int, x []float32, id string) {
	t.offer(g, Row{id, x, nearest.SquaredDistance(x, t.paths[g].Y)}, true)
}

// offer keeps a row that is among the nearest, its vector copied where asked.
func (t *nearRows) offer(g int, r Row, clone bool) {
	list, at := nearest.Keep(t.Lists[g], r, t.k, byDistance)
	if clone && at >= 0 {
		list[at].ID, list[at].X = strings.Clone(r.ID), slices.Clone(r.X)
	}
	t.Lists[g] = list
}

func (t *nearRows) fold(o *nearRows) {
	for g, list := range o.Lists {
		for _, r := range list {
			t.offer(g, r, false)
		}
	}
}

func (m *Medoid) takeNearest(t *nearRows) { m.Lists = t.Lists }

// totals are the sums of the distances of every candidate to all rows of its group.
type totals struct {
	Sums [][]kmeans.WideSum // [group][candidate]

	d          int
	scale      kmeans.Scale
	candidates [][]float32 // of the groups, one after the other
	d2         []float64
}

func (m *Medoid) openTotals(s *State) *totals {
	t := &totals{Sums: make([][]kmeans.WideSum, len(m.Lists)), d: s.D, scale: distanceScale(s),
		candidates: make([][]float32, len(m.Lists)), d2: make([]float64, m.K)}
	for g, list := range m.Lists {
		t.Sums[g] = make([]kmeans.WideSum, len(list))
		for _, r := range list {
			t.candidates[g] = append(t.candidates[g], r.X...)
		}
	}
	return t
}

func (t *totals) add(g int, x []float32) {
	d2 := t.d2[:len(t.Sums[g])]
	nearest.SquaredDistances(d2, t.candidates[g], nearest.Widen(x))
	for i, v := range d2 {
		t.Sums[g][i].Add(math.Sqrt(v), t.scale)
	}
}

func (t *totals) fold(o *totals) {
	for g, sums := range o.Sums {
		for i, v := range sums {
			t.Sums[g][i].Merge(v)
		}
	}
}

// takeTotals finds the smallest sums; the nearer to the geometric median wins a tie.
func (m *Medoid) takeTotals(s *State, t *totals) {
	m.Winner = make([]int, len(m.Lists))
	for g, sums := range t.Sums {
		for i, v := range sums {
			if v.Less(sums[m.Winner[g]]) {
				m.Winner[g] = i
			}
		}
	}
}
