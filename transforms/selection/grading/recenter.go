package grading

import (
	"cmp"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// recenter makes the center of some rows again, with counts for weights.
type recenter struct {
	kind string
	d    int
	x    []float32
	base []float64 // the center with all counts 1
	rank [][]int32 // median: the rows in the order of each coordinate
}

func newRecenter(kind string, x []float32, d int) *recenter {
	r := &recenter{kind: kind, d: d, x: x}
	n := len(x) / d
	if kind == schemas.CenterMedian {
		r.rank = make([][]int32, d)
		for j := range r.rank {
			order := make([]int32, n)
			for i := range order {
				order[i] = int32(i)
			}
			slices.SortFunc(order, func(a, b int32) int {
				return cmp.Or(cmp.Compare(x[int(a)*d+j], x[int(b)*d+j]), cmp.Compare(a, b))
			})
			r.rank[j] = order
		}
	}
	r.base = r.center(slices.Repeat([]float64{1}, n))
	return r
}

// center returns the center of the rows, each as often as counted.
func (r *recenter) center(count []float64) []float64 {
	switch r.kind {
	case schemas.CenterMedian:
		return r.median(count)
	case schemas.CenterGeometricMedian:
		return r.geometricMedian(count)
	}
	return r.mean(count)
}

func (r *recenter) mean(count []float64) []float64 {
	out, total := make([]float64, r.d), 0.0
	for i, c := range count {
		if c == 0 {
			continue
		}
		total += c
		for j, v := range r.x[i*r.d : (i+1)*r.d] {
			out[j] += float64(c * float64(v))
		}
	}
	for j := range out {
		out[j] /= total
	}
	return out
}

// median returns the lower median of each coordinate.
func (r *recenter) median(count []float64) []float64 {
	out, total := make([]float64, r.d), 0.0
	for _, c := range count {
		total += c
	}
	for j, order := range r.rank {
		sum := 0.0
		for _, i := range order {
			if sum += count[i]; 2*sum >= total {
				out[j] = float64(r.x[int(i)*r.d+j])
				break
			}
		}
	}
	return out
}

// geometricMedian takes Weiszfeld's steps from the mean, with distances bounded
// from below where an image lies at the center.
func (r *recenter) geometricMedian(count []float64) []float64 {
	at := r.mean(count)
	next := make([]float64, r.d)
	for range weiszfeld {
		clear(next)
		total := 0.0
		for i, c := range count {
			if c == 0 {
				continue
			}
			row := r.x[i*r.d : (i+1)*r.d]
			w := c / max(math.Sqrt(nearest.SquaredDistance(row, at)), 1e-12)
			total += w
			for j, v := range row {
				next[j] += float64(w * float64(v))
			}
		}
		for j := range next {
			at[j] = next[j] / total
		}
	}
	return at
}
