package kmeans

import (
	"cmp"
	"slices"

	"exemplar/model/nearest"
)

// Farthest keeps the rows that lie farthest from their center, distinct ones,
// at positive distance: where the center of an empty cluster moves to. Ties are
// broken by the coordinates, so that what is kept does not depend on the order
// of the rows.
type Farthest struct {
	Keep int // rows
	list []farRow
}

type farRow struct {
	d2 float64
	x  []float32
}

// before orders candidates: farther ones first.
func (a farRow) before(b farRow) int {
	if c := cmp.Compare(b.d2, a.d2); c != 0 {
		return c
	}
	return slices.Compare(a.x, b.x)
}

// Offer considers the row x at squared distance d2; x is copied where kept.
func (f *Farthest) Offer(x []float32, d2 float64) {
	if !(d2 > 0) || len(f.list) == f.Keep && d2 < f.list[len(f.list)-1].d2 {
		return
	}
	row := farRow{d2, x}
	i, found := slices.BinarySearchFunc(f.list, row, farRow.before)
	if found || i == f.Keep {
		return
	}
	row.x = make([]float32, len(x))
	for j, v := range x {
		row.x[j] = v + 0 // -0 becomes 0: they are equal, so the first of the two would stay
	}
	f.list = slices.Insert(f.list, i, row)
	f.list = f.list[:min(len(f.list), f.Keep)]
}

// Rows returns the n farthest rows, or as many as there are.
func (f *Farthest) Rows(n int) (rows []float64) {
	for _, r := range f.list[:min(max(n, 0), len(f.list))] {
		rows = append(rows, nearest.Widen(r.x)...)
	}
	return rows
}

// Flat returns the squared distances and the coordinates of the rows that are kept.
func (f *Farthest) Flat() (d2 []float64, rows []float32) {
	for _, r := range f.list {
		d2, rows = append(d2, r.d2), append(rows, r.x...)
	}
	return d2, rows
}
