package reporting

import (
	"context"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/spaces"
)

// findSpace finds the selection's space again, from the images that it was found
// from. It reads the latents unless the space is their own.
func (in *inputs) findSpace(ctx context.Context, excluded map[string]bool) (*spaces.Space, error) {
	d := in.latents.Spec.Dimension
	kind, k, err := spaces.Parse(in.selection.Parameters.Space, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemas.SelectionFile, schemas.Recorded(err, in.selection.Parameters))
	}
	if kind == spaces.Raw {
		return spaces.Fit(kind, in.selection.Parameters.Deviation, k, nil, d)
	}
	var sample []kmeans.Drawn
	limit := spaces.Limit(in.selection.Inside(), d)
	err = eachFile(ctx, in, func(ctx context.Context, info schemas.LatentsInfo) (part []kmeans.Drawn, err error) {
		err = in.eachBatch(ctx, info, latents.IDs|latents.Embedding|in.whereColumns(), func(b *latents.Batch) error {
			for i, id := range b.ImageID {
				if !excluded[id] && spaces.Drawn(id, limit) && in.inside.Inside(b, i) {
					part = append(part, kmeans.Drawn{ID: id, X: slices.Clone(b.Embedding[i*d : (i+1)*d])})
				}
			}
			return nil
		})
		return part, err
	}, func(part []kmeans.Drawn) { sample = append(sample, part...) })
	if err != nil {
		return nil, err
	}
	space, err := spaces.Fit(kind, in.selection.Parameters.Deviation, k, kmeans.Join(sample, d).X, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemas.SelectionFile, schemas.Recorded(err, in.selection.Parameters))
	}
	if said := in.selection.Space; space.Out != said.Dimension || space.Rows != said.Rows || !(math.Abs(space.Variance-said.Variance) <= 1e-9) {
		return nil, fmt.Errorf("the space of %s (%s, of %d images) is not the one that the latents give: make the selection again", in.Selection, in.selection.Parameters.Space, said.Rows)
	}
	return space, nil
}
