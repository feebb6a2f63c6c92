package vectors

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSpreads: parts give what all numbers give, by the formulas of the book.
func TestSpreads(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, mean := range []float64{0, 1e9, -3e-5} {
		var parts [4]Spread
		var all []float64
		for i := range 1000 {
			v := mean + random.NormFloat64()
			all = append(all, v)
			parts[1+min(i/100, 2)].Add(v) // the first is empty
		}
		for _, p := range parts[1:] {
			parts[0].Join(p)
		}
		sum, squares, low, moved := 0.0, 0.0, math.Inf(1), 0.0
		for _, v := range all {
			sum += v - mean
		}
		for _, v := range all {
			squares += (v - mean - sum/1000) * (v - mean - sum/1000)
			low, moved = min(low, v), max(moved, math.Abs(float64(float32(v))-v))
		}
		s := parts[0]
		if s.n != 1000 || s.low != low || s.rounding != moved || !(math.Abs(s.mean-mean-sum/1000) < 1e-6) || !(math.Abs(s.Deviation()-math.Sqrt(squares/1000)) < 1e-6) {
			t.Errorf("%v: %+v, deviation %v, want %v and %v", mean, s, s.Deviation(), mean+sum/1000, math.Sqrt(squares/1000))
		}
	}
}
