package reporting

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/store"
)

// Extent is how much a report is made of.
type Extent struct {
	Rows, Picks int64
	Dimension   int
	Latents     string // folders
	Shards      string // "" for none
	Model       string // "" for none
	Images      int64  // in the shards
	Image       schemas.ImageShape
}

// Extent says how much the report of these folders is made of.
func (s *Sources) Extent() Extent {
	in := s.in
	return Extent{Rows: in.latents.Rows, Picks: int64(len(in.picks)), Dimension: in.latents.Spec.Dimension,
		Latents: in.latentsDir, Shards: in.shardsDir, Model: in.modelDir, Images: in.shards.Written, Image: in.shards.Image}
}

// Try reads some latents and compares them with as many as there are picks.
func (s *Sources) Try(ctx context.Context) (rows.Trial, error) {
	in := s.in
	var files []rows.File
	for _, f := range in.latents.Files {
		files = append(files, rows.File{Path: store.Join(in.latentsDir, f.File), Rows: f.Rows,
			Dimension: in.latents.Spec.Dimension, ModelSHA256: in.latents.Spec.ModelSHA256})
	}
	return rows.Try(ctx, files, len(in.picks))
}
