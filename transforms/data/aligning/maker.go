package aligning

import (
	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// Maker brings decoded images to what the shards of a collection hold: to their shape, then, where the
// collection is aligned, to their axis. Whoever wants the pixels of an image as the collection would hold
// them goes through it.
type Maker struct {
	Fit   images.Fit
	Align string // as schemas.ShardParameters.Align
}

// MakerOf returns what made the images of a finished collection.
func MakerOf(m *schemas.ShardsManifest) Maker {
	return Maker{Fit: images.FitOf(m), Align: m.Parameters.Align}
}

// Apply returns the image as the collection holds it, and how it was turned; nil where none is. Every error
// is a *images.RejectError with stage fit.
func (m Maker) Apply(im images.Image) (images.Image, *Turn, error) {
	fitted, err := m.Fit.Apply(im)
	if err != nil || m.Align != schemas.AlignMoments {
		return fitted, nil, err
	}
	aligned, turn := Align(fitted)
	return aligned, &turn, nil
}
