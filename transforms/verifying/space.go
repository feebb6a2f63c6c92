package verifying

import (
	"cmp"
	"context"
	"math"
	"slices"

	"exemplar/model/affine"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/spaces"
)

// spaceTally is the sample that the space is found from.
type spaceTally struct {
	ids []string
	x   []float32
}

func (t *spaceTally) fold(o *spaceTally) {
	t.ids, t.x = append(t.ids, o.ids...), append(t.x, o.x...)
}

// sorted returns the vectors in the order of their images' ids.
func (t *spaceTally) sorted(d int) []float32 {
	order := make([]int, len(t.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(t.ids[a], t.ids[b]) })
	x := make([]float32, 0, len(t.x))
	for _, i := range order {
		x = append(x, t.x[i*d:(i+1)*d]...)
	}
	return x
}

// findSpace finds the space again, from the images that the gate of the manifest
// leaves, and compares it with what the manifest says. ok is false where there
// is none to compare vectors in.
func (s *selection) findSpace(ctx context.Context, r *Report) (ok bool, err error) {
	d := s.latents.manifest.Spec.Dimension
	kind, k, err := spaces.Parse(s.m.Parameters.Space, d)
	if err != nil {
		r.problemf(schemas.SelectionFile, "%v", err)
		return false, nil
	}
	limit := spaces.Limit(s.latents.manifest.Rows, d)
	var sample spaceTally
	ok, err = s.eachFile(ctx, r, func(ctx context.Context, info schemas.LatentsInfo) (*tally, error) {
		t := &tally{}
		cols := latents.IDs | latents.Embedding | latents.Quality | latents.MSE
		return t, s.eachBatch(ctx, info, cols, func(b *latents.Batch) {
			for i, id := range b.ImageID {
				if _, excluded := exclusionOf(b, i, &s.m.Gate); !excluded && spaces.Drawn(id, limit) {
					t.space.ids = append(t.space.ids, id)
					t.space.x = append(t.space.x, b.Embedding[i*d:(i+1)*d]...)
				}
			}
		})
	}, func(t *tally) { sample.fold(&t.space) })
	if err != nil || !ok {
		return ok, err
	}
	x := sample.sorted(d)
	space, err := spaces.Fit(kind, k, x, d)
	if err != nil {
		r.problemf(schemas.SelectionFile, "its space cannot be found again: %v", err)
		return false, nil
	}
	got := schemas.Space{Kind: kind, Dimension: space.Out, Rows: space.Rows, Variance: space.Variance, Shares: space.Shares(x)}
	if !sameSpace(got, s.m.Space) {
		r.problemf(schemas.SelectionFile, "space is %+v, the latents give %+v", s.m.Space, got)
	}
	s.mapper = space.Map()
	return true, nil
}

// sameSpace tells whether two descriptions agree, numbers to 1e-9.
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
