package atlas

import (
	"cmp"
	"math"
	"slices"

	"exemplar/model/nearest"
)

// neighbor is another row and its squared distance.
type neighbor struct {
	row    int32
	square float64
}

// slack is the share of the larger one of two rows' squared distances to the mean
// by which nearest.Rows may be off in their distance: twice what it promises.
const slack = 0x1p-9

// neighbors returns the k nearest other rows of each row, nearest first, then by
// number. It is exact: approximate distances say which rows can be among them, and
// nearest.SquaredDistance decides.
func neighbors(x []float32, d, k int) [][]neighbor {
	n := len(x) / d
	rows := nearest.NewRows(x, d)
	squares := relativeSquares(x, d)
	all := make([]float32, n) // no row is too far
	for i := range all {
		all[i] = float32(math.Inf(1))
	}
	found := make([][]neighbor, n)
	parallel((n+nearest.Few-1)/nearest.Few, func(b int) {
		first := b * nearest.Few
		last := min(n, first+nearest.Few)
		to := make([]int32, last-first)
		lists := make([]shortlist, len(to))
		for q := range lists {
			to[q] = int32(first + q)
			lists[q] = shortlist{k: k, room: 4 * k, bound: math.Inf(1)}
		}
		rows.Closer(all, to, func(i int, d2 *[nearest.Few]float32) {
			for q := range lists {
				if v := float64(d2[q]); v-slack <= lists[q].bound && i != first+q {
					lists[q].offer(int32(i), v, slack*max(squares[i], squares[first+q]))
				}
			}
		})
		for q := range lists {
			lists[q].prune()
			found[first+q] = exact(x, d, first+q, lists[q].rows, k)
		}
	})
	return found
}

// relativeSquares returns the squared distances of rows to their mean, over the largest.
func relativeSquares(x []float32, d int) []float64 {
	mean, _ := moments(x, d)
	squares := make([]float64, len(x)/d)
	nearest.SquaredDistances(squares, x, mean)
	if largest := slices.Max(squares); largest > 0 {
		for i := range squares {
			squares[i] /= largest
		}
	}
	return squares
}

// shortlist holds the rows that can be among the k nearest ones.
type shortlist struct {
	k     int
	room  int     // candidates before the next pruning
	bound float64 // rows whose least distance is larger are not
	rows  []candidate
}

// candidate is a row whose squared distance is in a range.
type candidate struct {
	row         int32
	least, most float64
}

// offer adds a row whose squared distance is v, give or take an error.
func (s *shortlist) offer(row int32, v, err float64) {
	if v-err > s.bound {
		return
	}
	s.rows = append(s.rows, candidate{row, v - err, v + err})
	if len(s.rows) >= s.room {
		s.prune()
		s.room = max(4*s.k, 2*len(s.rows))
	}
}

// prune finds the bound, and leaves out what is beyond it.
func (s *shortlist) prune() {
	if len(s.rows) < s.k {
		return
	}
	most := make([]float64, len(s.rows))
	for i, c := range s.rows {
		most[i] = c.most
	}
	slices.Sort(most)
	s.bound = min(s.bound, most[s.k-1])
	s.rows = slices.DeleteFunc(s.rows, func(c candidate) bool { return c.least > s.bound })
}

// exact returns the k nearest candidates of row q.
func exact(x []float32, d, q int, candidates []candidate, k int) []neighbor {
	center := nearest.Widen(x[q*d : (q+1)*d])
	list := make([]neighbor, len(candidates))
	for i, c := range candidates {
		list[i] = neighbor{c.row, nearest.SquaredDistance(x[int(c.row)*d:int(c.row+1)*d], center)}
	}
	slices.SortFunc(list, func(a, b neighbor) int {
		return cmp.Or(cmp.Compare(a.square, b.square), cmp.Compare(a.row, b.row))
	})
	return slices.Clip(list[:min(k, len(list))])
}
