package nearest

import (
	"math"

	"exemplar/model/internal/kernel"
)

// Few is the number of rows that Closer takes at a time.
const Few = 16

// Rows are rows laid out for finding which of them are near to a few of them: the
// seeding step of k-means. They are immutable and may be shared by goroutines.
//
// Distances are approximate, to a part in a thousand of the larger one of the two
// rows' squared distances to the mean, and exact where they are smaller than that.
// They depend on the rows alone, not on the processor.
type Rows struct {
	x       []float32
	n, d    int
	largest float64 // norm of any row less the mean

	// Of rows less the mean, in units of largest: squared norms, integers, and the
	// factors that turn these into coordinates.
	squares []float32
	factors []float32
	q       []int16
}

// slack is the share of squared norms by which a distance of integers may be off.
// Rounding a row of norm X moves it by X·√d/(2·span) at most, which is a 2,900th
// for 512 dimensions, and a 90th of that where the rounding of its coordinates is
// not conspired.
const slack = 0x1p-10

// NewRows lays out rows of d finite numbers. It keeps x.
func NewRows(x []float32, d int) *Rows {
	r := &Rows{x: x, n: len(x) / d, d: d}
	mean := make([]float64, d)
	for i := range r.n {
		for p, v := range r.row(i) {
			mean[p] += float64(v)
		}
	}
	for p := range mean {
		mean[p] /= float64(r.n)
	}
	padded := (r.n + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows
	r.squares, r.factors = make([]float32, padded), make([]float32, padded)
	r.q = make([]int16, padded*2*kernel.Pairs(d))
	norms := make([]float64, r.n)
	for i := range norms {
		norms[i] = math.Sqrt(SquaredDistance(r.row(i), mean))
		r.largest = max(r.largest, norms[i])
	}
	if r.largest == 0 {
		r.largest = 1 // all rows are equal
	}
	for i, norm := range norms {
		norm /= r.largest
		if !(norm >= minNorm) { // at the mean
			continue
		}
		r.squares[i], r.factors[i] = float32(norm*norm), float32(norm/span)
		scale := span / (norm * r.largest)
		for p, v := range r.row(i) {
			r.q[i*2*kernel.Pairs(d)+p] = int16(math.RoundToEven((float64(v) - mean[p]) * scale))
		}
	}
	return r
}

func (r *Rows) row(i int) []float32 { return r.x[i*r.d : (i+1)*r.d] }

// Closer calls f for every row that is at a squared distance below near[i] from
// one of the given rows, Few at the most, and maybe for others, with its number i and its
// squared distances to all of them: +Inf beyond the last. Rows come in order, and
// distances are in units of the largest squared distance of a row to the mean.
func (r *Rows) Closer(near []float32, to []int32, f func(i int, d2 *[Few]float32)) {
	s := r.search(to)
	for at := 0; at < r.n; at += len(s.states) {
		n := min(len(s.states), r.n-at)
		s.score(at, n)
		for i := at; i < at+n; i++ {
			if least := r.squares[i] + 2*s.best[i-at]; least-float32(slack*(r.squares[i]+s.square)) < near[i] {
				s.distances(i, &s.states[i-at].Best)
				f(i, &s.d2)
			}
		}
	}
}

// search is the memory of one Closer.
type search struct {
	*Rows
	to      []int32
	square  float32     // largest squared norm of a row of to
	wide    [][]float64 // of to, made when needed
	centers *kernel.Centers

	states       []kernel.Lanes
	best, second []float32
	number       []int32
	d2           [Few]float32
}

func (r *Rows) search(to []int32) *search {
	s := &search{Rows: r, to: to, wide: make([][]float64, len(to)), states: make([]kernel.Lanes, maxChunk),
		best: make([]float32, maxChunk), second: make([]float32, maxChunk), number: make([]int32, maxChunk)}
	centers := make([]kernel.Center, len(to))
	for j, i := range to {
		s.square = max(s.square, r.squares[i])
		q := r.q[int(i)*2*kernel.Pairs(r.d):]
		centers[j] = kernel.Center{Coordinates: q[:r.d], Offset: r.squares[i] / 2, Unit: r.factors[i]}
	}
	s.centers = kernel.PackCenters(centers, r.d)
	return s
}

// score computes the scores of n rows from row at on, and the least of each.
func (s *search) score(at, n int) {
	tiles := (n + kernel.TileRows - 1) / kernel.TileRows * kernel.TileRows
	for i := range s.states[:tiles] {
		s.states[i].Reset()
	}
	if s.d > maxDimension { // sums could overflow: distances say it all
		for i := range s.best[:n] {
			s.best[i] = float32(math.Inf(-1))
		}
		return
	}
	kernels.Nearest(s.centers, s.states[:tiles], s.q[at*2*kernel.Pairs(s.d):], s.factors[at:at+tiles])
	kernels.Merge(s.best, s.second, s.number, s.states[:n])
}

// distances fills d2 with the squared distances of row i, given its scores.
func (s *search) distances(i int, scores *[Few]float32) {
	for l := range s.d2 {
		s.d2[l] = float32(math.Inf(1))
	}
	for l, j := range s.to {
		v := s.squares[i] + 2*scores[l]
		if v < slack*(s.squares[i]+s.squares[j]) || s.d > maxDimension {
			v = s.exact(i, l)
		}
		s.d2[l] = v
	}
}

// exact returns the squared distance of row i to row to[l].
func (s *search) exact(i, l int) float32 {
	if s.wide[l] == nil {
		s.wide[l] = Widen(s.row(int(s.to[l])))
	}
	return float32(SquaredDistance(s.row(i), s.wide[l]) / s.largest / s.largest)
}
