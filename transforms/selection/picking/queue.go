package picking

import (
	"cmp"
	"container/heap"
	"math"
)

// queue is a heap of the groups that may grow, the one whose turn it is first.
type queue struct {
	ranking
	c        Config
	all      []Group
	picks    func(group int) int
	everyone bool // each group gets a pick before any gets two
}

func newQueue(c Config, groups []Group, picks func(int) int) *queue {
	q := &queue{c: c, all: groups, picks: picks, everyone: c.Budget == 0 || c.Budget >= len(groups)}
	q.before = func(a, b int) bool {
		return cmp.Or(cmp.Compare(q.claim(b), q.claim(a)), cmp.Compare(groups[b].Size, groups[a].Size), cmp.Compare(a, b)) < 0
	}
	for g := range groups {
		if q.open(g) {
			q.numbers = append(q.numbers, g)
		}
	}
	heap.Init(q)
	return q
}

// open reports whether a group may have one more pick.
func (q *queue) open(g int) bool {
	n := q.picks(g)
	return int64(n) < q.all[g].Size && (q.c.Budget > 0 || n < q.c.Top)
}

// grown puts the first group in its new place after it got a pick.
func (q *queue) grown() {
	if q.open(q.numbers[0]) {
		heap.Fix(q, 0)
	} else {
		heap.Pop(q)
	}
}

// claim is what groups are ordered by, the largest first.
func (q *queue) claim(g int) float64 {
	n := q.picks(g)
	if n == 0 && q.everyone {
		return math.Inf(1)
	}
	weight := 1.0
	if q.c.Budget > 0 {
		switch q.c.Quota {
		case Proportional:
			weight = float64(q.all[g].Size)
		case Sqrt:
			weight = math.Sqrt(float64(q.all[g].Size))
		}
	}
	return weight / (float64(n) + 0.5)
}
