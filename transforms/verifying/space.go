package verifying

import (
	"context"
	"math"
	"slices"

	"exemplar/model/affine"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/spaces"
)

// findSpace finds the space again, from the images that the gate of the manifest
// leaves, and compares it with what the manifest says. ok is false where there
// is none to compare vectors in.
func (s *selection) findSpace(ctx context.Context, r *Report) (ok bool, err error) {
	d := s.latents.manifest.Spec.Dimension
	kind, k, err := spaces.Parse(s.m.Parameters.Space, d)
	if err != nil {
		r.problemf(schemas.SelectionFile, "%v", schemas.Recorded(err, s.m.Parameters))
		return false, nil
	}
	limit := spaces.Limit(s.latents.manifest.Rows-s.m.Outside, d)
	var sample []kmeans.Drawn
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (part []kmeans.Drawn, err error) {
		err = s.eachBatch(ctx, info, s.eligibleColumns(), func(b *latents.Batch) {
			s.eligibleRows(b, func(id string, x []float32) {
				if spaces.Drawn(id, limit) {
					part = append(part, kmeans.Drawn{ID: id, X: slices.Clone(x)})
				}
			})
		})
		return part, err
	}, func(part []kmeans.Drawn) { sample = append(sample, part...) })
	if err != nil || !ok {
		return ok, err
	}
	x := kmeans.Join(sample, d).X
	space, err := spaces.Fit(kind, s.m.Parameters.Deviation, k, x, d)
	if err != nil {
		r.problemf(schemas.SelectionFile, "its space cannot be found again: %v", schemas.Recorded(err, s.m.Parameters))
		return false, nil
	}
	got := schemas.Space{Kind: kind, Dimension: space.Out, Rows: space.Rows, Variance: space.Variance, Shares: space.Shares(x)}
	if !sameSpace(got, s.m.Space) {
		r.problemf(schemas.SelectionFile, "space is %+v, the latents give %+v", s.m.Space, got)
	}
	s.mapper = space.Map()
	return true, nil
}

// sameSpace reports whether two descriptions agree, numbers to 1e-9.
func sameSpace(a, b schemas.Space) bool {
	if a.Kind != b.Kind || a.Dimension != b.Dimension || a.Rows != b.Rows || len(a.Shares) != len(b.Shares) || !(math.Abs(a.Variance-b.Variance) <= 1e-9) {
		return false
	}
	for i := range a.Shares {
		if a.Shares[i].Dimension != b.Shares[i].Dimension || !(math.Abs(a.Shares[i].Share-b.Shares[i].Share) <= 1e-9) {
			return false
		}
	}
	return true
}

// mapped returns the batch with its vectors in the selection's space.
func mapped(m *affine.Map, b *latents.Batch) *latents.Batch {
	if m == nil || len(b.Embedding) == 0 {
		return b
	}
	out := *b
	out.Embedding = make([]float32, b.N*m.Out())
	m.Apply(out.Embedding, b.Embedding)
	return &out
}
