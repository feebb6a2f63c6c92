package selecting

import (
	"math"

	"exemplar/schemas"
)

// choose picks from the candidates of every target. Picks are ordered by group,
// centre, metric and rank, in the order in which these are given.
func choose(o *Options, groups []group, candidates *pool) (picks []schemas.Pick) {
	p := &o.Parameters
	for _, g := range groups {
		for c, center := range p.Centers {
			for m, metric := range p.Metrics {
				for _, pick := range ranked(candidates.Nearest[o.target(g.number, c, m)], p.Top, g.size) {
					pick.Scope, pick.GroupID = g.scope, g.id
					pick.Center, pick.Metric = center, metric
					picks = append(picks, pick)
				}
			}
		}
	}
	return picks
}

// ranked returns the first images of a list as picks of a group of size images.
func ranked(nearest []schemas.Pick, top int, size int64) (picks []schemas.Pick) {
	for i, pick := range nearest[:min(len(nearest), top)] {
		pick.Rank, pick.GroupSize = int32(i+1), size
		pick.Percentile = 100 * float64(i+1) / float64(size)
		pick.Margin = math.NaN()
		if i+1 < len(nearest) {
			next := nearest[i+1]
			pick.Margin, pick.NextID = next.Distance-pick.Distance, next.ImageID
		}
		picks = append(picks, pick)
	}
	return picks
}
