package normal

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestDraw: the numbers are those of the standard library, but for the last
// bits of the tail's.
func TestDraw(t *testing.T) {
	ours, theirs := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	var beyond int
	for i := range 3_000_000 {
		got, want := Draw(ours), theirs.NormFloat64()
		if math.Abs(want) > tail {
			beyond++
		}
		if !(math.Abs(got-want) <= 1e-15*math.Abs(want)) {
			t.Fatalf("number %d is %v, the standard library's %v", i, got, want)
		}
	}
	// erfc(tail/√2) = 5.76e-4 of them are, 1,728; the deviation is 42.
	if beyond < 1500 || beyond > 1950 {
		t.Errorf("%d beyond the tail's begin", beyond)
	}
}
