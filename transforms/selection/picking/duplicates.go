package picking

import (
	"math"
	"slices"
)

// Reasons for which a candidate is passed over.
const (
	Pixels  = "pixels"       // its pixels are those of a pick
	Near    = "near"         // its vector is within the threshold of a pick's
	TooNear = "min_distance" // its vector is nearer to a pick's than the minimum distance
	Again   = "again"        // it is a pick already
)

// PassedOver is a candidate that was not picked because of a pick.
type PassedOver struct {
	Group    int
	ID       string
	Reason   string
	Of       string  // image id of the pick
	Distance float64 // between the two; 0 where the pixels are equal
}

// reason says why a candidate may not be picked, or nil.
func (s *set) reason(g int, c *Candidate) *PassedOver {
	for i := range s.result.Picks[g] {
		if s.result.Picks[g][i].ID == c.ID {
			return &PassedOver{Reason: Again}
		}
	}
	over := s.clash(c, -1)
	if over != nil {
		over.Group = g
	}
	return over
}

// clash says which pick a candidate may not be beside, or nil; the pick at position
// except of all picks does not count.
func (s *set) clash(c *Candidate, except int) *PassedOver {
	if s.Duplicates && s.MinDistance == 0 {
		return nil
	}
	limit := max(s.MinDistance, s.result.Threshold)
	best, of, same := math.Inf(1), "", ""
	for i, p := range s.picked {
		if i == except {
			continue
		}
		if c.SHA256 != "" && c.SHA256 == p.SHA256 {
			same = p.ID
		}
		if d2, ok := within(c.X, p.X, limit*limit); ok && d2 < best {
			best, of = d2, p.ID
		}
	}
	distance := math.Sqrt(best)
	switch {
	case !s.Duplicates && same != "":
		return &PassedOver{ID: c.ID, Reason: Pixels, Of: same}
	case !s.Duplicates && distance <= s.result.Threshold:
		return &PassedOver{ID: c.ID, Reason: Near, Of: of, Distance: distance}
	case distance < s.MinDistance:
		return &PassedOver{ID: c.ID, Reason: TooNear, Of: of, Distance: distance}
	}
	return nil
}

// within returns the squared distance of two vectors, in the order of the
// dimensions; ok is false, and the sum not complete, where it is above limit.
func within(a, b []float32, limit float64) (d2 float64, ok bool) {
	limit *= 1 + 1e-9 // the limit was rounded
	for len(a) > 16 {
		d2 = addSquares(d2, a[:16], b[:16])
		if d2 > limit {
			return d2, false
		}
		a, b = a[16:], b[16:]
	}
	d2 = addSquares(d2, a, b)
	return d2, d2 <= limit
}

func addSquares(d2 float64, a, b []float32) float64 {
	b = b[:len(a)]
	for i, v := range a {
		t := float64(v) - float64(b[i])
		d2 += float64(t * t)
	}
	return d2
}

const (
	neighbors      = 1000 // candidates whose nearest other one is looked for, at most
	fewNeighbors   = 8    // below these no threshold is taken from the data
	madOfNormal    = 1.4826
	deviations     = 5   // below the median, on the scale of logarithms
	largestPortion = 0.5 // of the median
)

// Threshold returns the median distance of a candidate to the nearest other
// candidate of its group, and the distance up to which two images count as near
// duplicates: 5 robust standard deviations (1.4826 times the median absolute
// deviation) of the logarithm below that median, and at most half of it. Pairs at
// distance 0 do not count. It is 0 where fewer than 8 distances are known, so that
// then only equal vectors are near.
//
// Where images lie evenly in d dimensions the logarithm has a lower tail of
// exp(-d·t) and a deviation of about 1.2/d, so that about two pairs in a thousand
// lie below by chance, whatever d is.
func Threshold(groups []Group) (neighbor, threshold float64) {
	var logs []float64
	each := max(1, neighbors/max(1, len(groups)))
	for _, g := range groups {
		for i := range min(each, len(g.Pool)) {
			if len(logs) >= neighbors {
				break
			}
			best := math.Inf(1)
			for j := range g.Pool {
				if j == i {
					continue
				}
				if d2, ok := within(g.Pool[i].X, g.Pool[j].X, best); ok && d2 > 0 {
					best = min(best, d2)
				}
			}
			if !math.IsInf(best, 1) {
				logs = append(logs, math.Log(best)/2)
			}
		}
	}
	if len(logs) < fewNeighbors {
		return 0, 0
	}
	median := medianOf(logs)
	for i, v := range logs {
		logs[i] = math.Abs(v - median)
	}
	deviation := madOfNormal * medianOf(logs)
	neighbor = math.Exp(median)
	return neighbor, neighbor * min(largestPortion, math.Exp(-deviations*deviation))
}

// medianOf sorts v and returns its middle value, the lower one of two.
func medianOf(v []float64) float64 {
	slices.Sort(v)
	return v[(len(v)-1)/2]
}
