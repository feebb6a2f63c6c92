package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRemovePartials(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(t.Context(), filepath.Join(dir, "sub", strings.Repeat("n", 250)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	// The process dies here. A user's own file with a similar name stays.
	for _, name := range []string{"sub/.mine.partial", "sub/shard"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if objects, err := collect(List(t.Context(), dir, true)); err != nil || len(objects) != 3 {
		t.Fatalf("%v, %v: want three files", objects, err)
	}
	if err := RemovePartials(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	objects, err := collect(List(t.Context(), dir, true))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"sub/.mine.partial", "sub/shard"}, relative(t, dir, objects)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if err := RemovePartials(t.Context(), filepath.Join(dir, "missing")); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Join("gs://b", "a#1", "", "c?d%"), "gs://b/a#1/c?d%"},
		{Join("gs://b/p/", "x"), "gs://b/p/x"},
		{Join("a", "b//c"), "a/b/c"},
		{Base("gs://b/x/y z.tif"), "y z.tif"},
		{Dir("gs://b/x/y"), "gs://b/x"},
		{Dir("gs://b/x"), "gs://b"},
		{Dir("gs://b"), "gs://b"},
		{GlobRoot("gs://b/p/*/x"), "gs://b/p"},
		{GlobRoot("gs://b/*"), "gs://b"},
		{GlobRoot("*.tif"), "."},
		{GlobRoot("/*/x"), "/"},
		{GlobRoot("a/b/[x].tif"), "a/b"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
