package verifying

import (
	"context"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/picking"
)

// member is an image of a claimed group that the group's middle is found from.
type member struct {
	claim int
	row   picking.MiddleRow
}

// findMiddles finds the middle of each claimed group, in a pass of its own, where only images
// of the middle may be picked. ok is false where a file is damaged, or none is to be found.
func (s *selection) findMiddles(ctx context.Context, r *Report) (ok bool, err error) {
	if !s.m.Parameters.Picking.Middle() {
		return true, nil
	}
	below := picking.MiddleBelow(s.groupings())
	rows := make([][]picking.MiddleRow, len(s.pickedClaims()))
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (members []member, err error) {
		return members, s.eachBatch(ctx, info, latents.All, func(b *latents.Batch) {
			for k := range b.N {
				members = s.appendMembers(members, below, b, k)
			}
		})
	}, func(members []member) {
		for _, m := range members {
			rows[m.claim] = append(rows[m.claim], m.row)
		}
	})
	if err != nil || !ok {
		return false, err
	}
	ranges, found := picking.Middles(&s.m.Parameters, s.groupings(), rows)
	if slices.Contains(found, nil) {
		r.problemf(schemas.SelectionFile, "its picks are of the middle of their groups, but no quality column is known of all images and differs among them")
		return false, nil
	}
	s.middles = found
	for i := range ranges {
		s.claims[i].middle = &ranges[i]
	}
	return true, nil
}

// appendMembers adds an image of each of its groups that it counts for.
func (s *selection) appendMembers(members []member, below []float64, b *latents.Batch, k int) []member {
	if s.outside(b, k) {
		return members
	}
	if _, excluded := exclusionOf(b, k, &s.m.Gate); excluded {
		return members
	}
	p, d := &s.m.Parameters, len(b.Embedding)/b.N
	hash := picking.MiddleHash(p, b.ImageID[k])
	_, excluded := slices.BinarySearch(p.Picking.Exclude, b.ImageID[k])
	for i := range s.picked() {
		group, _, ok := s.groupOf(&s.scopes[i], b.Embedding[k*d:(k+1)*d], b, k)
		if ok && hash < below[group] {
			members = append(members, member{group, picking.MiddleRow{Free: !excluded, Quality: picking.QualityOf(b.Quality[k], b.HasObject[k], b.MSE[k], b.HasMSE[k])}})
		}
	}
	return members
}
