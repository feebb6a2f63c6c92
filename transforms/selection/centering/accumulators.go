package centering

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"exemplar/model/nearest"
	"exemplar/transforms/selection/kmeans"
)

// accumulators are what the rows of every group that is not done add to its path, at
// the point y where it is: the sum of the unit vectors from y to the rows, that
// of the inverse distances, and the row nearest to y.
//
// A row nearer than least is at y, and has no direction. Sums are in fixed
// point: unit vectors with an error of 2^-(shift+1) in a coordinate, which is
// 2e-13 for a million rows; inverse distances in 128 bits.
type accumulators struct {
	Units  []int64       // groups x D, of unit 2^-shift
	Groups []accumulator // groups

	paths  []Path
	d      int
	factor float64 // 2^shift
	least  float64

	inverse, total kmeans.Scale
}

type accumulator struct {
	At      int64          // rows at y
	Inverse kmeans.WideSum // of inverse distances
	Total   kmeans.WideSum // of distances
	Nearest []float32      // nil: no row yet
	D2      float64        // squared distance of Nearest
	Equal   int64          // rows with the coordinates of Nearest
}

// unitShift returns the largest shift at which n coordinates of unit vectors
// cannot overflow.
func unitShift(n int64) int { return 62 - bits.Len64(uint64(n)) }

// reach returns e such that no coordinate of a row exceeds 2^e.
func (s *State) reach() int { return 62 - bits.Len64(uint64(s.Eligible)) - s.Scale.Shift }

// least is the distance below which a row counts as being at a point.
func (s *State) least() float64 { return math.Ldexp(1, s.reach()-44) }

func (q *Geometric) open(s *State) *accumulators {
	n := s.Len()
	return &accumulators{Units: make([]int64, n*s.D), Groups: make([]accumulator, n), paths: q.Paths, d: s.D,
		factor: math.Ldexp(1, unitShift(s.Eligible)), least: s.least(),
		inverse: inverseScale(s), total: distanceScale(s)}
}

// inverseScale bounds the sum of the inverse distances, each at most 1/least.
func inverseScale(s *State) kmeans.Scale {
	return kmeans.Scale{Bound: 45 - s.reach() + bits.Len64(uint64(s.Eligible))}
}

// distanceScale bounds the sum of the distances of rows to a point with no larger
// coordinates than theirs: each is less than 2^(reach+1)·√D.
func distanceScale(s *State) kmeans.Scale {
	return kmeans.Scale{Bound: s.reach() + 2 + (bits.Len64(uint64(s.D))+1)/2 + bits.Len64(uint64(s.Eligible))}
}

func (t *accumulators) add(g int, x []float32) {
	if t.paths[g].Done {
		return
	}
	p, y := &t.Groups[g], t.paths[g].Y
	d2 := nearest.SquaredDistance(x, y)
	p.offer(x, d2, 1)
	distance := math.Sqrt(d2)
	if distance < t.least {
		p.At++
		return
	}
	inverse := 1 / distance
	p.Inverse.Add(inverse, t.inverse)
	p.Total.Add(distance, t.total)
	units, factor := t.Units[g*t.d:(g+1)*t.d], inverse*t.factor
	for j, v := range x {
		units[j] += int64(math.RoundToEven((float64(v) - y[j]) * factor))
	}
}

// offer considers n rows with the coordinates x as the nearest; ties are broken
// by the coordinates. x is copied where kept.
func (p *accumulator) offer(x []float32, d2 float64, n int64) {
	if p.Nearest != nil {
		switch c := cmp.Or(cmp.Compare(d2, p.D2), slices.Compare(x, p.Nearest)); {
		case d2 > p.D2 || c > 0:
			return
		case c == 0:
			p.Equal += n
			return
		}
	}
	p.Nearest = append(p.Nearest[:0], x...)
	for j, v := range p.Nearest {
		p.Nearest[j] = v + 0 // -0 becomes 0: they are equal, so the first of the two would stay
	}
	p.D2, p.Equal = d2, n
}

func (t *accumulators) fold(o *accumulators) {
	kmeans.AddAll(t.Units, o.Units)
	for g := range o.Groups {
		p := &o.Groups[g]
		t.Groups[g].At += p.At
		t.Groups[g].Inverse.Merge(p.Inverse)
		t.Groups[g].Total.Merge(p.Total)
		if p.Nearest != nil {
			t.Groups[g].offer(p.Nearest, p.D2, p.Equal)
		}
	}
}
