package verifying

import (
	"context"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// far is the distance of an image to a center of a claimed group.
type far struct {
	claim, target int
	distance      float64
}

// findSpreads finds how the distances of each claimed group spread, in a pass of its own,
// where images are picked at places among them. It sorts all of them, where select counts
// digits, and so takes 8 bytes for each. ok is false where a file is damaged.
func (s *selection) findSpreads(ctx context.Context, r *Report) (ok bool, err error) {
	p := &s.m.Parameters
	if p.Picking.Strategy != schemas.StrategyRange {
		return true, nil
	}
	targets := len(p.Centers) * len(p.Metrics)
	all := make([][]float64, len(s.pickedClaims())*targets)
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (found []far, err error) {
		return found, s.eachBatch(ctx, info, latents.All, func(b *latents.Batch) {
			for k := range b.N {
				found = s.appendFar(found, b, k)
			}
		})
	}, func(found []far) {
		for _, f := range found {
			at := f.claim*targets + f.target
			all[at] = append(all[at], f.distance)
		}
	})
	if err != nil || !ok {
		return false, err
	}
	for i := range s.pickedClaims() {
		s.claims[i].spreads = make([]schemas.Spread, targets)
		for t := range targets {
			distances := all[i*targets+t]
			slices.Sort(distances)
			s.claims[i].spreads[t] = picking.SpreadOf(p.Metrics[t%len(p.Metrics)], distances)
		}
	}
	return true, nil
}

// appendFar adds the distances of an image in each of its groups.
func (s *selection) appendFar(found []far, b *latents.Batch, k int) []far {
	if s.outside(b, k) {
		return found
	}
	if _, excluded := exclusionOf(b, k, &s.m.Gate); excluded {
		return found
	}
	p, d := &s.m.Parameters, len(b.Embedding)/b.N
	x := b.Embedding[k*d : (k+1)*d]
	for i := range s.picked() {
		group, _, ok := s.groupOf(&s.scopes[i], x, b, k)
		if !ok {
			continue
		}
		for c, center := range p.Centers {
			for m, metric := range p.Metrics {
				found = append(found, far{group, c*len(p.Metrics) + m, distance(metric, x, s.claims[group].centers[center])})
			}
		}
	}
	return found
}

// spreadDifference says how the spreads that a manifest claims differ from the recomputed
// ones, "" where they do not.
func spreadDifference(got, want []schemas.Spread) string {
	if len(got) != len(want) {
		return fmt.Sprintf("it says of %s how their distances spread, the latents give %s", words.Plural(len(got), "group", "groups"), words.Count(len(want)))
	}
	for i, w := range want {
		g := got[i]
		same := close(g.Q1, w.Q1, 0) && close(g.Q3, w.Q3, 0) && close(g.Fence, w.Fence, 0) && close(g.P25, w.P25, 0) && close(g.P75, w.P75, 0)
		g.Q1, g.Q3, g.Fence, g.P25, g.P75 = w.Q1, w.Q3, w.Fence, w.P25, w.P75
		if g != w || !same {
			return fmt.Sprintf("distances spread as %+v, the latents give %+v", got[i], w)
		}
	}
	return ""
}
