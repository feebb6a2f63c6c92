package verifying

import (
	"cmp"
	"math"
	"slices"

	"exemplar/model/nearest"
)

// nearPick is a pick that images are compared with.
type nearPick struct {
	id string
	x  []float64
}

// nearPicks are the picks of one scope, center and metric, by id, divided among some of them: by the
// triangle inequality most are known to be too far away by their distance to that one.
type nearPicks struct {
	list  []nearPick
	parts []nearPart // none of few picks
}

// nearPart is the picks that are nearer to one of them, its middle, than to that of other parts.
type nearPart struct {
	middle []float64
	far    []float64 // distances of the picks to it, rising
	rows   []float64 // their vectors, one after the other
	at     []int     // their positions in the list
}

// fewPicks are compared one by one.
const fewPicks = 64

func newNearPicks(list []nearPick) *nearPicks {
	p := &nearPicks{list: list}
	if len(list) < fewPicks {
		return p
	}
	p.parts = make([]nearPart, int(2*math.Sqrt(float64(len(list)))))
	for i := range p.parts {
		p.parts[i].middle = list[i*len(list)/len(p.parts)].x
	}
	type member struct {
		far float64
		at  int
	}
	members := make([][]member, len(p.parts))
	for i := range list {
		best, least := 0, math.Inf(1)
		for j := range p.parts {
			if far := apart(list[i].x, p.parts[j].middle); far < least {
				best, least = j, far
			}
		}
		members[best] = append(members[best], member{least, i})
	}
	for j, m := range members {
		slices.SortFunc(m, func(a, b member) int {
			return cmp.Compare(a.far, b.far)
		})
		for _, pick := range m {
			part := &p.parts[j]
			part.far, part.at, part.rows = append(part.far, pick.far), append(part.at, pick.at), append(part.rows, list[pick.at].x...)
		}
	}
	return p
}

// apart is the Euclidean distance, but for rounding.
func apart(x, y []float64) float64 {
	sum := 0.0
	for i, v := range y {
		t := x[i] - v
		sum += float64(t * t)
	}
	return math.Sqrt(sum)
}

// margin is more than rounding may change in a distance, as a share of the distances that it
// follows from.
const margin = 1e-9

// nearest returns the position of the pick that is nearest to a vector, of equal ones the
// first, and its squared distance. It looks at the pick at position first before others.
func (p *nearPicks) nearest(x []float32, first int) (best int, least float64) {
	n := search{x: nearest.Widen(x), row: x, best: first}
	n.found(squaredDistance(x, p.list[first].x), first)
	if p.parts == nil {
		for i := range p.list {
			n.look(p.list[i].x, i)
		}
		return n.best, n.least
	}
	to, middle := make([]float64, len(p.parts)), 0
	for j := range p.parts {
		if to[j] = apart(n.x, p.parts[j].middle); to[j] < to[middle] {
			middle = j
		}
	}
	for k := range p.parts {
		j := (middle + k) % len(p.parts)
		n.lookAt(&p.parts[j], to[j])
	}
	return n.best, n.least
}

// search is a search for the pick that is nearest to a vector.
type search struct {
	x     []float64
	row   []float32 // the same
	best  int
	least float64 // squared distance of the best
	limit float64 // above it, rounding included
	reach float64 // its root
}

// found takes the pick at a position as the best.
func (n *search) found(square float64, at int) {
	n.best, n.least, n.limit = at, square, square*(1+margin) // more than another order of the sum may change
	n.reach = math.Sqrt(n.limit)
}

// lookAt looks at the picks of a part whose middle is so far from the vector: at those whose
// distance to it differs by no more than the best is away.
func (n *search) lookAt(p *nearPart, to float64) {
	slack := n.reach + margin*(n.reach+to)
	from, _ := slices.BinarySearch(p.far, to-slack)
	end, _ := slices.BinarySearch(p.far, math.Nextafter(to+slack, math.Inf(1)))
	for d, i := len(n.x), from; i < end; i++ {
		n.look(p.rows[i*d:(i+1)*d], p.at[i])
	}
}

// look looks at one pick. Most are farther away by some of the coordinates already.
func (n *search) look(pick []float64, at int) {
	if n.beyond(pick) {
		return
	}
	if q := squaredDistance(n.row, pick); q < n.least || q == n.least && at < n.best {
		n.found(q, at)
	}
}

// beyond reports that a pick is farther away than the best; it may be where the answer is no. Four
// sums do not wait for each other.
func (n *search) beyond(pick []float64) bool {
	var a, b, c, d float64
	x := n.x
	for len(pick) >= 8 && len(x) >= 8 {
		t, u, v, w := x[0]-pick[0], x[1]-pick[1], x[2]-pick[2], x[3]-pick[3]
		a, b, c, d = a+float64(t*t), b+float64(u*u), c+float64(v*v), d+float64(w*w)
		t, u, v, w = x[4]-pick[4], x[5]-pick[5], x[6]-pick[6], x[7]-pick[7]
		a, b, c, d = a+float64(t*t), b+float64(u*u), c+float64(v*v), d+float64(w*w)
		if a+b+c+d > n.limit {
			return true
		}
		x, pick = x[8:], pick[8:]
	}
	for i, p := range pick {
		t := x[i] - p
		a += float64(t * t)
	}
	return a+b+c+d > n.limit
}
