package verifying

import (
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
)

// TestTurns: aligned shards and their latents hold; a record without its turn, one with a turn where none was
// made, and latents that say something else are told.
func TestTurns(t *testing.T) {
	workflow(t)
	dir := t.TempDir()
	c := sharding.DefaultConfig()
	c.Listing, c.Output, c.Shards, c.Align = listing.Config{Inputs: []string{filepath.Join(made, "input")}}, filepath.Join(dir, "shards"), 3, schemas.AlignMoments
	_, err := sharding.Run(t.Context(), c, runtest.Direct)
	check(t, err)
	e := encoding.DefaultConfig()
	e.Shards, e.Model, e.Output = c.Output, filepath.Join(made, "model"), filepath.Join(dir, "latents")
	_, err = encoding.Run(t.Context(), e, runtest.Direct)
	check(t, err)
	for _, folder := range []string{"shards", "latents"} {
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Errorf("%s: %s", folder, strings.Join(problems, "\n"))
		}
	}
	f := forger{t, dir}
	says := func(folder, want string) {
		t.Helper()
		if problems := strings.Join(verify(t, dir, folder), "\n"); !strings.Contains(problems, want) {
			t.Errorf("no problem of %s has %q: %s", folder, want, problems)
		}
	}
	edit(f, func(m *schemas.LatentsManifest) { m.Align = "" }, "latents", schemas.LatentsFile)
	says("latents", `align is "", shards.json says "moments"`)

	f.state("shards")
	all := f.records(0)
	im, err := records.Parse(all[0], records.Fields{})
	check(t, err)
	im.Aligned = false
	all[0] = records.Append(nil, &im)
	f.shard(0, f.pack(all), 0)
	says("shards", "has no features align_angle (0 to 359999) and align_flip (0 or 1)")
	edit(f, func(m *schemas.ShardsManifest) { m.Parameters.Align = "" }, "shards", schemas.ShardsFile)
	says("shards", "has features align_angle and align_flip, and shards.json says nothing of align")
}
