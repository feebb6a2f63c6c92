package querying

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/sharding"
)

// stack writes an image of channels, in this order, whose samples follow from seed and their names alone; scale
// multiplies them.
func stack(t *testing.T, name string, seed, scale int, named bool, channels ...string) {
	t.Helper()
	shape := schemas.ImageShape{Height: side, Width: side, Channels: len(channels), Bits: 16}
	pixels := make([]byte, shape.Bytes())
	of := make([]schemas.Channel, len(channels))
	for c, channel := range channels {
		rng := rand.New(rand.NewPCG(uint64(seed), uint64(channel[0])))
		level := 200 + rng.IntN(3000)
		for i := range side * side {
			binary.LittleEndian.PutUint16(pixels[2*(i*len(channels)+c):], uint16(scale*(level+rng.IntN(800))))
		}
		if named {
			of[c].Name = channel
		}
	}
	check(t, os.WriteFile(name, imagefile.OME(shape, pixels, imagefile.Described{Channels: of}), 0o666))
}

// TestFilesOfChannels: a file is compared as the image of the collection that it is, with its channels in any
// order, with the shards at hand and without; what is taken for granted, and that it is brighter than the
// collection can be, is said.
func TestFilesOfChannels(t *testing.T) {
	c := newCollection(t, "reject", "keep", func(c *sharding.Config) {
		dir := t.TempDir()
		for i := range 24 {
			stack(t, filepath.Join(dir, fmt.Sprintf("cell%02d.tif", i)), i, 1, true, "DNA", "ER")
		}
		c.Listing = listing.Config{Inputs: []string{dir}}
	})
	file := func(i, scale int, named bool, channels ...string) Config {
		name := filepath.Join(t.TempDir(), "asked.tif")
		stack(t, name, i, scale, named, channels...)
		return c.query(t, name)
	}
	for range 2 {
		for _, q := range []struct {
			Config
			note string
		}{
			{file(5, 1, true, "ER", "DNA"), ""},
			{file(5, 1, false, "DNA", "ER"), "channels without names are taken in their order"},
			{file(5, 15, true, "DNA", "ER"), "is 4,095: is it of another camera"},
		} {
			plan, err := Plan(t.Context(), q.Config)
			check(t, err)
			r, err := Run(t.Context(), q.Config)
			check(t, err)
			notes := strings.Join(r.Notes, "\n")
			if !strings.Contains(notes, q.note) || q.note == "" && notes != "" || strings.Join(plan.Notes, "\n") != notes {
				t.Errorf("%q, planned %q, want %q", notes, plan.Notes, q.note)
			}
			if n := r.Neighbours[0]; !strings.Contains(q.note, "camera") && (n.ImageID != "cell05.tif" || n.Distance > 1e-6) {
				t.Errorf("%q: the nearest is %s at %g", q.note, n.ImageID, n.Distance)
			}
		}
		refused(t, file(5, 1, true, "DNA", "Golgi"), "the image has the channels DNA,Golgi, the collection is of the channels DNA,ER")
		refused(t, file(5, 1, false, "DNA"), "asked.tif")
		check(t, os.RemoveAll(c.at("shards"))) // what the latents say of the model is left
	}
}
