package atlas

import (
	"cmp"

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
		j := judge{far: make([]float64, n), near: make([]float64, n)}
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
	closest   []int     // rows in the plane
}

// excess returns by how many ranks the neighbors of row q in the plane are
// beyond k.
func (j *judge) excess(x []float32, d int, xy []float32, q, k int) int64 {
	nearest.SquaredDistances(j.far, x, nearest.Widen(x[q*d:(q+1)*d]))
	nearest.SquaredDistances(j.near, xy, nearest.Widen(xy[2*q:2*q+2]))
	closer := func(a, b int) int { return cmp.Or(cmp.Compare(j.near[a], j.near[b]), cmp.Compare(a, b)) }
	j.closest = j.closest[:0]
	for i := range j.near {
		if i != q {
			j.closest, _ = nearest.Keep(j.closest, i, k, closer)
		}
	}
	sum := int64(0)
	for _, i := range j.closest {
		rank := int64(1)
		for other, v := range j.far {
			if other != q && (v < j.far[i] || v == j.far[i] && other < i) {
				rank++
			}
		}
		sum += max(0, rank-int64(k))
	}
	return sum
}
