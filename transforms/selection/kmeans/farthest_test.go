package kmeans

import (
	"math"
	"testing"
)

// TestFarthestOfEqualZeros: 0 and -0 are the same coordinate, and which of two
// such rows comes first changes no bit.
func TestFarthestOfEqualZeros(t *testing.T) {
	minus := float32(math.Copysign(0, -1))
	for _, order := range [][][]float32{{{0, 3}, {minus, 3}}, {{minus, 3}, {0, 3}}} {
		f := Farthest{Keep: 2}
		for _, x := range order {
			f.Offer(x, 9)
		}
		if got := f.Rows(2); len(got) != 2 || math.Float64bits(got[0]) != 0 || got[1] != 3 {
			t.Errorf("of %v it keeps %v, want one row [0 3]", order, got)
		}
	}
}
