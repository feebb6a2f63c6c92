package gating

import (
	"maps"
	"math"
	"slices"

	"exemplar/schemas"
)

// Sketch holds the quantiles of a set of values: a histogram whose bins are the
// values that agree in their sign, exponent and first ten bits behind the point.
// A bin stands for its smallest value, so that a quantile is at most 2^-10 (0.1 %)
// below an exact one; zero has a bin of its own, with all values below 2^-136.
// Sketches are merged by adding up their bins: the result depends on the values
// alone.
//
// The zero value is an empty sketch. Values must not be negative; NaN and infinity are
// left out.
type Sketch struct {
	N    int64
	Bins map[uint32]int64
}

// dropped is the number of bits of a float32 that a bin does not tell apart.
const dropped = 13

// Add adds one value.
func (s *Sketch) Add(v float32) {
	if !(v <= math.MaxFloat32) {
		return
	}
	if s.Bins == nil {
		s.Bins = map[uint32]int64{}
	}
	s.N++
	s.Bins[math.Float32bits(v)&0x7fffffff>>dropped]++
}

// top returns the value below which all values of a quantile's bin lie, to three digits
// rounded up: what stands in that bin is never above it.
func top(quantile float64) float64 {
	if quantile == 0 {
		return 0
	}
	v := float64(math.Float32frombits((math.Float32bits(float32(quantile))>>dropped + 1) << dropped))
	if r := round(v); r >= v {
		return r
	}
	return round(v * 1.005) // at least half a unit of the third digit more
}

// beyond returns how many values miss a limit, each as the smallest of its bin.
func (s *Sketch) beyond(l *schemas.GateLimit) (n int64) {
	for bin, count := range s.Bins {
		if misses(l, float64(math.Float32frombits(bin<<dropped))) {
			n += count
		}
	}
	return n
}

// Merge adds all values of o.
func (s *Sketch) Merge(o *Sketch) {
	if s.Bins == nil {
		s.Bins = map[uint32]int64{}
	}
	s.N += o.N
	for bin, n := range o.Bins {
		s.Bins[bin] += n
	}
}

// Quantile returns the value that stands at the part num/den of the ordered
// values, the one with number ceil(N·num/den) from 1; 0 where there is none.
func (s *Sketch) Quantile(num, den int64) float64 {
	rank := max(1, (s.N*num+den-1)/den)
	for _, bin := range slices.Sorted(maps.Keys(s.Bins)) {
		if rank -= s.Bins[bin]; rank <= 0 {
			return float64(math.Float32frombits(bin << dropped))
		}
	}
	return 0
}
