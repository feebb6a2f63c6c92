package modeldir

import (
	"fmt"

	"exemplar/schemas"
)

// Fits returns an error unless a model, which takes such images, takes those that shards hold.
func Fits(dir string, takes schemas.ImageShape, shards string, hold schemas.ImageShape) error {
	if hold == takes {
		return nil
	}
	return fmt.Errorf("the model %s takes %s images, the shards %s hold %s: %s", dir, takes, shards, hold, remedy(hold, takes))
}

// remedy says what makes shards of a shape that a model takes, of those of another.
func remedy(got, want schemas.ImageShape) string {
	const train = "use a model for such images (exemplar train)"
	if got.Channels != want.Channels || got.Bits < want.Bits {
		return train
	}
	fields := ""
	if got.Height != want.Height || got.Width != want.Width {
		fields = fmt.Sprintf(" sharding.Config.Size=%dx%d sharding.Config.Fit=resize (or crop, or pad)", want.Height, want.Width)
	}
	if got.Bits > want.Bits {
		fields += " sharding.Config.Bits=8"
	}
	return train + ", or make shards with" + fields
}
