package picking

import (
	"math/rand/v2"
	"slices"

	"exemplar/schemas"
)

// The weights of the energy distances, of the vectors and of the quality scores, beside
// the error, which counts 1; each is a share of what random picks have.
const (
	EnergyWeight  = 0.3
	QualityWeight = 0.05
)

var weights = [...]float64{EnergyWeight, QualityWeight}

// Limits of the search.
const (
	maxRounds = 50   // over all candidates
	leastGain = 1e-9 // smaller ones are rounding
)

// search exchanges picks for other rows of a sample as long as that lowers
//
//	Q/Q₀ + EnergyWeight·E/E₀ + QualityWeight·F/F₀
//
// with the error Q (coverage), the energy distance E of the vectors and F of the
// quality scores, and their means Q₀, E₀ and F₀ over random picks. Each candidate takes
// the place of the pick for which it gains most, at once. Where columns are balanced, what
// brings their counts nearer to those that there shall be comes before all gains, and
// nothing leads away from them.
type search struct {
	coverage *coverage
	energies []*energy // of the vectors, and of the quality scores where there are any
	at       []int     // by row: its place, or -1
	fixed    int       // the first places, which keep their picks

	balance *balance // of columns whose values picks have in fixed shares; nil: none

	fits      func(row, place int) bool // whether a row may ever take a place; nil: any
	allowed   func(row, place int) bool // whether a row may take a place, beside the picks of the others
	exchanged func(row, place int)      // is told of every exchange
}

// run exchanges rows until none of them gains anything. Rows come in an order that has
// nothing to do with theirs, which is that of the names.
func (s *search) run() {
	places, rows := len(s.coverage.picks), s.coverage.rows
	order := rand.New(rand.NewPCG(uint64(rows), uint64(places))).Perm(rows)
	gains := make([]float64, places)
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
			for k, e := range s.energies {
				gains[place] += float64(weights[k] * e.gain(row, s.coverage.picks[place]))
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
	for _, e := range s.energies {
		e.exchange(row, old)
	}
	s.coverage.exchange(place, row)
	s.exchanged(row, place)
}

// newSearch begins with the picks of c, of which the first ones are fixed.
func newSearch(c *coverage, fixed int, energies []*energy) *search {
	s := &search{coverage: c, energies: energies, fixed: fixed, at: slices.Repeat([]int{-1}, c.rows)}
	for place, row := range c.picks {
		s.at[row] = place
		for _, e := range energies {
			e.add(row)
		}
	}
	return s
}

// report says what the picks reach.
func (s *search) report(o *schemas.Objective) {
	o.Error, o.Energy = s.coverage.share(), s.energies[0].share(s.coverage.picks)
	if len(s.energies) > 1 {
		o.Quality = s.energies[1].share(s.coverage.picks)
	}
}
