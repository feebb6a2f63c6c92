package picking

import (
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// shares returns with which shares of its weights the search is made, one after the other.
func (c Config) shares() []float64 {
	if c.Search == schemas.SearchGradual {
		return gradual
	}
	return []float64{1}
}

// terms returns the energy distances of n picks that the search lowers, which report to o:
// of the vectors, rows of d numbers, of these whitened, and of quality scores. Where rows
// are all the same, or no quality column is known, such a term has no say.
func (s *set) terms(o *schemas.Objective, square []float32, sample []Candidate, x []float32, d, n int) []term {
	rows := len(sample)
	vectors := newEnergy(rows, n, func(i, j int) float64 { return math.Sqrt(float64(square[i*rows+j])) })
	scored := func(scores []float32) *energy {
		k := len(scores) / rows
		return newEnergy(rows, n, func(i, j int) float64 {
			return math.Sqrt(addSquares(0, scores[i*k:(i+1)*k], scores[j*k:(j+1)*k]))
		})
	}
	weights, within, score := WeightsOf(s.Search), coarse, uniform
	list := []term{{vectors, weights.Energy, &o.Energy}}
	if s.Search == schemas.SearchGradual {
		if white := whitened(x, rows, d); len(white) > 0 {
			list = append(list, term{scored(white), weights.Whitened, &o.Whitened})
		}
	} else {
		within, score = earlierCoarse, normal
	}
	scores, columns := scoresOf(sample, x, d, s.Config.columns(), within, score)
	if o.Columns = columns; len(columns) > 0 {
		list = append(list, term{scored(scores), weights.Quality, &o.Quality})
	}
	return list
}

// sample returns the images that are compared with each other, in the order of their ids, and
// the group of each: the candidates of all groups, and the fixed picks.
func (s *set) sample() (sample []Candidate, group map[string]int) {
	group = map[string]int{}
	for g := range s.groups {
		for _, list := range [][]Candidate{s.groups[g].Pool, s.groups[g].Fixed} {
			for _, c := range list {
				if _, in := group[c.ID]; !in {
					sample = append(sample, c)
				}
				group[c.ID] = g
			}
		}
	}
	slices.SortFunc(sample, func(a, b Candidate) int { return strings.Compare(a.ID, b.ID) })
	return sample, group
}

// vectors returns what is compared of candidates, rows of d numbers.
func vectors(sample []Candidate, cosine bool) (x []float32, d int) {
	for _, c := range sample {
		v := compared(c, cosine)
		x, d = append(x, v...), len(v)
	}
	return x, d
}

// squares returns the squared distances between n rows of d numbers, in a unit in which
// none overflows.
func squares(x []float32, n, d int) []float32 {
	square := make([]float32, n*n)
	d2 := make([]float64, n)
	if n > 0 {
		nearest.SquaredDistances(d2, x, nearest.Widen(x[:d]))
	}
	unit := slices.Max(append(d2, math.SmallestNonzeroFloat64))
	parallel.All(n, func(i int) {
		d2 := make([]float64, n)
		nearest.SquaredDistances(d2, x, nearest.Widen(x[i*d:(i+1)*d]))
		for j, v := range d2 {
			square[i*n+j] = float32(v / unit)
		}
	})
	return square
}
