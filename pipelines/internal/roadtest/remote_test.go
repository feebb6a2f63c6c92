package roadtest

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

// TestDataflow submits the command that a user types. The service runs the
// staged pipeline with the staged binary, the command's own, and nothing else.
func TestDataflow(t *testing.T) {
	r := reference(t)
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	upload(store, 400)
	env := append(store.Env(), append(enginetest.Credentials(t), "CGO_ENABLED=0")...)
	args := append([]string{"run", "exemplar/pipelines/shard",
		"--input=gs://data/in", "--shards=20", "--output=gs://data/shards"}, service.Flags("gs://data/staging")...)
	if got := finish(t, command(t, env, "go", args...)); got.code != 0 {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	sameObjects(t, store, "shards/", r.shards, "images-")

	jobs := service.Jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs received, want 1", len(jobs))
	}
	for id, job := range jobs {
		if !bytes.HasPrefix(job.Worker, []byte("\x7fELF")) {
			t.Errorf("%s: the staged worker of %d bytes is not a Linux program", id, len(job.Worker))
		}
		var transforms []string
		for _, tr := range job.Pipeline.GetComponents().GetTransforms() {
			transforms = append(transforms, tr.GetUniqueName())
		}
		if !strings.Contains(strings.Join(transforms, " "), "sharding.") {
			t.Errorf("%s: the staged pipeline has no transform of package sharding: %q", id, transforms)
		}
	}
}

func TestDataflowDetached(t *testing.T) {
	reference(t)
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	upload(store, 8)
	env := append(store.Env(), enginetest.Credentials(t)...)
	args := []string{"--input=gs://data/in", "--shards=2", "--output=gs://data/shards"}
	got := start(t, env, "shard", append(append(args, service.Flags("gs://data/staging")...),
		"--async")...)
	if got.code != 0 || !strings.Contains(got.stderr, "run the same command again") {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	for _, job := range service.Jobs() {
		if err := job.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if out := must(t, env, "shard", args...); !strings.Contains(out, "8 images listed") {
		t.Errorf("the command after the end of the job says:\n%s", out)
	}
	must(t, env, "verify", "--input=gs://data/shards")
	if n := len(service.Jobs()); n != 1 {
		t.Errorf("%d jobs submitted, want 1", n)
	}
}

func TestDryRunPrintsTheJob(t *testing.T) {
	r := reference(t)
	store := enginetest.NewStorage(t, "data")
	env := append(store.Env(), enginetest.Credentials(t)...)
	for _, step := range steps {
		service := enginetest.NewDataflow(t, store)
		got := start(t, env, step, append(append(r.step(step, "gs://data/"+step),
			service.Flags("gs://data/staging")...), "--dry_run")...)
		if got.code != 0 {
			t.Errorf("%s: exit code %d\n%s%s", step, got.code, got.stdout, got.stderr)
		}
		if !strings.Contains(got.stdout+got.stderr, "sdkPipelineOptions") {
			t.Errorf("%s: no job is printed:\n%s%s", step, got.stdout, got.stderr)
		}
		if n := len(service.Jobs()); n != 0 {
			t.Errorf("%s: %d jobs submitted", step, n)
		}
	}
}
