package centering

import (
	"exemplar/transforms/selection/kmeans"
)

// sums add up the rows of every group.
type sums struct {
	Counts []int64
	Totals []int64 // groups x D, in the fixed point of scale

	scale  kmeans.Scale
	factor float64
	d      int
}

func newSums(s *State) *sums {
	n := s.Len()
	return &sums{Counts: make([]int64, n), Totals: make([]int64, n*s.D), scale: s.Scale, factor: s.Scale.Factor(), d: s.D}
}

func (t *sums) add(g int, x []float32) {
	t.Counts[g]++
	kmeans.AddRow(t.Totals[g*t.d:(g+1)*t.d], x, t.factor)
}

func (t *sums) fold(o *sums) {
	addAll(t.Counts, o.Counts)
	addAll(t.Totals, o.Totals)
}

// take sets sizes and means.
func (t *sums) take(s *State) {
	s.Sizes, s.Means = t.Counts, make([]float64, len(t.Totals))
	for g, n := range t.Counts {
		if row := s.Means[g*s.D : (g+1)*s.D]; n > 0 {
			s.Scale.Mean(row, t.Totals[g*s.D:(g+1)*s.D], n)
		}
	}
}

func addAll[T int64 | uint32](into, from []T) {
	for i, v := range from {
		into[i] += v
	}
}
