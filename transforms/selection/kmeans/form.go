package kmeans

import "slices"

// SortRows orders rows of d coordinates lexicographically and removes
// duplicates, so that a set of centers has one form.
func SortRows(rows []float64, d int) []float64 {
	list := make([][]float64, 0, len(rows)/d)
	for ; len(rows) > 0; rows = rows[d:] {
		list = append(list, rows[:d])
	}
	slices.SortFunc(list, slices.Compare)
	list = slices.CompactFunc(list, slices.Equal)
	return slices.Concat(list...)
}
