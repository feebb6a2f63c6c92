package model

import (
	"testing"

	"pgregory.net/rapid"

	"exemplar/model/internal/kernel"
)

// TestChaining: the bits of the results do not depend on which steps are done
// band by band, nor on the height of the bands.
func TestChaining(t *testing.T) {
	var chained int
	rapid.Check(t, func(t *rapid.T) {
		a := drawArch(t)
		m := randomModel(a, rapid.Uint64().Draw(t, "seed"))
		pixels := randomImages(a.Input, 2, 6)
		of := func(c chaining) (r results) {
			p, err := compileChained(m, kernel.Best(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range append(p.encoder.before, p.decoder.after...) {
				chained += len(s.rows)
			}
			r.z, r.x, r.mse = runAll(p.NewRunner(2), pixels)
			return r
		}
		want := of(chaining{plane: 1 << 40})
		for _, windows := range []int{0, rapid.IntRange(0, 20_000).Draw(t, "windows"), 1 << 40} {
			plane := rapid.IntRange(0, 3_000).Draw(t, "plane")
			if !of(chaining{plane, windows}).equal(want) {
				t.Fatalf("%+v: chains over planes of %d numbers with windows of %d give other results", a, plane, windows)
			}
		}
	})
	if chained == 0 {
		t.Error("no steps were chained")
	}
}
