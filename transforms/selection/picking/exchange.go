package picking

import (
	"math/rand/v2"
	"slices"

	"exemplar/schemas"
)

// Weights are those of the energy distances beside the error, which counts 1; each is a share
// of what random picks have.
type Weights struct {
	Energy   float64 // of the vectors
	Whitened float64 // of their leading principal components, each of variance 1
	Quality  float64 // of the quality scores
}

// WeightsOf returns the weights of a schemas.PickParameters.Search.
func WeightsOf(search string) Weights {
	if search == schemas.SearchGradual {
		return Weights{Energy: 0.2, Whitened: 0.06, Quality: 0.04}
	}
	return Weights{Energy: 0.3, Quality: 0.05}
}

// gradual are the shares of the weights with which the search is made again, each time from
// the picks of the time before. The error alone has few optima that are as good, and leads to
// much the same picks of another sample of the images; energy distances have many.
var gradual = []float64{0, 0.1, 0.3, 1}

// Limits of the search.
const (
	maxRounds = 50   // over all candidates
	leastGain = 1e-9 // smaller ones are rounding
)

// term is an energy distance in the sum that the search lowers.
type term struct {
	*energy
	weight float64
	share  *float64 // of schemas.Objective: what the picks reach
}

// search exchanges picks for other rows of a sample as long as that lowers
//
//	Q/Q₀ + Σ weight·E/E₀
//
// with the error Q (coverage), energy distances E (terms), and their means Q₀ and E₀ over
// random picks. Each candidate takes
// the place of the pick for which it gains most, at once. Where columns are balanced, what
// brings their counts nearer to those that there shall be comes before all gains, and
// nothing leads away from them.
type search struct {
	coverage *coverage
	terms    []term
	at       []int // by row: its place, or -1
	fixed    int   // the first places, which keep their picks

	balance *balance // of columns whose values picks have in fixed shares; nil: none

	fits      func(row, place int) bool // whether a row may ever take a place; nil: any
	allowed   func(row, place int) bool // whether a row may take a place, beside the picks of the others
	exchanged func(row, place int)      // is told of every exchange
}

// run exchanges rows until none of them gains anything, with a share of the weights. Rows come
// in an order that has nothing to do with theirs, which is that of the names.
func (s *search) run(share float64) {
	places, rows := len(s.coverage.picks), s.coverage.rows
	order := rand.New(rand.NewPCG(uint64(rows), uint64(places))).Perm(rows)
	gains, terms := make([]float64, places), s.terms
	if share == 0 {
		terms = nil
	}
	for since, i := 0, 0; since < rows && i < maxRounds*rows; i++ {
		since++
		row := order[i%rows]
		if s.at[row] >= 0 {
			continue
		}
		s.coverage.gains(gains, row)
		best, away := -1, 0
		for place := s.fixed; place < places; place++ {
			if s.fits != nil && !s.fits(row, place) {
				continue
			}
			for _, t := range terms {
				gains[place] += float64(share * t.weight * t.gain(row, s.coverage.picks[place]))
			}
			change := 0
			if s.balance != nil {
				change = s.balance.change(row, s.coverage.picks[place])
			}
			if best < 0 || change < away || change == away && gains[place] < gains[best] {
				best, away = place, change
			}
		}
		if best >= 0 && (away < 0 || away == 0 && gains[best] < -leastGain) && s.allowed(row, best) {
			s.exchange(best, row)
			since = 0
		}
	}
}

func (s *search) exchange(place, row int) {
	old := s.coverage.picks[place]
	s.at[old], s.at[row] = -1, place
	if s.balance != nil {
		s.balance.exchange(row, old)
	}
	for _, t := range s.terms {
		t.exchange(row, old)
	}
	s.coverage.exchange(place, row)
	s.exchanged(row, place)
}

// newSearch begins with the picks of c, of which the first ones are fixed.
func newSearch(c *coverage, fixed int, terms []term) *search {
	s := &search{coverage: c, terms: terms, fixed: fixed, at: slices.Repeat([]int{-1}, c.rows)}
	for place, row := range c.picks {
		s.at[row] = place
		for _, t := range terms {
			t.add(row)
		}
	}
	return s
}

// report says what the picks reach.
func (s *search) report(o *schemas.Objective) {
	o.Error = s.coverage.share()
	for _, t := range s.terms {
		*t.share = t.energy.share(s.coverage.picks)
	}
}
