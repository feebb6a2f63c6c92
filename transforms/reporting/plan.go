package reporting

import "exemplar/schemas"

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
