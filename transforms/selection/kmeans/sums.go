package kmeans

import "exemplar/model/nearest"

// Sums accumulates rows of some files by group.
type Sums struct {
	D       int
	Scale   Scale
	factor  float64
	Counts  []int64
	Totals  []int64 // groups x d
	Squares WideSum // of squared distances to the group's center, or of squared norms
	Far     Farthest
}

// NewSums returns the sums of no rows, for so many groups of d coordinates, of which the
// keepFar rows farthest from their centers are kept.
func NewSums(groups, d int, scale Scale, keepFar int) *Sums {
	return &Sums{D: d, Scale: scale, factor: scale.Factor(), Counts: make([]int64, groups),
		Totals: make([]int64, groups*d), Far: Farthest{Keep: keepFar}}
}

// Add adds one row to its group.
func (s *Sums) Add(group int32, x []float32, square float64) {
	g := int(group)
	s.Counts[g]++
	nearest.Accumulate(s.Totals[g*s.D:(g+1)*s.D], x, s.factor)
	s.Squares.Add(square, s.Scale)
	if s.Far.Keep > 0 {
		s.Far.Offer(x, square)
	}
}

// Fold adds the sums of other rows.
func (s *Sums) Fold(o *Sums) {
	AddAll(s.Counts, o.Counts)
	AddAll(s.Totals, o.Totals)
	s.Squares.Merge(o.Squares)
	for _, r := range o.Far.list {
		s.Far.Offer(r.x, r.d2)
	}
}

// AddAll adds numbers to as many others.
func AddAll[T int64 | uint32](into, from []T) {
	for i, v := range from {
		into[i] += v
	}
}

// Clear makes the sums those of no rows.
func (s *Sums) Clear() {
	clear(s.Counts)
	clear(s.Totals)
	s.Squares, s.Far.list = WideSum{}, nil
}

// Means returns the mean of every group that has rows.
func (s *Sums) Means() []float64 {
	row, dst := make([]float64, s.D), make([]float64, 0, len(s.Totals))
	for g, n := range s.Counts {
		if n > 0 {
			s.Scale.Mean(row, s.Totals[g*s.D:(g+1)*s.D], n)
			dst = append(dst, row...)
		}
	}
	return dst
}
