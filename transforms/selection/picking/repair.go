package picking

import "slices"

// repair makes the counts of one column after the other those that there shall be, by chains
// of exchanges that leave the columns before as they are: a pick of a value that has too many
// makes room for one of another value, that value loses a pick of its own, and so on to a value
// that has too few. Of two columns this finds counts wherever the sample has images for
// them: the difference to such a table is a sum of chains. Of more columns it may end farther
// from what there shall be than it began; then all stays as it was.
func (s *search) repair() {
	off, done := s.balance.off(), [][2]int{}
	for k := range s.balance.columns {
		for range s.coverage.picks {
			chain := s.chain(k)
			if chain == nil || !s.follow(chain, k, &done) {
				break
			}
		}
	}
	if s.balance.off() > off {
		for _, undo := range slices.Backward(done) {
			s.exchange(undo[0], undo[1])
		}
	}
}

// chain returns the values on a shortest chain of column k, nil where there is none.
func (s *search) chain(k int) []int {
	m := s.balance.columns[k]
	from := make([]int, len(m.values)) // value before, -1 at the begin, -2 where not reached
	var queue []int
	for v := range from {
		if from[v] = -2; m.count[v] > m.target[v] {
			from[v], queue = -1, append(queue, v)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		v := queue[0]
		for to := range s.next(k, v, func(to int) bool { return from[to] == -2 }) {
			from[to] = v
			if m.count[to] < m.target[to] {
				chain := []int{to}
				for ; from[to] >= 0; to = from[to] {
					chain = append([]int{from[to]}, chain...)
				}
				return chain
			}
			queue = append(queue, to)
		}
	}
	return nil
}

// next yields the values of column k that a pick of value v may be exchanged for, with a row and
// its place, as long as they are wanted.
func (s *search) next(k, v int, wanted func(to int) bool) func(yield func(to int, at [2]int) bool) {
	m := s.balance.columns[k]
	return func(yield func(int, [2]int) bool) {
		for place := s.fixed; place < len(s.coverage.picks); place++ {
			pick := s.coverage.picks[place]
			if m.of[pick] != v {
				continue
			}
			for row := range s.coverage.rows {
				to := m.of[row]
				if s.at[row] >= 0 || !wanted(to) || !s.balance.same(row, pick, k) || s.fits != nil && !s.fits(row, place) || !s.allowed(row, place) {
					continue
				}
				if !yield(to, [2]int{row, place}) {
					return
				}
			}
		}
	}
}

// follow makes the exchanges of a chain. It reports whether it came to the end: near
// duplicates of what was picked meanwhile may be in the way. What it has done is added to done,
// places and the rows that they had.
func (s *search) follow(chain []int, k int, done *[][2]int) bool {
	for i, v := range chain[:len(chain)-1] {
		stopped := true
		for _, at := range s.next(k, v, func(to int) bool { return to == chain[i+1] }) {
			*done = append(*done, [2]int{at[1], s.coverage.picks[at[1]]})
			s.exchange(at[1], at[0])
			stopped = false
			break
		}
		if stopped {
			return false
		}
	}
	return true
}
