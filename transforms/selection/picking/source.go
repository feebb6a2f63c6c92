package picking

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// source offers the candidates of a group, the best one first, each once.
type source interface {
	next() *Candidate     // nil when there are no more
	accepted(c Candidate) // c is a pick of the group
}

func newSource(c Config, g *Group) source {
	if c.Strategy == Facility {
		return newFacility(g, c.Cosine)
	}
	pool := slices.Clone(g.Pool)
	slices.SortFunc(pool, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
	})
	return &byDistance{pool: pool}
}

// ByDistance orders images: the nearer to their center first, then by image id.
func ByDistance(a, b schemas.Pick) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ImageID, b.ImageID))
}

// byDistance offers the nearest candidate to the center.
type byDistance struct{ pool []Candidate }

func (s *byDistance) next() *Candidate {
	if len(s.pool) == 0 {
		return nil
	}
	c := &s.pool[0]
	s.pool = s.pool[1:]
	return c
}

func (s *byDistance) accepted(Candidate) {}

// facility offers the candidate that adds most to the facility location of the
// pool, a sample of the group: with picks S, the sum over the pool's images i of
// the largest squared distance there is less that of i to the nearest of S. This
// is monotone and submodular, so that picking the best candidate again and again
// comes within 1 - 1/e of the best value any S of that size has (Nemhauser, Wolsey
// and Fisher, "An analysis of approximations for maximizing submodular set
// functions", Mathematical Programming 14, 1978). A candidate's gain can only
// fall, so that one is computed anew only when it is the first of a heap (Minoux,
// "Accelerated greedy algorithms for maximizing submodular set functions", 1978).
type facility struct {
	pool   []Candidate // by id
	rows   []float32   // what is compared: the pool's vectors, or their directions
	square []float32   // squared distances, pool x pool
	least  []float64   // of each image, the squared distance to the nearest pick; nil before the first
	cosine bool

	left  ranking   // candidates not offered yet, by gain
	gain  []float64 // of each candidate, when it was last computed
	fresh []int     // number of picks then
	picks int
}

func newFacility(g *Group, cosine bool) *facility {
	f := &facility{pool: slices.Clone(g.Pool), cosine: cosine}
	slices.SortFunc(f.pool, func(a, b Candidate) int { return strings.Compare(a.ID, b.ID) })
	for i := range f.pool {
		f.rows = append(f.rows, f.vector(f.pool[i])...)
	}
	for i := range f.pool {
		f.square = append(f.square, f.distances(f.pool[i])...)
	}
	f.begin()
	return f
}

// begin makes all of the pool candidates.
func (f *facility) begin() {
	n := len(f.pool)
	f.gain, f.fresh = make([]float64, n), make([]int, n)
	f.left.before = func(i, j int) bool { return cmp.Or(cmp.Compare(f.gain[j], f.gain[i]), cmp.Compare(i, j)) < 0 }
	for i := range n {
		f.left.Push(i)
		f.fresh[i], f.gain[i] = -1, math.Inf(1)
	}
}

// vector returns what is compared of a candidate.
func (f *facility) vector(c Candidate) []float32 { return compared(c, f.cosine) }

// compared returns what is compared of a candidate: its vector, or its direction.
func compared(c Candidate, cosine bool) []float32 {
	norm := 0.0
	for _, v := range c.X {
		norm += float64(v) * float64(v)
	}
	if !cosine || norm == 0 {
		return c.X
	}
	x := make([]float32, len(c.X))
	for i, v := range c.X {
		x[i] = float32(float64(v) / math.Sqrt(norm))
	}
	return x
}

// distances returns the squared distances of the pool to a candidate.
func (f *facility) distances(c Candidate) []float32 {
	d2 := make([]float64, len(f.pool))
	x := f.vector(c)
	nearest.SquaredDistances(d2, f.rows, nearest.Widen(x))
	return nearest.Narrow(d2)
}

func (f *facility) next() *Candidate {
	if i := f.nextRow(); i >= 0 {
		return &f.pool[i]
	}
	return nil
}

// nextRow returns the number of the next candidate in the pool, -1 where there are no more.
func (f *facility) nextRow() int {
	for f.left.Len() > 0 {
		i := f.left.numbers[0]
		if f.fresh[i] == f.picks {
			heap.Pop(&f.left)
			return i
		}
		f.gain[i], f.fresh[i] = f.gainOf(i), f.picks
		heap.Fix(&f.left, 0)
	}
	return -1
}

// gainOf is what picking candidate i adds. Before the first pick it is, up to a
// constant, less the sum of the squared distances.
func (f *facility) gainOf(i int) (gain float64) {
	row := f.square[i*len(f.pool) : (i+1)*len(f.pool)]
	for j, d2 := range row {
		if f.least == nil {
			gain -= float64(d2)
		} else if d := f.least[j] - float64(d2); d > 0 {
			gain += d
		}
	}
	return gain
}

func (f *facility) accepted(c Candidate) { f.take(f.distances(c)) }

// take makes an image a pick to which the pool has these distances.
func (f *facility) take(row []float32) {
	first := f.least == nil
	if first {
		f.least = make([]float64, len(f.pool))
	}
	for j, d2 := range row {
		if first || float64(d2) < f.least[j] {
			f.least[j] = float64(d2)
		}
	}
	f.picks++
	if !first {
		return
	}
	for i := range f.gain { // what was computed before was another quantity
		f.gain[i] = math.Inf(1)
	}
	heap.Init(&f.left)
}
