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

// TestFewRows: bands may need more scratch than the whole plane, for the strips of
// fewer tiles may be longer. The sizes are such where it is more than any plane of
// the model needs.
func TestFewRows(t *testing.T) {
	for _, c := range []struct {
		side, convs int
		filters     []int
	}{{122, 1, []int{4, 8}}, {130, 1, []int{16, 32}}, {61, 2, []int{16, 32, 64, 128}}, {66, 1, []int{32, 64}}} {
		a := Arch{Family: FamilyConv, Input: Input{Height: c.side, Width: c.side}, Latent: 2, Filters: c.filters, ConvsPerStage: c.convs}.withDefaults()
		m, pixels := randomModel(a, 3), randomImages(a.Input, 1, 4)
		sets := kernel.All()
		want := compute(t, m, sets[0], 1, pixels)
		for _, s := range sets[1:] {
			if !compute(t, m, s, 1, pixels).equal(want) {
				t.Errorf("%v, %d pixels: %s and %s differ", c.filters, c.side, s.Name(), sets[0].Name())
			}
		}
	}
}
