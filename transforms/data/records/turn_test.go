package records

import (
	"testing"

	"exemplar/tfrecord"
)

// TestTurns: how an image was turned comes back from its record; features of these names that Append does not
// write are of no concern.
func TestTurns(t *testing.T) {
	im := Image{Filename: "a", Pixels: []byte{1}, Height: 1, Width: 1, Channels: 1, Bits: 8}
	plain := len(Append(nil, &im))
	for _, turn := range []struct {
		angle int64
		flip  bool
	}{{0, false}, {359_999, true}, {90_000, false}} {
		im.Aligned, im.AlignAngle, im.AlignFlip = true, turn.angle, turn.flip
		record := Append(nil, &im)
		got, err := Parse(record, Fields{})
		if err != nil || !got.Aligned || got.AlignAngle != turn.angle || got.AlignFlip != turn.flip {
			t.Errorf("%+v: %+v, %v", turn, got, err)
		}
		if len(record) <= plain {
			t.Error("the turn takes no bytes")
		}
	}
	for name, features := range map[string][]tfrecord.Feature{
		"none": nil, "angle alone": {number("align_angle", 5)}, "flip alone": {number("align_flip", 1)},
		"angle too large": {number("align_angle", 360_000), number("align_flip", 0)}, "negative": {number("align_angle", -1), number("align_flip", 0)},
		"no flip": {number("align_angle", 5), number("align_flip", 2)}, "a float": {tfrecord.FloatFeature("align_angle", 5), number("align_flip", 0)},
	} {
		got, err := Parse(example(append([]tfrecord.Feature{raw(4)}, features...)...), Fields{})
		if err != nil || got.Aligned || got.AlignAngle != 0 || got.AlignFlip {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
