package e2e

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/pipelines/internal/enginetest"
	"exemplar/transforms/store"
	"exemplar/transforms/store/storetest"
)

// failingStore is an object store with its faults, and the environment that
// programs find it by.
type failingStore struct {
	faults *storetest.Faults
	env    []string
}

func failingGS(t *testing.T) failingStore {
	s := enginetest.NewStorage(t, "data")
	return failingStore{s.Faults, s.Env()}
}

// failingS3 is the real server where there is one, else the fake.
func failingS3(t *testing.T) failingStore {
	handler := storetest.FakeS3("data", 1000)
	server, err := storetest.StartS3(t.Context(), t.TempDir(), "data")
	switch {
	case err == nil:
		t.Cleanup(server.Stop)
		handler = server
	case !errors.Is(err, storetest.ErrNoServer):
		t.Fatal(err)
	}
	return serveFaults(t, handler)
}

func serveFaults(t *testing.T, handler http.Handler) failingStore {
	s := failingStore{faults: storetest.NewFaults(handler, 0, 1)}
	server := httptest.NewServer(s.faults)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	s.env = append(storetest.S3Env(server.URL), "AWS_REQUEST_CHECKSUM_CALCULATION=when_required")
	return s
}

// TestFailingStores runs the workflow on object stores that fail a tenth of all
// requests: overloaded, broken, reset, cut off, silent. The bytes have to be
// those of the same workflow on the local disk.
func TestFailingStores(t *testing.T) {
	r := reference(t)
	images, local := t.TempDir(), t.TempDir()
	for i := range 100 {
		file := filepath.Join(images, filepath.FromSlash(cropName(i)))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, crop(i), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	workflow := func(env []string, base, images, model string) {
		must(t, env, "shard", "--input="+images, "--shards=4", "--output="+base+"/shards")
		must(t, env, "encode", "--input="+base+"/shards", "--model="+model, "--output="+base+"/latents")
		must(t, env, "select", "--input="+base+"/latents", "--shards="+base+"/shards", "--clusters=5", "--top=3", "--output="+base+"/selection")
		must(t, env, "verify", "--input="+base+"/selection")
	}
	workflow(nil, local, images, r.model)
	stores := map[string]failingStore{"gs://data/a b": failingGS(t), "s3://data/a b": failingS3(t)}
	for _, s := range stores { // this process looks into them too
		for _, v := range s.env {
			name, value, _ := strings.Cut(v, "=")
			t.Setenv(name, value)
		}
	}
	for base, s := range stores {
		t.Run(base[:2], func(t *testing.T) {
			t.Parallel()
			putTree(t, base+"/images", images)
			putTree(t, base+"/model", r.model)
			s.faults.Set(0.1, storetest.Temporary...)
			workflow(append(s.env, "EXEMPLAR_STORE_TIMEOUT=1s"), base, base+"/images", base+"/model")
			if _, n := s.faults.Requests(); n < 20 {
				t.Errorf("only %d faults", n)
			}
			t.Log(s.faults)
			s.faults.Set(0)
			holds(t, base+"/shards", local+"/shards", "images-*")
			holds(t, base+"/latents", local+"/latents", "latents-*")
			holds(t, base+"/selection", local+"/selection", "selection.csv", "selection.parquet", "centers.parquet", "images/*/*/*/*/*")
		})
	}
}

// putTree copies a local folder into a store.
func putTree(t *testing.T, base, dir string) {
	t.Helper()
	for name := range tree(t, dir) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil {
			err = store.WriteFile(t.Context(), base+"/"+name, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// holds fails the test where the files of dir that match are not in the store,
// with the same bytes.
func holds(t *testing.T, base, dir string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s holds no %s: %v", dir, pattern, err)
		}
		for _, file := range files {
			rel, _ := filepath.Rel(dir, file)
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := store.ReadFile(t.Context(), base+"/"+filepath.ToSlash(rel))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s/%s differs from the local run's: %d bytes for %d, %v", base, rel, len(got), len(want), err)
			}
		}
	}
}
