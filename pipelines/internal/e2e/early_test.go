package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// refusedEarly runs a program that has to refuse before it changes a folder.
func refusedEarly(t *testing.T, folder, want, program string, args ...string) {
	t.Helper()
	var before map[string]string
	if exists(t, folder) {
		before = tree(t, folder)
	}
	got := start(t, nil, program, args...)
	if got.code != 1 || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("%s %q: exit code %d, want %q\n%s%s", program, args, got.code, want, got.stdout, got.stderr)
	}
	if before == nil {
		if exists(t, folder) {
			t.Errorf("%s %q made %s", program, args, folder)
		}
		return
	}
	if d := cmp.Diff(before, tree(t, folder)); d != "" {
		t.Errorf("%s %q changed %s (-before +after):\n%s", program, args, folder, d)
	}
}

// TestRefusedBeforeWork: what can be known at the start is said at the start, by the
// plan, too, and nothing has been changed.
func TestRefusedBeforeWork(t *testing.T) {
	r := reference(t)

	// Five images: the clusters follow, and more of them are refused when they are asked for.
	few, dir := t.TempDir(), t.TempDir()
	for i := range 5 {
		if err := os.WriteFile(filepath.Join(few, string(rune('a'+i))+".png"), crop(i), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	output := filepath.Join(dir, "few")
	refusedEarly(t, output, "--clusters=20 is more than the 5 images", "quickstart", "--input="+few, "--output="+output, "--clusters=20")
	args := []string{"--input=" + few, "--output=" + output, "--latent=2", "--arch=linear"}
	if out := must(t, nil, "quickstart", args...); !strings.Contains(out, "1 cluster because the collection is small") {
		t.Errorf("five images:\n%s", out)
	}

	// The collection has grown, and other flags would replace what a later step made.
	if err := os.WriteFile(filepath.Join(few, "f.png"), crop(5), 0o666); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"--top=2": "select: ", "--clusters=2": "select: ", "--seed=3": "train: "} {
		refusedEarly(t, output, want+"output folder ", "quickstart", append(args[:len(args):len(args)], flag)...)
	}
	if out := must(t, nil, "quickstart", args...); !strings.Contains(out, "6 images listed = 6 written") {
		t.Errorf("six images:\n%s", out)
	}

	// Another collection, after the shards were removed by hand: the model stays.
	others, alone := t.TempDir(), filepath.Join(dir, "alone")
	for i := range 6 {
		if err := os.WriteFile(filepath.Join(others, string(rune('p'+i))+".png"), crop(i), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	must(t, nil, "quickstart", "--input="+few, "--output="+alone, "--latent=2", "--arch=linear")
	if err := os.RemoveAll(filepath.Join(alone, "shards")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		refusedEarly(t, filepath.Join(alone, "model"), "6 of 6 drawn by hash from the images that the model there was made of are not in --input, the first \"a.png\"",
			"quickstart", "--input="+others, "--output="+alone, "--latent=2", "--arch=linear")
	}

	// A file of the user's in the folder of each step.
	for _, folder := range []string{"shards", "model", "latents", "selection"} {
		note := filepath.Join(output, folder, "my_annotation.csv")
		if err := os.WriteFile(note, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		more := append(args[:len(args):len(args)], "--seed=2", "--overwrite")
		refusedEarly(t, output, "my_annotation.csv", "quickstart", more...)
		refusedEarly(t, output, "my_annotation.csv", "quickstart", append(more, "--plan")...)
		if err := os.Remove(note); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(output, "selection", "report.html")
	for _, more := range [][]string{{"--deepzoom", "--deepzoom_groups=none"}, {"--figure_sets=cluster/medoid/cosine"}} {
		for _, plan := range []string{"--plan=false", "--plan"} {
			refusedEarly(t, output, "cluster", "report", append(more, "--overwrite", "--selection="+filepath.Dir(page), plan)...)
		}
	}

	// A shard that somebody removed.
	shards := filepath.Join(dir, "shards")
	if err := os.CopyFS(shards, os.DirFS(r.shards)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(shards, "images-00007-of-00020.tfrecords")); err != nil {
		t.Fatal(err)
	}
	const want = "images-00007-of-00020.tfrecords is missing, and shards.json lists it"
	none := filepath.Join(dir, "none")
	for _, plan := range []string{"--plan=false", "--plan"} {
		refusedEarly(t, none+"/"+madeBy["encode"], want, "encode", "--input="+shards, "--model="+r.model, "--output="+none, plan)
		refusedEarly(t, none+"/"+madeBy["train"], want, "train", "--input="+shards, "--output="+none, plan)
		refusedEarly(t, none+"/"+madeBy["select"], want, "select", "--input="+r.latents, "--shards="+shards, "--output="+none, plan)
		refusedEarly(t, none, want, "report", "--selection="+r.selection, "--shards="+shards, "--latents="+r.latents, "--output="+none+"/a.html", plan)
	}
}

// madeBy are files that a step writes before it ends.
var madeBy = map[string]string{"encode": "latents-00000-of-00020.parquet", "train": "model.json", "select": "selection.csv"}
