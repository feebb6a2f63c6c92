package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// TestMixedFolder puts shards that were made with another --fit into a finished
// folder, as a run would that went on behind another's back: their sizes are the
// same. train and encode refuse them, with their parts and without; shard notices
// the parts and makes those shards again, and those that were removed.
func TestMixedFolder(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	folder := func(fit string) (output string, args []string) {
		output = filepath.Join(dir, fit)
		args = []string{"--input=" + r.images, "--output=" + output, "--shards=4", "--size=28x28", "--fit=" + fit}
		must(t, nil, "shard", args...)
		return output, args
	}
	other, _ := folder("crop")
	output, args := folder("resize")
	want := tree(t, output)
	take := func(names ...string) {
		t.Helper()
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(other, name))
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(output, name), data)
		}
	}
	part := func(i int) string { return schemas.StateDir + "/" + schemas.PartName("images", i, 4) }
	shard := func(i int) string { return schemas.ShardName(i, 4, schemas.CompressionNone) }
	model := filepath.Join(dir, "model")
	must(t, nil, "train", "--input="+output, "--output="+model, "--arch=linear")
	take(shard(1), part(1), shard(2), part(2), shard(3))
	for step, args := range map[string][]string{
		"train":  {"--input=" + output, "--output=" + filepath.Join(dir, "m"), "--arch=linear", "--seed=2"},
		"encode": {"--input=" + output, "--output=" + filepath.Join(dir, "l"), "--model=" + model},
	} {
		got := start(t, nil, step, args...)
		if got.code != 1 || !strings.Contains(got.stderr, "-of-00004.tfrecords: its sha256") || !strings.Contains(got.stderr, "shards.json says") || strings.Count(strings.TrimSpace(got.stderr), "\n") > 0 {
			t.Errorf("%s: exit code %d, %q", step, got.code, got.stderr)
		}
	}
	if out := must(t, nil, "shard", args...); !strings.Contains(out, "2 of 4 made") {
		t.Errorf("shard does not say that it made 2 of 4:\n%s", out)
	}
	got := start(t, nil, "train", "--input="+output, "--output="+filepath.Join(dir, "m"), "--arch=linear", "--seed=2")
	if got.code != 1 || !strings.Contains(got.stderr, shard(3)+": its sha256") || !strings.Contains(got.stderr, "remove it") {
		t.Errorf("train: exit code %d, %q", got.code, got.stderr)
	}
	if err := os.Remove(filepath.Join(output, shard(3))); err != nil {
		t.Fatal(err)
	}
	must(t, nil, "shard", args...)
	if diff := cmp.Diff(want, tree(t, output)); diff != "" {
		t.Errorf("the folder is not what it was (-want +got):\n%s", diff)
	}
}
