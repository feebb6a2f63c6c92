package sharding

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

// TestAMixedFolderIsNoFinishedOne: shards of another run of the same images, whose
// sizes are the same, in a finished folder are found by their parts and made again.
func TestAMixedFolderIsNoFinishedOne(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 40)
	folder := func(fit string) Config {
		c := config(in, filepath.Join(t.TempDir(), fit))
		c.Shards, c.Size.Height, c.Size.Width, c.Fit = 5, 4, 4, fit
		mustRun(t, c)
		return c
	}
	crop, resize := folder("crop"), folder("resize")
	want := tree(t, resize.Output)
	mix := func() {
		for _, i := range []int{1, 3} {
			for _, name := range []string{schemas.ShardName(i, 5, "none"), filepath.Join(schemas.StateDir, schemas.PartName("images", i, 5))} {
				data, err := os.ReadFile(filepath.Join(crop.Output, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(resize.Output, name), data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	mix()
	if r := mustRun(t, resize); r.Made != 2 {
		t.Errorf("%d shards were made, want the 2 of the other run", r.Made)
	}
	if diff := cmp.Diff(want, tree(t, resize.Output)); diff != "" {
		t.Errorf("the folder is still mixed (-want +got):\n%s", diff)
	}
	// A part of the same plan that tells of other bytes.
	change(t, filepath.Join(resize.Output, schemas.StateDir, schemas.PartName("images", 2, 5)), func(p *schemas.ShardPart) { p.Info.SHA256 = "other" })
	if r := mustRun(t, resize); r.Made != 1 {
		t.Errorf("%d shards were made, want that whose part tells of other bytes", r.Made)
	}
	// Without the state folder nothing reports whether an image changed: the same bytes
	// are made again.
	if err := os.RemoveAll(filepath.Join(resize.Output, schemas.StateDir)); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, resize); r.Made != 5 {
		t.Errorf("without the state folder %d shards were made, want all", r.Made)
	}
	if diff := cmp.Diff(want, tree(t, resize.Output)); diff != "" {
		t.Errorf("the folder made again differs (-want +got):\n%s", diff)
	}
}

// TestAnUnfinishedRunIsNotReplaced: what an unfinished run with other parameters
// left is refused by the name of the parameter, and made again whole with
// Overwrite; a collection that grew meanwhile is no other parameter.
func TestAnUnfinishedRunIsNotReplaced(t *testing.T) {
	in := t.TempDir()
	writePNGs(t, in, 150)
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Size.Height, c.Size.Width, c.Fit = 4, 4, "crop"
	c.Listing.Inputs = []string{filepath.Join(in, "run0"), filepath.Join(in, "run1")}
	mustRun(t, c) // one shard, by the number of images
	want := tree(t, c.Output)
	killed := func(c Config) {
		t.Helper()
		if _, err := Run(t.Context(), c, func(context.Context, *beam.Pipeline) error { return errors.New("killed") }); err == nil {
			t.Fatal("no error")
		}
	}
	c.Listing.Inputs = []string{in}
	killed(c) // of two shards
	left := tree(t, c.Output)
	other := c
	other.Fit = "resize"
	run := func(c Config) error { _, err := Run(t.Context(), c, runtest.Direct); return err }
	plan := func(c Config) error { _, err := Plan(t.Context(), c); return err }
	for name, do := range map[string]func(Config) error{"Run": run, "Plan": plan} {
		if err := do(other); err == nil || !strings.Contains(err.Error(), "Config.Fit is resize here and was crop there") {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(left, tree(t, c.Output)); diff != "" {
			t.Errorf("%s changed the folder:\n%s", name, diff)
		}
	}
	c.Listing.Inputs = []string{filepath.Join(in, "run0"), filepath.Join(in, "run1")}
	mustRun(t, c)
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("gone on with other images (-want +got):\n%s", diff)
	}
	killed(other)
	c.Overwrite = true
	if r := mustRun(t, c); r.Made != 1 {
		t.Errorf("with Overwrite %d shards were made, want 1", r.Made)
	}
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("with Overwrite (-want +got):\n%s", diff)
	}
}
