package gating

import "exemplar/schemas"

// Gate decides which images may be clustered and picked. The zero value lets
// every image pass.
type Gate struct {
	// Constant excludes images whose pixels are all equal.
	Constant bool
	// Limits are tried in order; the first one that an image fails excludes it.
	Limits []Limit
}

// Limit is the threshold of one figure.
type Limit struct {
	Reason    string // schemas.ReasonForeground and others
	Threshold float64
}

// Excludes says why an image is not eligible, with the figure that decided and
// its threshold, or "".
func (g *Gate) Excludes(flags int32, q schemas.Quality) (reason string, value, threshold float64) {
	if g.Constant && flags&schemas.QCConstant != 0 {
		return schemas.ReasonConstant, float64(q.Mean), 0
	}
	for _, l := range g.Limits {
		if v := float64(q.Foreground); v < l.Threshold {
			return l.Reason, v, l.Threshold
		}
	}
	return "", 0, 0
}
