package sharding

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/aligning"
	"exemplar/transforms/data/records"
)

// tooMuch is the share of an object beyond the edge from which an image counts as cut by its turn.
const tooMuch = 0.01

// turned notes in a record how its image was turned, and whether that cut its object.
func turned(im *records.Image, turn *aligning.Turn) (cut bool) {
	if turn == nil {
		return false
	}
	im.Aligned, im.AlignAngle, im.AlignFlip = true, turn.Angle, turn.Flip
	return turn.Cut > tooMuch
}

// alignable refuses images whose moments cannot be computed.
func (p *plan) alignable() error {
	if p.params.Align == "" || max(p.shape.Height, p.shape.Width) <= aligning.MaxSide {
		return nil
	}
	return fmt.Errorf("Config.Align=%s: takes images of at most %d pixels a side, these are %dx%d (height x width): leave it out, or give a smaller Config.Size",
		p.params.Align, aligning.MaxSide, p.shape.Height, p.shape.Width)
}

// cutNote says that turning cut objects; "" where it did not.
func cutNote(cut, of int64) string {
	if cut == 0 {
		return ""
	}
	return fmt.Sprintf("turning moved more than %g %% of the object beyond the edge in %s of %s: a larger Config.Size with Config.Fit=pad leaves room",
		100*tooMuch, words.Count(cut), words.Plural(of, "image", "images"))
}

// alignOf is the parameter of a choice: none has no trace in manifests and fingerprints.
func alignOf(choice string) string {
	if choice == schemas.AlignNone {
		return ""
	}
	return choice
}
