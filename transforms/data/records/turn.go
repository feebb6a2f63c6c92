package records

import (
	"exemplar/schemas"
	"exemplar/tfrecord"
)

// parseTurn reads how the image was turned, where the record says it as Append writes it. Features of these
// names that say something else are those of other people's records, and of no concern.
func (im *Image) parseTurn(e *tfrecord.Example) {
	angle, ok := e.Int64(schemas.FeatureAlignAngle)
	flip, both := e.Int64(schemas.FeatureAlignFlip)
	if ok && both && angle >= 0 && angle < 360_000 && (flip == 0 || flip == 1) {
		im.Aligned, im.AlignAngle, im.AlignFlip = true, angle, flip == 1
	}
}
