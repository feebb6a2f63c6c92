package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/pipelines/internal/enginetest"
)

// upload puts n images of the collection into gs://data/in.
func upload(store *enginetest.Storage, n int) {
	for i := range n {
		store.Put("data", "in/"+cropName(i), crop(i))
	}
}

// sameObjects fails the test where an object below prefix is not the file of the
// same name in dir, for the files whose names start with stem.
func sameObjects(t *testing.T, store *enginetest.Storage, prefix, dir, stem string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, stem+"*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s holds no %s*: %v", dir, stem, err)
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got := store.Get(t, "data", prefix+filepath.Base(file)); !bytes.Equal(got, want) {
			t.Errorf("gs://data/%s%s differs from the local run's", prefix, filepath.Base(file))
		}
	}
}

func TestObjectStore(t *testing.T) {
	r := reference(t)
	store := enginetest.NewStorage(t, "data")
	upload(store, 400)
	must(t, store.Env(), "shard", "--input=gs://data/in", "--shards=20", "--output=gs://data/out 50%/shards")
	sameObjects(t, store, "out 50%/shards/", r.shards, "images-")
	must(t, store.Env(), "encode", "--input=gs://data/out 50%/shards", "--model="+r.model, "--output=gs://data/out#ü/latents")
	sameObjects(t, store, "out#ü/latents/", r.latents, "latents-")

	again := must(t, store.Env(), "shard", "--input=gs://data/in", "--shards=20", "--output=gs://data/out 50%/shards")
	if !strings.Contains(again, "Nothing to do") {
		t.Errorf("second start does not say that there is nothing to do:\n%s", again)
	}
	must(t, store.Env(), "verify", "--input=gs://data/out 50%/shards")
}
