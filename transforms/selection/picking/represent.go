package picking

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
)

// represent picks for all groups together: by greedy facility location, which needs no
// seed, and then by exchange (see search).
func (s *set) represent() {
	sample, group := s.sample()
	x, d := vectors(sample, s.Cosine)
	f := &facility{pool: sample, square: squares(x, len(sample), d)}
	f.begin()
	picks, bound := s.start(f, group)
	if len(picks) == 0 {
		return
	}
	fixed, n := s.fixed(), len(sample)
	energies := []*energy{newEnergy(n, len(picks), func(i, j int) float64 { return math.Sqrt(float64(f.square[i*n+j])) })}
	scores, columns := scoresOf(sample, x, d, s.Config.columns())
	if k := len(columns); k > 0 {
		energies = append(energies, newEnergy(n, len(picks), func(i, j int) float64 {
			return math.Sqrt(addSquares(0, scores[i*k:(i+1)*k], scores[j*k:(j+1)*k]))
		}))
	}
	search := newSearch(newCoverage(f.square, n, picks), fixed, energies)
	if len(bound) > 0 {
		search.fits = func(row, place int) bool {
			i := place - fixed
			return i >= len(bound) || bound[i] == group[sample[row].ID]
		}
	}
	search.allowed = func(row, place int) bool { return s.clash(&sample[row], place) == nil }
	search.exchanged = func(row, place int) { s.picked[place] = sample[row] }
	search.run()
	s.result.Objective = &schemas.Objective{Rows: n, Columns: columns}
	search.report(s.result.Objective)
	if len(s.Balance) > 0 {
		s.balance(search, sample)
	}
	s.place(group, fixed)
	s.passOver(sample, group)
}

// balance exchanges the picks of a search that has ended until they have the values of columns
// in the shares that are asked for, and goes on with the search for those that have.
func (s *set) balance(search *search, sample []Candidate) {
	free := s.result.Objective.Figures()
	search.balance = newBalance(s.Balance, s.groups, sample, search.coverage.picks, search.fixed)
	if search.balance.off() > 0 {
		search.run()
	}
	if search.balance.off() > 0 {
		search.repair()
		search.run()
	}
	search.report(s.result.Objective)
	s.result.Objective.Free = &free
	s.result.Balance = search.balance.reached(s.Balance, len(search.coverage.picks))
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

// fixed returns the number of fixed picks.
func (s *set) fixed() (n int) {
	for g := range s.groups {
		n += len(s.groups[g].Fixed)
	}
	return n
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

// start returns the rows of the fixed picks, and then of those that add most to the
// facility location of the sample. The first of the latter take the ranks of picks that were
// struck out, and are of their groups: bound.
func (s *set) start(f *facility, group map[string]int) (picks, bound []int) {
	accept := func(row int) {
		n := len(f.pool)
		f.take(f.square[row*n : (row+1)*n])
		s.picked = append(s.picked, f.pool[row])
		picks = append(picks, row)
	}
	for g := range s.groups {
		for _, c := range s.groups[g].Fixed {
			row, _ := slices.BinarySearchFunc(f.pool, c.ID, func(c Candidate, id string) int { return strings.Compare(c.ID, id) })
			accept(row)
		}
	}
	taken := map[int]bool{}
	for _, row := range picks {
		taken[row] = true
	}
	want := s.Config.picks(s.groups)
	for g := range s.groups {
		for vacant := s.vacant(g, len(s.groups[g].Fixed)); vacant > 0 && len(picks) < want; vacant-- {
			row := s.bestOf(g, f, group, taken)
			if row < 0 {
				break
			}
			accept(row)
			taken[row], bound = true, append(bound, g)
		}
	}
	for len(picks) < want {
		row := f.nextRow()
		if row < 0 {
			break
		}
		if !taken[row] && s.clash(&f.pool[row], -1) == nil {
			accept(row)
		}
	}
	return picks, bound
}

// place gives the picks to their groups: the fixed ones in their order, then the nearest to
// the center first.
func (s *set) place(group map[string]int, fixed int) {
	for i, c := range s.picked {
		g := group[c.ID]
		s.result.Picks[g] = append(s.result.Picks[g], Pick{Candidate: c, Fixed: i < fixed})
	}
	for g, picks := range s.result.Picks {
		slices.SortFunc(picks[len(s.groups[g].Fixed):], func(a, b Pick) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), strings.Compare(a.ID, b.ID))
		})
	}
	s.rank()
}

// passOver records the images of the sample that may not be beside the picks.
func (s *set) passOver(sample []Candidate, group map[string]int) {
	picked := map[string]bool{}
	for _, c := range s.picked {
		picked[c.ID] = true
	}
	for i := range sample {
		if picked[sample[i].ID] {
			continue
		}
		switch over := s.clash(&sample[i], -1); {
		case over == nil:
		case over.Reason == TooNear:
			s.result.TooNear++
		default:
			over.Group = group[over.ID]
			s.result.Duplicates = append(s.result.Duplicates, *over)
		}
	}
}
