package centering

import (
	"math"
	"slices"

	"exemplar/model/nearest"
)

// Geometric follows the geometric median of every group.
type Geometric struct {
	Paths []Path // of the groups; nil before the means are known
}

// Tolerance is the length of the mean unit vector from a geometric median to the
// rows of its group at which it is found. It is 0 at the geometric median; the
// distance to that is about Tolerance times the harmonic mean of the distances.
const Tolerance = 1e-10

// MaxSteps bounds the passes that follow geometric medians.
const MaxSteps = 64

// Path is the way to one geometric median.
//
// Weiszfeld's step from y is to the mean of the rows weighted by their inverse
// distances, y + S/W, where S is the sum of the unit vectors from y to the rows
// and W that of the inverse distances. Where rows are at y itself, at of them, it
// is shortened by the factor 1 - at/|S|, and y is the geometric median where |S|
// is not above at (Vardi and Zhang, "The multivariate L1-median and associated
// data depth", PNAS 2000). Steps are extrapolated from up to depth earlier ones
// (Anderson, "Iterative procedures for nonlinear integral equations", JACM 1965);
// where that does not make the sum of the distances smaller, the plain step is
// taken instead, and then some more.
type Path struct {
	Y        []float64
	Residual float64 // length of the mean unit vector; 0 where Y is a row that is the geometric median
	Done     bool    // found, or given up after MaxSteps
	Steps    int
	Jumps    int // to rows that the path seemed to end at

	LastY, LastStep []float64   // where the last step began, and the step; nil: there was none
	DY, DStep       [][]float64 // differences between steps before, the newest first

	Plain    []float64 // where the plain step led, where Y was extrapolated; nil: it was not
	Cost     float64   // sum of the distances where the last step began
	Failures int       // extrapolations that led to a larger sum
	Hold     int       // plain steps to take before the next extrapolation
}

const (
	maxJumps     = 3
	maxDepth     = 3
	historyBytes = 16 << 20 // of the differences kept of all groups
)

// depth returns the number of earlier steps to extrapolate from.
func depth(groups, d int) int { return min(maxDepth, historyBytes/(16*groups*d)) }

func (q *Geometric) done() bool {
	return q.Paths != nil && !slices.ContainsFunc(q.Paths, func(p Path) bool { return !p.Done })
}

// start begins every path at the mean.
func (q *Geometric) start(s *State) {
	q.Paths = make([]Path, s.Len())
	for g := range q.Paths {
		q.Paths[g] = Path{Y: slices.Clone(s.Means[g*s.D : (g+1)*s.D]), Done: s.Sizes[g] == 0}
	}
}

// take moves every path by one step.
func (q *Geometric) take(s *State, t *accumulators) {
	sum, depth := make([]float64, s.D), depth(s.Len(), s.D)
	for g := range q.Paths {
		if q.Paths[g].Done {
			continue
		}
		for j, v := range t.Units[g*s.D : (g+1)*s.D] {
			sum[j] = float64(v) / t.factor
		}
		p := &t.Groups[g]
		q.Paths[g].step(sum, p, p.Inverse.Value(t.inverse), p.Total.Value(t.total), s.Sizes[g], math.Ldexp(1, s.reach()), depth)
	}
}

// costNoise bounds the relative error of a sum of distances.
const costNoise = 1e-13

// step moves the path of n rows: sum is that of the unit vectors, inverse that of
// the inverse distances, cost that of the distances; limit is what no coordinate
// of a row exceeds.
func (p *Path) step(sum []float64, near *accumulator, inverse, cost float64, n int64, limit float64, depth int) {
	length, at := norm(sum), float64(near.At)
	p.Residual = max(0, length-at) / float64(n)
	p.Steps++
	switch {
	case near.At > 0 && length <= at:
		p.Y, p.Residual, p.Done = nearest.Widen(near.Nearest), 0, true
	case near.At == 0 && p.Residual <= Tolerance:
		p.Done = true
	case p.Steps == MaxSteps:
		p.Done = true // given up: the residual tells
	case p.Plain != nil && !(cost <= p.Cost*(1+costNoise)):
		p.Y = p.Plain
		p.Failures++
		p.Hold = 1 << p.Failures
		p.forget()
	case near.At == 0 && p.Jumps < maxJumps && endsAt(p.Y, near, sum, inverse):
		p.Y = nearest.Widen(near.Nearest)
		p.Jumps++
		p.forget()
	default:
		step := make([]float64, len(sum))
		for j, v := range sum {
			step[j] = v * (1 - at/length) / inverse
		}
		p.Cost = cost
		p.move(step, near.At == 0, limit, depth)
	}
	if p.Done {
		p.forget()
	}
}

// endsAt reports whether the geometric median is, by an estimate from y, the
// nearest row: whether there the unit vectors to all others add up to less than
// the number of rows that are equal to it. Their sum changes on the way by less
// than the distance times the sum of the inverse distances.
func endsAt(y []float64, near *accumulator, sum []float64, inverse float64) bool {
	distance, equal := math.Sqrt(near.D2), float64(near.Equal)
	others := 0.0
	for j, v := range near.Nearest {
		u := sum[j] - float64(equal*(float64(v)-y[j]))/distance
		others += float64(u * u)
	}
	return math.Sqrt(others)+float64(distance*inverse)-equal < equal
}

// move takes a step, extrapolated where plain steps led here.
func (p *Path) move(step []float64, smooth bool, limit float64, depth int) {
	if !smooth || p.LastStep != nil && norm(step) >= norm(p.LastStep) {
		p.forget() // a row is at y, or the last extrapolation went too far
	}
	next := plus(p.Y, step)
	p.Plain = nil
	if p.LastStep != nil {
		p.DY = slices.Insert(p.DY, 0, minus(p.Y, p.LastY))
		p.DStep = slices.Insert(p.DStep, 0, minus(step, p.LastStep))
		p.DY, p.DStep = p.DY[:min(len(p.DY), depth)], p.DStep[:min(len(p.DStep), depth)]
		if further := extrapolate(next, step, p.DY, p.DStep); p.Hold == 0 && inside(further, limit) {
			p.Plain, next = next, further
		}
	}
	if depth > 0 && smooth {
		p.LastY, p.LastStep = p.Y, step
	}
	p.Hold = max(0, p.Hold-1)
	p.Y = next
}

func (p *Path) forget() { p.LastY, p.LastStep, p.DY, p.DStep, p.Plain = nil, nil, nil, nil, nil }

// inside reports whether no coordinate exceeds limit.
func inside(y []float64, limit float64) bool {
	return !slices.ContainsFunc(y, func(v float64) bool { return !(math.Abs(v) <= limit) })
}

// extrapolate returns next, which is y plus the step, less what makes the step as
// short as the differences of steps can: by Gram and Schmidt, the newest first.
func extrapolate(next, step []float64, dy, dStep [][]float64) []float64 {
	next, left := slices.Clone(next), slices.Clone(step)
	var basis, moves [][]float64 // orthogonal differences of steps, and of y plus step
	for i := range dStep {
		b, m := slices.Clone(dStep[i]), plus(dy[i], dStep[i])
		full := dot(b, b)
		for k := range basis {
			c := dot(basis[k], b) / dot(basis[k], basis[k])
			subtract(b, c, basis[k])
			subtract(m, c, moves[k])
		}
		square := dot(b, b)
		if !(square > 1e-12*full) {
			continue // it adds no direction
		}
		c := dot(b, left) / square
		subtract(left, c, b)
		subtract(next, c, m)
		basis, moves = append(basis, b), append(moves, m)
	}
	return next
}

// dot adds up in the order of the dimensions, each operation rounded by itself.
func dot(a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += float64(v * b[j])
	}
	return sum
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

// subtract takes c times b from a.
func subtract(a []float64, c float64, b []float64) {
	for j, v := range b {
		a[j] -= float64(c * v)
	}
}

func minus(a, b []float64) []float64 {
	c := slices.Clone(a)
	subtract(c, 1, b)
	return c
}

func plus(a, b []float64) []float64 {
	c := slices.Clone(a)
	subtract(c, -1, b)
	return c
}
