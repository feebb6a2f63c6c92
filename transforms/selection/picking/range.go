package picking

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
)

// Tukey's rule for outliers, and the groups that it is too coarse for.
const (
	fenceFactor  = 1.5
	fewestFenced = 8 // images of a group; of fewer none is an outlier
)

// quarterRank returns the place, from 0, of the quantile of so many quarters among n images.
func quarterRank(n, quarters int64) int64 { return max(0, (n*quarters+3)/4-1) }

// Quartiles returns the places, from 0, of the quartiles of n distances.
func Quartiles(n int64) (first, third int64) { return quarterRank(n, 1), quarterRank(n, 3) }

// Fence returns the distance beyond which images of a group of n are outliers, of quartiles q1
// and q3: q3 + 1.5 (q3 - q1), the upper fence of Tukey, "Exploratory data analysis", 1977. It is 0
// where none is: where fewer than 8 images have no quartiles to speak of, and where these are
// equal, so that no distance is large in comparison.
//
// The distance by cosine is half a squared length, that of the difference of two directions,
// and it is these lengths whose fence it is: squares have a long tail of their own.
func Fence(metric string, n int64, q1, q3 float64) float64 {
	if n < fewestFenced || !(q1 < q3) {
		return 0
	}
	if metric != schemas.MetricCosine {
		return q3 + float64(fenceFactor*(q3-q1))
	}
	a, b := math.Sqrt(2*q1), math.Sqrt(2*q3)
	length := b + float64(fenceFactor*(b-a))
	return length * length / 2
}

// SpreadOf returns how distances spread, which are sorted.
func SpreadOf(metric string, sorted []float64) schemas.Spread {
	n := int64(len(sorted))
	if n == 0 {
		return schemas.Spread{}
	}
	first, third := Quartiles(n)
	s := schemas.Spread{Q1: sorted[first], Q3: sorted[third]}
	s.Fence = Fence(metric, n, s.Q1, s.Q3)
	for s.Inliers = n; !s.Inlier(sorted[s.Inliers-1]); s.Inliers-- {
		s.Outliers++
	}
	first, third = Quartiles(s.Inliers)
	s.P25, s.P75 = sorted[first], sorted[third]
	nearer := func(d float64) int64 { at, _ := slices.BinarySearch(sorted, d); return int64(at) }
	s.NearerP25, s.NearerP75 = nearer(s.P25), nearer(s.P75)
	return s
}

// dueAt returns how many images are due at each of schemas.Positions. Of every four inliers
// one has a position, so that those at 25 % are in the nearer half, and those at 75 % in the
// farther one; four or fewer have no place between the nearest and the farthest.
func dueAt(top int, s *schemas.Spread) (due [5]int) {
	within := min(int64(top), (s.Inliers-1)/4)
	due[0] = int(min(max(within, 1), s.Inliers))
	due[1], due[2] = int(max(within, 0)), int(max(within, 0))
	if s.Inliers > 1 {
		due[3] = int(max(within, 1))
	}
	due[4] = int(min(int64(top), s.Outliers))
	return due
}

// keyAt returns what the candidates of a position are ordered by, the smallest first: how far
// they are from its distance. ok is false where an image is none of them.
func keyAt(s *schemas.Spread, position int, distance float64) (key float64, ok bool) {
	switch schemas.Positions[position] {
	case schemas.PositionTypical:
		key = distance
	case schemas.PositionLower:
		key = math.Abs(distance - s.P25)
	case schemas.PositionUpper:
		key = math.Abs(distance - s.P75)
	default:
		key = -distance
	}
	return key, s.Inlier(distance) == (schemas.Positions[position] != schemas.PositionOutlier)
}

// byKey orders candidates by their keys, then by id.
func byKey(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), strings.Compare(a.ImageID, b.ImageID))
}

// WantsAt reports whether an image would be kept for any position, of which so many each are.
func (l *Listed) WantsAt(s *schemas.Spread, distance float64, id string, keep int) bool {
	for position := range schemas.Positions {
		if key, ok := keyAt(s, position, distance); ok && l.wantsAt(position, key, id, keep) {
			return true
		}
	}
	return false
}

func (l *Listed) wantsAt(position int, key float64, id string, keep int) bool {
	if l.At == nil || len(l.At[position]) < keep {
		return keep > 0
	}
	return byKey(Entry{Key: key, Pick: schemas.Pick{ImageID: id}}, l.At[position][keep-1]) < 0
}

// OfferAt keeps a candidate for the positions that it is among the first of.
func (l *Listed) OfferAt(s *schemas.Spread, e Entry, keep int) {
	for position := range schemas.Positions {
		if key, ok := keyAt(s, position, e.Distance); ok && l.wantsAt(position, key, e.ImageID, keep) {
			e.Key = key
			l.keepAt(position, e, keep)
		}
	}
}

func (l *Listed) keepAt(position int, e Entry, keep int) {
	if l.At == nil {
		l.At = make([][]Entry, len(schemas.Positions))
	}
	l.At[position], _ = nearest.Keep(l.At[position], e, keep, byKey)
}

// FoldAt adds the candidates for positions of other images of the group.
func (l *Listed) FoldAt(from *Listed, keep int) {
	for position, list := range from.At {
		for _, e := range list {
			if l.wantsAt(position, e.Key, e.ImageID, keep) {
				l.keepAt(position, e, keep)
			}
		}
	}
}

// Spread gives a group the candidates of its positions, out of a pool of all its images.
func (g *Group) Spread(metric string) {
	distances := make([]float64, len(g.Pool))
	for i := range g.Pool {
		distances[i] = g.Pool[i].Distance
	}
	slices.Sort(distances)
	s := SpreadOf(metric, distances)
	g.Reach, g.At = &s, make([][]Candidate, len(schemas.Positions))
	for position := range schemas.Positions {
		keys := map[string]float64{}
		for _, c := range g.Pool {
			if key, ok := keyAt(&s, position, c.Distance); ok {
				keys[c.ID] = key
				g.At[position] = append(g.At[position], c)
			}
		}
		slices.SortFunc(g.At[position], func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(keys[a.ID], keys[b.ID]), strings.Compare(a.ID, b.ID))
		})
	}
}

// spread picks at the positions of all groups: the first images of each, first the nearest
// and the farthest inliers, which the others must not take, and then the second ones.
func (s *set) spread() {
	order := []int{0, 3, 1, 2, 4}
	at := make([][5][]Pick, len(s.groups))
	left := make([][5][]Candidate, len(s.groups))
	for g := range s.groups {
		copy(left[g][:], s.groups[g].At)
	}
	for round := range s.Top {
		for _, position := range order {
			for g := range s.groups {
				if round >= dueAt(s.Top, s.groups[g].Reach)[position] {
					continue
				}
				c := s.nextAt(g, &left[g][position])
				if c == nil {
					continue
				}
				p := Pick{Candidate: *c, Position: schemas.Positions[position]}
				at[g][position] = append(at[g][position], p)
				s.result.Picks[g] = append(s.result.Picks[g], p)
				s.picked = append(s.picked, *c)
			}
		}
	}
	for g := range at {
		s.result.Picks[g] = slices.Concat(at[g][:]...)
	}
}

// nextAt returns the first candidate of a position that is allowed, nil where there is none.
func (s *set) nextAt(g int, left *[]Candidate) *Candidate {
	for len(*left) > 0 {
		c := &(*left)[0]
		*left = (*left)[1:]
		over := s.reason(g, c)
		if over == nil {
			return c
		}
		s.pass(*over)
	}
	return nil
}

// pass records a candidate that was passed over, once.
func (s *set) pass(over PassedOver) {
	switch {
	case over.Reason == Again:
	case s.over[over.ID]:
	case over.Reason == TooNear:
		s.over[over.ID] = true
		s.result.TooNear++
	default:
		s.over[over.ID] = true
		s.result.Duplicates = append(s.result.Duplicates, over)
	}
}

// percentileAt is percentile of a pick at a position: exact, but where candidates at the
// same distance were too many to be kept.
func percentileAt(l *Listed, size int64, e *Entry, position string) float64 {
	at := slices.Index(schemas.Positions, position)
	s, list := l.Spread, l.At[at]
	inside := func(d float64) bool { return s.Inlier(d) == (position != schemas.PositionOutlier) }
	count := func(pool func(Entry) bool, excluded func(d float64) bool) (n int64) {
		for _, c := range list {
			if pool(c) {
				n++
			}
		}
		for _, d := range l.Excluded {
			if inside(d) && excluded(d) {
				n++
			}
		}
		return n
	}
	behind := func(c Entry) bool { return ByDistance(c.Pick, e.Pick) > 0 }
	nearer := func(from float64) (n int64) { // how many are at most as far, those nearer than from aside
		return count(func(c Entry) bool { return c.Distance >= from && !behind(c) }, func(d float64) bool { return d >= from && d < e.Distance })
	}
	farther := func(to float64) (n int64) { // how many are behind it, and nearer than to
		return count(func(c Entry) bool { return c.Distance < to && behind(c) }, func(d float64) bool { return d < to && d >= e.Distance })
	}
	all := count(func(Entry) bool { return true }, func(float64) bool { return true })
	of := s.Inliers
	if position == schemas.PositionOutlier {
		of = s.Outliers
	}
	last := &list[len(list)-1]
	i := slices.IndexFunc(list, func(c Entry) bool { return c.ImageID == e.ImageID })
	tied := all < of && list[i].Key == last.Key // and others, which were not kept, may be
	from, below := s.P25, s.NearerP25
	if position == schemas.PositionUpper {
		from, below = s.P75, s.NearerP75
	}
	share := func(n int64) float64 { return 100 * float64(n) / float64(size) }
	switch {
	case position == schemas.PositionTypical:
		return share(nearer(math.Inf(-1)))
	case (position == schemas.PositionLower || position == schemas.PositionUpper) && e.Distance >= from:
		return share(below + nearer(from))
	case tied:
		return math.NaN()
	case position == schemas.PositionLower || position == schemas.PositionUpper:
		return share(below - farther(from))
	case position == schemas.PositionExtreme:
		return share(s.Inliers - farther(math.Inf(1)))
	}
	return share(size - farther(math.Inf(1)))
}
