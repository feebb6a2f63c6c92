package grading

import (
	"cmp"
	"maps"
	"slices"

	"exemplar/schemas"
)

// What decides whether a group is a mixture; see the package's documentation.
const (
	mixtureRows     = 8000 // images of a group that are looked at, at most
	mixtureFewest   = 400  // fewer say nothing
	mixtureParts    = 24   // clusters that populations are put together from, at most
	mixturePart     = 100  // images per cluster, where there are fewer clusters
	mixtureTries    = 4    // seedings of k-means
	mixtureDensity  = 0.5  // between populations that lie apart, at most
	mixtureMajority = 0.8  // share of the images from which on one population is the group
)

// mixtures looks for populations that lie apart in every group whose picks go by
// an average of its images. A medoid is an image, and no average.
func (g *grader) mixtures() (list []schemas.Mixture) {
	type group struct{ scope, id string }
	centers := map[group][]string{}
	scopes := map[string]bool{}
	for _, c := range g.Centers {
		if g.picksBy(c) && c.Center != schemas.CenterMedoid {
			at := group{c.Scope, c.GroupID}
			centers[at] = append(centers[at], c.Center)
			scopes[c.Scope] = true
		}
	}
	rows := map[group][]int32{}
	for scope := range scopes {
		for i := range g.Sample.Len() {
			id, ok := g.group(scope, &g.Sample.Images[i])
			if at := (group{scope, id}); ok && len(centers[at]) > 0 && len(rows[at]) < mixtureRows {
				rows[at] = append(rows[at], int32(i))
			}
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(rows), func(a, b group) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.id, b.id))
	}) {
		if len(rows[at]) >= mixtureFewest {
			m := mixtureOf(gathered(g.Sample.X, g.Sample.D, rows[at]), g.Sample.D, g.Seed)
			m.Scope, m.Group, m.Centers = at.scope, at.id, centers[at]
			list = append(list, m)
		}
	}
	return list
}

// picksBy reports whether some set's picks are those nearest to a center.
func (g *grader) picksBy(c schemas.Center) bool {
	return slices.ContainsFunc(g.Sets, func(s Set) bool { return s.Scope == c.Scope && s.Center == c.Center })
}

// mixtureOf looks for populations among images, which are in an order that does
// not depend on where they lie.
func mixtureOf(x []float32, d int, seed uint64) schemas.Mixture {
	n := len(x) / d
	k := min(n/mixturePart, mixtureParts)
	h := halve(x, d)
	parts, labels := h.cut(k, seed)
	h = h.sharpened(parts, labels)
	parts, _ = h.cut(k, seed)
	parts, between := h.merge(parts, mixtureDensity)
	m := schemas.Mixture{Images: n, Between: between}
	for _, p := range parts {
		m.Populations = append(m.Populations, p.fitted/float64(n-n/2))
	}
	slices.SortFunc(m.Populations, func(a, b float64) int { return cmp.Compare(b, a) })
	m.Mixed = m.Populations[0] < mixtureMajority
	return m
}
