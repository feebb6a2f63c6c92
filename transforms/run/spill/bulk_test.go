package spill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"exemplar/transforms/store"
)

var ctx = context.Background()

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// list returns the names of the files in a folder.
func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	for obj, err := range store.List(ctx, dir, false) {
		check(t, err)
		names = append(names, store.Base(obj.Name))
	}
	return names
}

// folders are an empty folder of the local disk and one of an object store.
func folders(t *testing.T) map[string]string {
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: "127.0.0.1"})
	check(t, err)
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "bucket"})
	t.Setenv("STORAGE_EMULATOR_HOST", server.URL())
	return map[string]string{"local": filepath.Join(t.TempDir(), "state"), "gs": "gs://bucket/out/state"}
}

func putNumbers(t *testing.T, dir string, v []float64) Value {
	t.Helper()
	value, err := Put(ctx, dir, "test", func(w io.Writer) error { return Write(w, v) })
	check(t, err)
	return value
}

// TestValue: a value of any size comes back; a large one leaves its name alone in
// the element, the same name when it is put again; and files go when they are told to,
// in an object store at the end of the run only.
func TestValue(t *testing.T) {
	for where, dir := range folders(t) {
		t.Run(where, func(t *testing.T) {
			var values []Value
			for _, n := range []int{0, 1, MaxInline/8 - 1, MaxInline / 8, 5 * block, 100_001} {
				v := make([]float64, n)
				for i := range v {
					v[i] = float64(i) / 7
				}
				value, again := putNumbers(t, dir, v), putNumbers(t, dir, v)
				if inline := 8*n+8 <= MaxInline; (value.File == "") != inline || (len(value.Data) > 0) != inline || !value.Equal(again) {
					t.Errorf("%d numbers: %d bytes in the element, file %q, and again %q", n, len(value.Data), value.File, again.File)
				}
				check(t, value.Read(ctx, func(r io.Reader) error {
					got, err := Read[float64](r)
					if !slices.Equal(got, v) {
						t.Errorf("%d numbers come back as others", n)
					}
					return err
				}))
				values = append(values, value)
			}
			names := Files(values...)
			if got := list(t, dir); len(got) != 3 || len(names) != 3 {
				t.Fatalf("files %v, named %v", got, names)
			}
			check(t, store.WriteFile(ctx, store.Join(dir, "result.json"), []byte("{}")))
			check(t, Remove(ctx, names[:2], values[0], values[3]))
			want := []string{store.Base(names[0]), store.Base(names[2]), "result.json"}
			if where == "gs" {
				want = append(want, store.Base(names[1]))
			}
			slices.Sort(want)
			got := list(t, dir)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after Remove (-want +got)\n%s", diff)
			}
			check(t, Sweep(ctx, dir))
			if diff := cmp.Diff([]string{"result.json"}, list(t, dir)); diff != "" {
				t.Errorf("after Sweep (-want +got)\n%s", diff)
			}
			_, err := values[5].Open(ctx)
			if err == nil || !strings.Contains(err.Error(), "is gone: run the same command again") {
				t.Errorf("a missing file: %v", err)
			}
		})
	}
	check(t, Sweep(ctx, filepath.Join(t.TempDir(), "none")))
}

// TestWhole: a value whose file is gone, changed, or somewhere else is not whole, and a
// sweep leaves those that are named.
func TestWhole(t *testing.T) {
	for where, dir := range folders(t) {
		small, large, other := putNumbers(t, dir, []float64{1}), putNumbers(t, dir, make([]float64, MaxInline)), putNumbers(t, dir, make([]float64, MaxInline+1))
		check(t, Sweep(ctx, dir, small, large))
		if got := list(t, dir); len(got) != 1 {
			t.Errorf("%s: after a sweep but of one file: %q", where, got)
		}
		for i, want := range []bool{true, true, false} {
			if got := []Value{small, large, other}[i].Whole(ctx, dir); got != want {
				t.Errorf("%s: value %d is whole: %t, want %t", where, i, got, want)
			}
		}
		if large.Whole(ctx, dir+"2") {
			t.Errorf("%s: a value in another folder is whole", where)
		}
		check(t, store.WriteFile(ctx, large.File, []byte("other")))
		if large.Whole(ctx, dir) {
			t.Errorf("%s: a damaged value is whole", where)
		}
	}
}

// TestNumbers: numbers are added to others in place, and what is cut off or of another
// length is an error.
func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.Int64(), 0, 3*block).Draw(t, "v")
		var b strings.Builder
		if err := Write(&b, v); err != nil {
			t.Fatal(err)
		}
		sum := slices.Clone(v)
		if err := Add(strings.NewReader(b.String()), sum); err != nil {
			t.Fatal(err)
		}
		for i := range sum {
			if sum[i] != 2*v[i] {
				t.Fatalf("number %d: %d and itself is %d", i, v[i], sum[i])
			}
		}
		cut := rapid.IntRange(0, b.Len()-1).Draw(t, "cut")
		if _, err := Read[int64](strings.NewReader(b.String()[:cut])); err == nil {
			t.Fatalf("%d of %d bytes are read without an error", cut, b.Len())
		}
		if err := Add(strings.NewReader(b.String()), make([]int64, len(v)+1)); err == nil {
			t.Fatal("one number is missing, and no error")
		}
	})
}

// TestFailedWrite: nothing is left of a value that could not be written.
func TestFailedWrite(t *testing.T) {
	dir, calls := t.TempDir(), 0
	_, err := Put(ctx, dir, "test", func(w io.Writer) error {
		if calls++; calls == 2 {
			fmt.Fprint(w, "some")
			return errors.New("the disk is full")
		}
		_, err := w.Write(make([]byte, MaxInline+1))
		return err
	})
	if err == nil || err.Error() != "the disk is full" || len(list(t, dir)) > 0 {
		t.Errorf("%v; files %v", err, list(t, dir))
	}
}
