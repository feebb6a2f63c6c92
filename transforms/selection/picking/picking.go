package picking

import (
	"container/heap"
	"math"

	"exemplar/schemas"
)

// Strategies to pick: all but the last within each group.
const (
	Nearest        = "nearest"        // to the center
	Facility       = "facility"       // location: candidates that lie near all others
	Spread         = "range"          // at positions among the distances to the center
	Representative = "representative" // those that represent the whole set together
)

// Quotas: the weight of a group of n images.
const (
	Equal        = "equal"        // 1
	Proportional = "proportional" // n
	Sqrt         = "sqrt"         // √n
)

// Config says how many images are picked, and which.
type Config struct {
	Strategy string
	Cosine   bool // Facility compares directions, and not vectors

	Top    int    // picks of every group, where Budget is 0; of Spread, at each of its positions
	Budget int    // picks of all groups together
	Quota  string // by which groups share the budget; not of Representative

	MinDistance float64 // Euclidean distance that two picks are apart at least
	Duplicates  bool    // near duplicates of picks are allowed
	Equal       bool    // without Duplicates: only equal ones are passed over

	Balance schemas.Balancing // columns whose values the picks have in fixed shares; of Representative
	Search  string            // of Representative: schemas.SearchGradual, or "", that of earlier versions
	Columns []string          // of Representative: BalancedColumns where it is nil, or EarlierColumns
}

func (c Config) columns() []string {
	if c.Columns == nil {
		return BalancedColumns
	}
	return c.Columns
}

// Candidate is an image that may be picked.
type Candidate struct {
	ID       string
	Distance float64   // to the center of the group
	X        []float32 // vector; may be nil where the strategy is Nearest, MinDistance is 0 and Duplicates are allowed
	SHA256   string    // of the pixels; "" where unknown
	Quality  []float32 // of Representative: QualityOf the image; may be nil
	Values   []string  // of the columns of Config.Balance
}

// Group is one group of the set and its candidates.
type Group struct {
	Size   int64       // images
	Values []Tally     // of all its images: columns of Config.Balance
	Fixed  []Candidate // its first picks
	Pool   []Candidate // each id once; may have those of Fixed

	// Of Spread: how the distances of all its images spread, and the candidates of each of
	// schemas.Positions in their order.
	Reach *schemas.Spread
	At    [][]Candidate

	// Struck are the ranks, from 0, of earlier picks that are none any more. The first Kept
	// of Fixed have the ranks between, and what is picked beside them has these first.
	Struck []int
	Kept   int
}

// Pick is one picked image.
type Pick struct {
	Candidate
	Fixed    bool
	Position string // one of schemas.Positions; of Spread
	// Next is the candidate that would be picked in its place or after it: the
	// next pick, or the first candidate that was left. nil where there is none, and
	// where the strategy is not Nearest.
	Next *Candidate
}

// Result is what was picked.
type Result struct {
	Picks      [][]Pick                // of every group, in the order of their ranks
	Threshold  float64                 // distance up to which two images are near duplicates
	Neighbor   float64                 // median distance of a candidate to the nearest other one
	Duplicates []PassedOver            // candidates that are duplicates of a pick
	TooNear    int                     // candidates nearer to a pick than the minimum distance
	Objective  *schemas.Objective      // of Representative
	Balance    []schemas.ColumnBalance // of Config.Balance
}

// Choose picks from the groups of a set.
func Choose(c Config, groups []Group) *Result {
	r := &Result{Picks: make([][]Pick, len(groups))}
	s := &set{Config: c, groups: groups, result: r, over: map[string]bool{}}
	if !c.Duplicates {
		r.Neighbor, r.Threshold = Threshold(groups)
		if c.Equal {
			r.Threshold = 0
		}
	}
	if c.Strategy == Representative {
		s.represent()
		return r
	}
	if c.Strategy == Spread {
		s.spread()
		return r
	}
	for g := range groups {
		s.sources = append(s.sources, newSource(c, &groups[g]))
		for _, f := range groups[g].Fixed {
			s.accept(g, f, true)
		}
	}
	for g := range groups {
		s.refill(g)
	}
	q := newQueue(c, groups, func(g int) int { return len(r.Picks[g]) })
	for left := c.picks(groups) - len(s.picked); left > 0 && q.Len() > 0; {
		g := q.numbers[0]
		next := s.next(g, true)
		if next == nil {
			heap.Pop(q)
			continue
		}
		s.accept(g, *next, false)
		q.grown()
		left--
	}
	s.findNext()
	s.rank()
	return r
}

// picks returns how many images are picked of all groups at most.
func (c Config) picks(groups []Group) int {
	if c.Budget > 0 {
		return c.Budget
	}
	return math.MaxInt
}

// Quotas returns how many picks each group gets where no candidate is passed over;
// fixed is the number of its fixed picks.
func Quotas(c Config, sizes []int64, fixed []int) []int {
	groups := make([]Group, len(sizes))
	counts := make([]int, len(sizes))
	total := 0
	for g, n := range sizes {
		groups[g].Size, counts[g] = n, fixed[g]
		total += fixed[g]
	}
	q := newQueue(c, groups, func(g int) int { return counts[g] })
	for left := c.picks(groups) - total; left > 0 && q.Len() > 0; left-- {
		counts[q.numbers[0]]++
		q.grown()
	}
	return counts
}

// set is a selection under way.
type set struct {
	Config
	groups  []Group
	sources []source
	picked  []Candidate
	result  *Result
	over    map[string]bool // candidates of Spread that were passed over
}

// accept makes a candidate the next pick of a group.
func (s *set) accept(g int, c Candidate, fixed bool) {
	s.result.Picks[g] = append(s.result.Picks[g], Pick{Candidate: c, Fixed: fixed})
	s.picked = append(s.picked, c)
	s.sources[g].accepted(c)
}

// next returns the best candidate of a group that is allowed, or nil. Those passed
// over are recorded where asked.
func (s *set) next(g int, record bool) *Candidate {
	for {
		c := s.sources[g].next()
		if c == nil {
			return nil
		}
		over := s.reason(g, c)
		switch {
		case over == nil:
			return c
		case !record:
		case over.Reason == TooNear:
			s.result.TooNear++
		case over.Reason != Again:
			s.result.Duplicates = append(s.result.Duplicates, *over)
		}
	}
}

// findNext finds the next candidate of every pick.
func (s *set) findNext() {
	if s.Strategy != Nearest {
		return
	}
	for g, picks := range s.result.Picks {
		for i := range picks {
			if picks[i].Fixed {
				continue
			}
			if i+1 < len(picks) {
				picks[i].Next = &picks[i+1].Candidate
			} else {
				picks[i].Next = s.next(g, false)
			}
		}
	}
}
