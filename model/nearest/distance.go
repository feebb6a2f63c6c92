package nearest

import "exemplar/model/internal/kernel"

var (
	kernels = kernel.Best()
	zeros   [64]int32
)

// SquaredDistance returns the squared Euclidean distance of a row to a center.
//
// It is a float64 sum in 16 lanes: lane l adds the squared differences of the
// dimensions l, l+16, l+32 and so on, in that order. Then the lanes l and l+8 are
// added, of the 8 sums l and l+4, l and l+2, and the last two. Every operation is
// rounded by itself.
func SquaredDistance(x []float32, center []float64) float64 {
	var d2 [1]float64
	SquaredDistances(d2[:], x, center)
	return d2[0]
}

// SquaredDistances writes the squared distances of len(d2) rows to one center.
func SquaredDistances(d2 []float64, rows []float32, center []float64) {
	for d := len(center); len(d2) > 0; {
		n := min(len(d2), len(zeros))
		kernels.Squares(d2, rows, d, center, d, zeros[:n])
		d2, rows = d2[n:], rows[n*d:]
	}
}

// Accumulate adds a row to a sum in fixed point: every number times a factor,
// rounded to the nearest integer, ties to even. No product may exceed an int64.
func Accumulate(sum []int64, x []float32, factor float64) { kernels.Accumulate(sum, x, factor) }
