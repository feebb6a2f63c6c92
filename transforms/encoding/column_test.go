package encoding

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/run/step"
)

// asEarlier encodes as an earlier version did.
func asEarlier(t *testing.T, c Config, w way) {
	t.Helper()
	_, _, _, err := step.Run(t.Context(), output(c.Output), Step, func(ctx context.Context) (*plan, *work, error) {
		p, _, err := makePlan(ctx, c, runtest.Direct)
		if err == nil {
			err = p.setWay(w)
		}
		return p, p.work(c.Resume, c.Overwrite, runtest.Direct), err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// has reports which files of the folder have the column, by the manifest and by themselves.
func has(t *testing.T, m *schemas.LatentsManifest, dir string) (of []bool) {
	t.Helper()
	for _, info := range m.Files {
		rows, spec := readRows(t, filepath.Join(dir, info.File))
		if spec.ObjectFraction != m.Spec.ObjectFraction || rows[0].HasObject != spec.ObjectFraction {
			t.Errorf("%s has the column: %v, %v, the manifest says %v", info.File, spec.ObjectFraction, rows[0].HasObject, m.Spec.ObjectFraction)
		}
		of = append(of, spec.ObjectFraction)
	}
	return of
}

// TestEarlierFilesStay: latents that an earlier version finished are finished, and where
// some of its files stay, those that are made beside them lack object_fraction, too, and a
// note says so. A folder that is made anew has it.
func TestEarlierFilesStay(t *testing.T) {
	model := makeModel(t, denseArch, false)
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, model)
	asEarlier(t, c, earlier[0])
	before := readFolder(t, c.Output)
	r := mustRun(t, c)
	if diff := cmp.Diff(before, readFolder(t, c.Output)); r.Made != 0 || diff != "" {
		t.Errorf("finished latents: %d files made\n%.500s", r.Made, diff)
	}
	// Unfinished: a file is missing, and the manifest.
	for _, name := range []string{schemas.LatentsFile, r.Manifest.Files[1].File} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	r = mustRun(t, c)
	if diff := cmp.Diff([]bool{false, false}, has(t, r.Manifest, c.Output)); diff != "" || r.Made != 1 {
		t.Errorf("an unfinished folder: %d files made, %s", r.Made, diff)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "lack the column object_fraction") {
		t.Errorf("notes %q", notes)
	}
	if diff := cmp.Diff(before, readFolder(t, c.Output)); diff != "" {
		t.Errorf("the earlier version made other bytes:\n%.500s", diff)
	}
	c.Overwrite = true
	r = mustRun(t, c)
	if diff := cmp.Diff([]bool{true, true}, has(t, r.Manifest, c.Output)); diff != "" || len(r.Notes) != 0 {
		t.Errorf("made anew: %s, notes %q", diff, r.Notes)
	}
	c.Overwrite = false
	if r = mustRun(t, c); r.Made != 0 {
		t.Errorf("%d files made of finished latents", r.Made)
	}
	// Of a part with the column none stays, and that of others is made again with it.
	other := configOf(t, shards, model)
	asEarlier(t, other, earlier[0])
	other.Layout, other.Overwrite = "wide", true
	if r := mustRun(t, other); r.Made != 2 || !r.Manifest.Spec.ObjectFraction {
		t.Errorf("another layout: %d files made, object_fraction: %v", r.Made, r.Manifest.Spec.ObjectFraction)
	}
}

// TestEarlierFormatStays: a folder of format 2, with object_fraction, is finished, and where files of it stay, it is completed
// in format 2, to the same bytes. What is made anew is of format 3, with the same rows.
func TestEarlierFormatStays(t *testing.T) {
	model := makeModel(t, denseArch, false)
	shards, _ := makeShards(t, 60, 2)
	c := configOf(t, shards, model)
	asEarlier(t, c, earlier[1])
	before := readFolder(t, c.Output)
	r := mustRun(t, c)
	if diff := cmp.Diff(before, readFolder(t, c.Output)); r.Made != 0 || diff != "" || r.Manifest.Format != schemas.LatentsFormat {
		t.Errorf("finished latents of %s: %d files made\n%.500s", r.Manifest.Format, r.Made, diff)
	}
	for _, name := range []string{schemas.LatentsFile, r.Manifest.Files[0].File} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	r = mustRun(t, c)
	if diff := cmp.Diff(before, readFolder(t, c.Output)); r.Made != 1 || diff != "" || len(r.Notes) != 0 {
		t.Errorf("an unfinished folder: %d files made, notes %q\n%.500s", r.Made, r.Notes, diff)
	}
	now := configOf(t, shards, model)
	fresh := mustRun(t, now)
	if fresh.Manifest.Format != schemas.LatentsFormat3 || fresh.Manifest.Fingerprint == r.Manifest.Fingerprint {
		t.Errorf("a new folder is of %s", fresh.Manifest.Format)
	}
	for _, info := range fresh.Manifest.Files {
		want, _ := readRows(t, filepath.Join(c.Output, info.File))
		got, spec := readRows(t, filepath.Join(now.Output, info.File))
		if diff := cmp.Diff(want, got); diff != "" || spec.Format != schemas.LatentsFormat3 {
			t.Errorf("%s of format %q has other rows:\n%.500s", info.File, spec.Format, diff)
		}
	}
	// Half of a new folder is completed as it was begun.
	first := fresh.Manifest.Files[1]
	for _, name := range []string{schemas.LatentsFile, first.File} {
		if err := os.Remove(filepath.Join(now.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r = mustRun(t, now); r.Made != 1 || r.Manifest.Files[1] != first {
		t.Errorf("half of a new folder: %d files made, %+v, want %+v", r.Made, r.Manifest.Files[1], first)
	}
}
