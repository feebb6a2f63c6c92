package encoding

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"exemplar/transforms/data/draw"
	"exemplar/transforms/run/preflight"
)

// TestPlanTriesAHashSample: what a plan encodes are the images of the smallest hashes
// of all shards, and not the first of some.
func TestPlanTriesAHashSample(t *testing.T) {
	const n, shards = 500, 12
	dir, groups := makeShards(t, n, shards)
	c := configOf(t, dir, makeModel(t, denseArch, true))
	p, _, err := makePlan(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, g := range groups {
		for _, im := range g {
			ids = append(ids, im.Filename)
		}
	}
	size := int(preflight.SampleSize(n))
	want := draw.Smallest(ids, size, func(a, b string) int { return cmp.Compare(draw.Hash(planSeed, a), draw.Hash(planSeed, b)) })
	sample, err := p.draw(t.Context(), p.specs)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for piece, err := range p.pieces(t.Context(), p.specs, sample) {
		if err != nil {
			t.Fatal(err)
		}
		for _, im := range piece.batch.images {
			got = append(got, im.Filename)
		}
		piece.batch.release()
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(got) != size || !slices.Equal(got, want) {
		t.Errorf("%d images, want %d: those of the smallest hashes", len(got), size)
	}
}

// TestAPlanOfNothing: where none of the images can be encoded the plan refuses, as the
// run does.
func TestAPlanOfNothing(t *testing.T) {
	dir, _ := makeShards(t, 20, 2)
	c := configOf(t, dir, makeModel(t, denseArch, false))
	c.ImageFeature = "other"
	if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), "none of the 20 images that the plan tried could be encoded; the first: run") {
		t.Errorf("plan: %v", err)
	}
	wantError(t, c, "none of the 20 images in ")
}
