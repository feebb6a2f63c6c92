package centering

import "exemplar/transforms/selection/kmeans"

// takeMeans sets sizes and means, of the groups that have rows.
func (s *State) takeMeans(t *kmeans.Sums) {
	s.Sizes, s.Means = t.Counts, make([]float64, len(t.Totals))
	for g, n := range t.Counts {
		if row := s.Means[g*s.D : (g+1)*s.D]; n > 0 {
			s.Scale.Mean(row, t.Totals[g*s.D:(g+1)*s.D], n)
		}
	}
}
