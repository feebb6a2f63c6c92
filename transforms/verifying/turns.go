package verifying

import (
	"exemplar/schemas"
	"exemplar/transforms/data/records"
)

// checkTurn checks that a record says how its image was turned where the collection is aligned, and only there.
// Whether the object lies as it should is not checked: pixels that were interpolated once have another axis
// than before by a little, and round objects by much.
func (s *shardsCheck) checkTurn(file string, record int64, im records.Image) {
	switch aligned := s.m.Parameters.Align != ""; {
	case aligned && !im.Aligned:
		s.report.problemf(file, "record %d: image %q has no features %s (0 to 359999) and %s (0 or 1), and align in %s is %s",
			record, im.Filename, schemas.FeatureAlignAngle, schemas.FeatureAlignFlip, schemas.ShardsFile, s.m.Parameters.Align)
	case !aligned && im.Aligned:
		s.report.problemf(file, "record %d: image %q has features %s and %s, and %s says nothing of align",
			record, im.Filename, schemas.FeatureAlignAngle, schemas.FeatureAlignFlip, schemas.ShardsFile)
	}
}
