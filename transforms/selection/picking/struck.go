package picking

import "slices"

// vacant returns how many ranks of picks that were struck out a group of so many picks has
// still to give away.
func (s *set) vacant(g, picks int) int {
	group := &s.groups[g]
	n := len(group.Struck) - (picks - group.Kept)
	if s.Budget == 0 {
		n = min(n, s.Top-picks)
	}
	return max(0, n)
}

// refill picks for the ranks of a group that were struck out.
func (s *set) refill(g int) {
	for s.vacant(g, len(s.result.Picks[g])) > 0 && len(s.picked) < s.picks(s.groups) {
		next := s.next(g, true)
		if next == nil {
			return
		}
		s.accept(g, *next, false)
	}
}

// bestOf returns the row of a group that adds most to the facility location and is
// allowed, -1 where there is none.
func (s *set) bestOf(g int, f *facility, group map[string]int, taken map[int]bool) int {
	best, most := -1, 0.0
	for row := range f.pool {
		if taken[row] || group[f.pool[row].ID] != g || s.clash(&f.pool[row], -1) != nil {
			continue
		}
		if gain := f.gainOf(row); best < 0 || gain > most {
			best, most = row, gain
		}
	}
	return best
}

// rank puts the picks of every group in the order of their ranks: those of an earlier
// selection keep theirs, and the others have the ranks between and after them. Where there
// are fewer others than were struck out, what is behind moves up.
func (s *set) rank() {
	for g := range s.groups {
		group, picks := &s.groups[g], s.result.Picks[g]
		if len(group.Struck) == 0 {
			continue
		}
		kept, others := picks[:group.Kept], picks[group.Kept:]
		ranked := make([]Pick, 0, len(picks))
		for len(kept)+len(others) > 0 {
			from := &kept
			if _, struck := slices.BinarySearch(group.Struck, len(ranked)); len(kept) == 0 || struck && len(others) > 0 {
				from = &others
			}
			ranked = append(ranked, (*from)[0])
			*from = (*from)[1:]
		}
		s.result.Picks[g] = ranked
	}
}
