package roadtest

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

// TestFailingStores goes the road on object stores that fail a tenth of all
// requests: overloaded, broken, reset, cut off, silent. The bytes have to be
// those of the undisturbed local road.
func TestFailingStores(t *testing.T) {
	r := reference(t)
	for base, start := range map[string]func(*testing.T) failingStore{"gs://data/a b": failingGS, "s3://data/a b": failingS3} {
		t.Run(base[:2], func(t *testing.T) {
			s := start(t)
			for _, v := range s.env {
				name, value, _ := strings.Cut(v, "=")
				t.Setenv(name, value)
			}
			putTree(t, base+"/images", r.images)
			putTree(t, base+"/model", r.model)
			env := append(s.env, "EXEMPLAR_STORE_TIMEOUT=1s")
			s.faults.Set(0.1, storetest.Temporary...)
			must(t, env, "shard", "--input="+base+"/images", "--shards=20", "--output="+base+"/shards")
			must(t, env, "encode", "--input="+base+"/shards", "--model="+base+"/model", "--output="+base+"/latents")
			must(t, env, "select", "--input="+base+"/latents", "--shards="+base+"/shards", "--clusters=5", "--top=3", "--output="+base+"/selection")
			must(t, env, "verify", "--input="+base+"/selection")
			if _, n := s.faults.Requests(); n < 60 {
				t.Errorf("only %d faults", n)
			}
			t.Log(s.faults)
			s.faults.Set(0)
			holds(t, base+"/shards", r.shards, "images-*")
			holds(t, base+"/latents", r.latents, "latents-*")
			holds(t, base+"/selection", r.selection, "selection.csv", "selection.parquet", "centers.parquet", "images/*/*/*/*/*")
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
