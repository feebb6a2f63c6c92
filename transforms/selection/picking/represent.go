package picking

import (
	"cmp"
	"slices"
	"strings"

	"exemplar/schemas"
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
	fixed, o := s.fixed(), &schemas.Objective{Rows: len(sample)}
	search := newSearch(newCoverage(f.square, o.Rows, picks), fixed, s.terms(o, f.square, sample, x, d, len(picks)))
	if len(bound) > 0 {
		search.fits = func(row, place int) bool {
			i := place - fixed
			return i >= len(bound) || bound[i] == group[sample[row].ID]
		}
	}
	search.allowed = func(row, place int) bool { return s.clash(&sample[row], place) == nil }
	search.exchanged = func(row, place int) { s.picked[place] = sample[row] }
	for _, share := range s.Config.shares() {
		search.run(share)
	}
	search.report(o)
	s.result.Objective = o
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
		search.run(1)
	}
	if search.balance.off() > 0 {
		search.repair()
		search.run(1)
	}
	search.report(s.result.Objective)
	s.result.Objective.Free = &free
	s.result.Balance = search.balance.reached(s.Balance, len(search.coverage.picks))
}

// fixed returns the number of fixed picks.
func (s *set) fixed() (n int) {
	for g := range s.groups {
		n += len(s.groups[g].Fixed)
	}
	return n
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
