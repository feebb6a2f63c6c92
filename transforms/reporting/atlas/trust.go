package atlas

import (
	"cmp"
	"slices"

	"exemplar/model/nearest"
)

// Trustworthiness tells how far the k nearest rows in the plane are neighbors
// among the d dimensions as well: 1 where all are among the k nearest there, less
// by how far down the list they are (Venna & Kaski 2001). Of equally near rows
// the first comes first. It takes time in the square of the number of rows, of
// which k must be less than half.
func Trustworthiness(x []float32, d int, xy []float32, k int) float64 {
	n := len(x) / d
	excess := make([]int64, n)
	const block = 16
	parallel((n+block-1)/block, func(b int) {
		j := judge{far: make([]float64, n), near: make([]float64, n), order: make([]int32, n)}
		for i := b * block; i < min(n, (b+1)*block); i++ {
			excess[i] = j.excess(x, d, xy, i, k)
		}
	})
	sum := int64(0)
	for _, v := range excess {
		sum += v
	}
	return 1 - 2*float64(sum)/(float64(n)*float64(k)*float64(2*n-3*k-1))
}

// judge is the memory for one row after another.
type judge struct {
	far, near []float64 // squared distances among d dimensions, and in the plane
	order     []int32
}

// excess returns by how many ranks the neighbors of row q in the plane are
// beyond k.
func (j *judge) excess(x []float32, d int, xy []float32, q, k int) int64 {
	squares(j.far, x, d, q)
	squares(j.near, xy, 2, q)
	for i := range j.order {
		j.order[i] = int32(i)
	}
	closest := slices.DeleteFunc(j.order, func(i int32) bool { return int(i) == q })
	selectLeast(closest, k, func(a, b int32) int {
		return cmp.Or(cmp.Compare(j.near[a], j.near[b]), cmp.Compare(a, b))
	})
	sum := int64(0)
	for _, i := range closest[:k] {
		rank := int64(1)
		for other, v := range j.far {
			if other != q && (v < j.far[i] || v == j.far[i] && other < int(i)) {
				rank++
			}
		}
		sum += max(0, rank-int64(k))
	}
	j.order = closest[:len(j.far)]
	return sum
}

// squares writes the squared distances of all rows to row q.
func squares(out []float64, x []float32, d, q int) {
	center := make([]float64, d)
	for p, v := range x[q*d : (q+1)*d] {
		center[p] = float64(v)
	}
	nearest.SquaredDistances(out, x, center)
}

// selectLeast brings the k least numbers to the front, in any order.
func selectLeast(list []int32, k int, compare func(a, b int32) int) {
	for len(list) > k && k > 0 {
		pivot := list[len(list)/2]
		low, high := 0, len(list)-1
		for low <= high {
			for compare(list[low], pivot) < 0 {
				low++
			}
			for compare(list[high], pivot) > 0 {
				high--
			}
			if low <= high {
				list[low], list[high] = list[high], list[low]
				low++
				high--
			}
		}
		switch {
		case k <= high+1:
			list = list[:high+1]
		case k <= low:
			return
		default:
			list, k = list[low:], k-low
		}
	}
}
