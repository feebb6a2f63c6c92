package nearest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// closest are the approximate distances that Closer tells, of the rows for which it
// calls.
func closest(r *Rows, near []float32, to []int32) map[int][Few]float32 {
	got := map[int][Few]float32{}
	r.Closer(near, to, func(i int, d2 *[Few]float32) { got[i] = *d2 })
	return got
}

// TestCloser compares with the definition, in units of the largest squared
// distance to the mean: no row that is closer by more than the slack is left out, and
// none is told a wrong distance.
func TestCloser(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, c := range []struct {
		n, d         int
		shift, scale float64
	}{{1, 1, 0, 1}, {30, 3, 0, 1}, {300, 64, 5, 1}, {200, 512, 0, 1e-3}, {100, 33, 0, 1e-42}, {100, 33, 0, 5e37}, {5, maxDimension + 1, 0, 1}} {
		x := normals(rng, c.n*c.d, c.shift, c.scale)
		copy(x[c.n/2*c.d:], x[:c.d]) // the same row twice
		mean, largest := make([]float64, c.d), 0.0
		for i, v := range wide(x) {
			mean[i%c.d] += v / float64(c.n)
		}
		squares := make([]float64, c.n)
		for i := range squares {
			squares[i] = distance(x[i*c.d:(i+1)*c.d], mean)
			largest = max(largest, squares[i])
		}
		if largest == 0 {
			largest = 1
		}
		var to []int32
		for range 1 + rng.IntN(Few) {
			to = append(to, int32(rng.IntN(c.n)))
		}
		near := make([]float32, c.n)
		for i := range near {
			near[i] = float32(4 * rng.Float64())
		}
		got := closest(NewRows(x, c.d), near, to)
		for i := range c.n {
			d2, called := got[i]
			for l, j := range to {
				want := distance(x[i*c.d:(i+1)*c.d], wide(x[int(j)*c.d:int(j+1)*c.d])) / largest
				allowed := slack * (squares[i] + squares[j]) / largest
				if !called && want+2*allowed < float64(near[i]) {
					t.Fatalf("n=%d d=%d: row %d is at %g from row %d, below %g, and was left out", c.n, c.d, i, want, j, near[i])
				}
				if called && !(math.Abs(float64(d2[l])-want) <= allowed+1e-6*want) {
					t.Fatalf("n=%d d=%d: row %d is at %g from row %d, not %g", c.n, c.d, i, want, j, d2[l])
				}
				if called && slices.Equal(x[i*c.d:(i+1)*c.d], x[int(j)*c.d:int(j+1)*c.d]) && d2[l] != 0 {
					t.Fatalf("n=%d d=%d: equal rows %d and %d are at %g", c.n, c.d, i, j, d2[l])
				}
			}
			for l := len(to); called && l < Few; l++ {
				if !math.IsInf(float64(d2[l]), 1) {
					t.Fatalf("distance %d to nothing is %g", l, d2[l])
				}
			}
		}
	}
}

// TestCloserSkips: rows that are near to something already are left out.
func TestCloserSkips(t *testing.T) {
	x := normals(rand.New(rand.NewPCG(19, 20)), 1000*64, 0, 1)
	near := make([]float32, 1000)
	if got := closest(NewRows(x, 64), near, []int32{5, 7}); len(got) > 2 {
		t.Errorf("%d rows are closer to one of two rows than at distance 0", len(got))
	}
}
