package nearest

import (
	"math"
	"slices"

	"exemplar/model/internal/kernel"
)

// Index is a set of centers, laid out for finding the nearest one. It is
// immutable and may be shared by goroutines.
type Index struct {
	k, d int
	rows []float64
	all  []int32 // 0 to k-1

	kernels *kernel.Set
	scores  *kernel.Centers // nil: every center is compared
	mean    []float32       // of the centers
	bounds  []bound         // of the centers' scores
}

// New lays out centers, row by row of d coordinates. It keeps rows.
func New(rows []float64, d int) *Index { return newIndex(kernels, rows, d) }

func newIndex(kernels *kernel.Set, rows []float64, d int) *Index {
	x := &Index{k: len(rows) / d, d: d, rows: rows, kernels: kernels, mean: make([]float32, d)}
	for j := range x.k {
		x.all = append(x.all, int32(j))
	}
	sum, reach := make([]float64, d), 0.0
	for j := range x.k {
		for p, v := range x.Row(j) {
			sum[p] += v
		}
	}
	for p, v := range sum {
		x.mean[p] = float32(v / float64(x.k))
	}
	for j := range x.k {
		reach = max(reach, x.norm(j))
	}
	if d <= maxDimension && ordinary(reach) {
		centers := make([]kernel.Center, x.k)
		x.bounds = make([]bound, x.k)
		for j := range centers {
			centers[j], x.bounds[j] = x.quantize(j)
		}
		x.scores = kernel.PackCenters(centers, d)
	}
	return x
}

// norm returns the norm of center j less the mean.
func (x *Index) norm(j int) float64 {
	square := 0.0
	for p, v := range x.Row(j) {
		c := v - float64(x.mean[p])
		square += float64(c * c)
	}
	return math.Sqrt(square)
}

// quantize returns center j less the mean as integers.
func (x *Index) quantize(j int) (kernel.Center, bound) {
	norm, integers := x.norm(j), make([]int16, x.d)
	unit := float32(norm / span)
	if norm < minNorm {
		unit = 0 // so near to the mean that it is rounded to that
	}
	square := 0.0
	for p, v := range x.Row(j) {
		c := v - float64(x.mean[p])
		if unit > 0 {
			n := math.RoundToEven(c / float64(unit))
			integers[p] = int16(n)
			c -= float64(n * float64(unit))
		}
		square += float64(c * c)
	}
	b := newBound(x.d, norm, math.Sqrt(square))
	return kernel.Center{Coordinates: integers, Offset: offset(norm), Unit: unit, Gap: b.gap()}, b
}

// Len returns the number of centers.
func (x *Index) Len() int { return x.k }

// Row returns center i.
func (x *Index) Row(i int) []float64 { return x.rows[i*x.d : (i+1)*x.d : (i+1)*x.d] }

// maxChunk is the number of rows whose scores are kept at a time, and maxIntegers
// that of the integers, where TileRows rows have no more.
const (
	maxChunk    = 6 * kernel.TileRows
	maxIntegers = 1 << 18
)

// Find writes for each of len(labels) rows of d finite numbers the number of the
// nearest center, the first of several equally near ones, and the squared
// distance to it.
func (x *Index) Find(labels []int32, d2 []float64, rows []float32) {
	x.FindTwo(labels, d2, nil, rows)
}

// FindTwo is Find, and writes to next, unless it is nil, how much larger the
// squared distance to the nearest one of the other centers is: +Inf where there is
// none. It may be off by a few times the rounding of the score, see the package's
// documentation, and is not below 0.
func (x *Index) FindTwo(labels []int32, d2, next []float64, rows []float32) {
	f := newFinder(x, len(labels))
	for len(labels) > 0 {
		n := min(len(f.states), len(labels))
		f.next = nil
		if next != nil {
			f.next, next = next[:n], next[n:]
		}
		f.find(labels[:n], d2[:n], rows[:n*x.d])
		labels, d2, rows = labels[n:], d2[n:], rows[n*x.d:]
	}
}

// finder is the memory of one Find.
type finder struct {
	*Index
	states  []kernel.Lanes
	norms   []float32
	scales  []float32 // from y to integers
	factors []float32 // from integers to y
	q       []int16

	best, second []float32
	next         []float64 // of FindTwo, or nil

	candidates []int32 // of one row
	distances  []float64
	compared   int // rows whose candidates were compared
}

func newFinder(x *Index, n int) *finder {
	n = max(1, min(maxChunk, n, maxIntegers/x.d))
	n = (n + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows
	return &finder{Index: x, states: make([]kernel.Lanes, n), q: make([]int16, n*2*kernel.Pairs(x.d)),
		norms: make([]float32, n), scales: make([]float32, n), factors: make([]float32, n),
		best: make([]float32, n), second: make([]float32, n)}
}

// find assigns up to len(f.states) rows.
func (f *finder) find(labels []int32, d2 []float64, x []float32) {
	d := f.d
	if f.scores == nil {
		for i := range labels {
			f.settle(labels, d2, i, x[i*d:(i+1)*d], f.all)
		}
		return
	}
	f.score(len(labels), x)
	f.kernels.Merge(f.best, f.second, labels, f.states[:len(labels)])
	f.kernels.Squares(d2, x, d, f.rows, d, labels)
	for i := range labels {
		if f.next != nil {
			f.next[i] = 2 * (float64(f.second[i]) - float64(f.best[i]))
		}
		margin := f.bounds[labels[i]].margin(d, float64(f.norms[i]), d2[i])
		if float64(f.second[i])-float64(f.best[i]) > margin {
			continue
		}
		f.settle(labels, d2, i, x[i*d:(i+1)*d], f.near(&f.states[i], float64(f.best[i])+margin))
	}
}

// settle writes the answer for row i, x, which is one of some centers.
func (f *finder) settle(labels []int32, d2 []float64, i int, x []float32, candidates []int32) {
	var gap float64
	labels[i], d2[i], gap = f.compare(x, candidates)
	if f.next != nil && (len(candidates) > 1 || f.k == 1) {
		f.next[i] = gap
	}
}

// score offers all centers to n rows.
func (f *finder) score(n int, x []float32) {
	f.kernels.Norms(f.norms[:n], x, f.mean)
	for i, square := range f.norms[:n] {
		norm := math.Sqrt(float64(square))
		if ordinary(norm) {
			f.norms[i], f.scales[i], f.factors[i] = float32(norm), float32(span/norm), float32(norm/span)
		} else {
			f.norms[i], f.scales[i], f.factors[i] = float32(math.Inf(1)), 0, 0
		}
	}
	// A row that is not ordinary has garbage for integers, but no factor and no limit.
	f.kernels.Quantize(f.q, x, f.mean, f.scales[:n])
	tiles := (n + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows
	for i := range f.states[:tiles] {
		f.states[i].Reset()
	}
	f.kernels.Nearest(f.scores, f.states[:tiles], f.q, f.factors)
}

// near returns the numbers of all centers whose scores are at most limit, and
// maybe others; of all centers where limit is no number or infinite.
func (f *finder) near(s *kernel.Lanes, limit float64) []int32 {
	if !(limit < math.Inf(1)) {
		return f.all
	}
	f.candidates = f.candidates[:0]
	for l, best := range s.Best {
		switch {
		case float64(best) > limit:
		case float64(s.Second[l]) > limit:
			f.candidates = append(f.candidates, s.Number[l])
		default:
			for j := l; j < f.k; j += len(s.Best) {
				f.candidates = append(f.candidates, int32(j))
			}
		}
	}
	return f.candidates
}

// compare returns the nearest of some centers, its squared distance, and how much
// larger that of the next one is.
func (f *finder) compare(x []float32, candidates []int32) (number int32, best, gap float64) {
	f.compared++
	f.distances = slices.Grow(f.distances[:0], len(candidates))[:len(candidates)]
	f.kernels.Squares(f.distances, x, 0, f.rows, f.d, candidates)
	number, best = -1, math.Inf(1)
	next := best
	for i, d2 := range f.distances {
		if j := candidates[i]; number < 0 || d2 < best || d2 == best && j < number {
			number, best, next = j, d2, best
		} else {
			next = min(next, d2)
		}
	}
	return number, best, next - best
}
