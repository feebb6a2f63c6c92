package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store/storetest"
)

// stores are the bases that every store's conformance is tested in.
func stores(t *testing.T) map[string]func(t *testing.T) string {
	return map[string]func(t *testing.T) string{
		"local":             func(t *testing.T) string { return t.TempDir() },
		"gs":                func(t *testing.T) string { startGS(t); return "gs://bucket/base" },
		"s3":                func(t *testing.T) string { startS3(t); return "s3://bucket/base" },
		"gs that fails":     func(t *testing.T) string { failing(t, startGS(t)); return "gs://bucket/base" },
		"s3 that fails":     func(t *testing.T) string { failing(t, startS3(t)); return "s3://bucket/base" },
		"S3 server":         func(t *testing.T) string { startS3Server(t); return "s3://bucket/base" },
		"S3 server, faults": func(t *testing.T) string { failing(t, startS3Server(t)); return "s3://bucket/base" },
	}
}

// failing makes a server meet temporary faults in a tenth of its requests.
func failing(t *testing.T, faults *storetest.Faults) {
	t.Helper()
	faults.Set(0.1, storetest.Temporary...)
	t.Setenv("EXEMPLAR_STORE_TIMEOUT", "700ms")
	t.Cleanup(func() {
		if _, n := faults.Requests(); n < 10 {
			t.Errorf("only %d faults: %s", n, faults)
		}
		t.Log(faults)
	})
}

// serve puts a handler on loopback behind faults, none of which happens yet.
func serve(t *testing.T, handler http.Handler) (*storetest.Faults, string) {
	t.Helper()
	faults := storetest.NewFaults(handler, 0, 1)
	srv := httptest.NewServer(faults)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return faults, srv.URL
}

// startGS serves an empty bucket called "bucket" on loopback.
func startGS(t *testing.T) *storetest.Faults {
	t.Helper()
	var inner http.Handler
	faults, url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(w, r) }))
	host := strings.TrimPrefix(url, "http://") // the fake puts its address into upload links
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener: true, Scheme: "http", ExternalURL: url, PublicHost: host, Writer: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "bucket"})
	inner = storetest.Replay(fake.HTTPHandler())
	t.Setenv("STORAGE_EMULATOR_HOST", url)
	return faults
}

func TestConformance(t *testing.T) {
	for name, start := range stores(t) {
		t.Run(name, func(t *testing.T) { conformance(t, start(t)) })
	}
}

// awkwardNames are names that URLs, shells and globs give a meaning to.
var awkwardNames = []string{
	"plain.tif",
	"a b.tif",
	"a#b.tif",
	"a?b.tif",
	"a%20b.tif",
	"100%.tif",
	"a+b&c=d;e,f.tif",
	"Zellkern-µ-日本語-🧫.tif",
	"[1]*{x}.tif",
	"back\\slash.tif",
	"'quoted\" <tag>.tif",
	".hidden",
	"sub folder#1/in %2F it.tif",
}

// conformance checks what every store promises, in an empty folder base.
func conformance(t *testing.T, base string) {
	ctx := context.Background()
	content := func(name string) []byte { return []byte("content of " + name) }

	t.Run("a missing folder cannot be listed", func(t *testing.T) {
		missing := Join(base, "missing")
		if _, err := collect(List(ctx, missing, true)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("List: %v, want fs.ErrNotExist", err)
		}
		if is, err := IsFolder(ctx, missing); err != nil || is {
			t.Errorf("IsFolder = %v, %v", is, err)
		}
	})

	t.Run("awkward names survive writing, reading, listing and removing", func(t *testing.T) {
		dir := Join(base, "awkward names #1 100%")
		for _, name := range awkwardNames {
			if err := WriteFile(ctx, Join(dir, name), content(name)); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range awkwardNames {
			checkRead(t, Join(dir, name), content(name))
		}
		got, err := collect(List(ctx, dir, true))
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(awkwardNames))
		if d := cmp.Diff(want, relative(t, dir, got)); d != "" {
			t.Errorf("List (-want +got):\n%s", d)
		}
		for _, o := range got {
			rel, _ := Rel(dir, o.Name)
			if o.Size != int64(len(content(rel))) || time.Since(o.ModTime).Abs() > time.Hour {
				t.Errorf("%s: size %d, time %v", o.Name, o.Size, o.ModTime)
			}
			if err := Remove(ctx, o.Name); err != nil {
				t.Error(err)
			}
			if _, err := Stat(ctx, o.Name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Stat after Remove: %v", err)
			}
		}
		if left, err := collect(List(ctx, dir, true)); len(left) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("List after removing = %v, %v", left, err)
		}
	})

	t.Run("missing files", func(t *testing.T) {
		missing := Join(base, "missing #1.tif")
		_, openErr := Open(ctx, missing)
		_, openAtErr := OpenAt(ctx, missing)
		_, readErr := ReadFile(ctx, missing)
		_, statErr := Stat(ctx, missing)
		for _, err := range []error{openErr, openAtErr, readErr, statErr} {
			if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q should be one line, fs.ErrNotExist, and name %s", err, missing)
			}
		}
		if err := Remove(ctx, missing); err != nil {
			t.Errorf("Remove: %v", err)
		}
	})

	t.Run("a file is absent or complete", func(t *testing.T) {
		name := Join(base, "atomic", "shard")
		exists := func() bool {
			_, err := Stat(ctx, name)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			return err == nil
		}
		big := bytes.Repeat([]byte("0123456789abcdef"), 20<<20/16) // more than a chunk of an upload
		w, err := Create(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(big); err != nil {
			t.Fatal(err)
		}
		if exists() {
			t.Error("there before Commit")
		}
		w.Abort()
		w.Abort()
		if err := w.Commit(); err == nil {
			t.Error("Commit after Abort succeeds")
		}
		if exists() {
			t.Error("there after Abort")
		}
		if objects, err := collect(List(ctx, base, true)); err == nil && len(objects) != 0 {
			t.Errorf("left behind: %v", objects)
		}

		if w, err = Create(ctx, name); err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for part := range slices.Chunk(big, 1<<20+1) {
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		w.Abort() // does nothing now
		checkRead(t, name, big)
		if err := WriteFile(ctx, name, nil); err != nil { // replaces
			t.Fatal(err)
		}
		checkRead(t, name, []byte{})
		if err := Remove(ctx, name); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("a canceled context publishes nothing", func(t *testing.T) {
		name := Join(base, "cancelled")
		cctx, cancel := context.WithCancel(ctx)
		w, err := Create(cctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("half")); err != nil {
			t.Fatal(err)
		}
		cancel()
		if !IsRemote(name) { // a local write does not look at the context; its caller aborts
			w.Abort()
		} else if err := w.Commit(); err == nil {
			t.Error("Commit succeeds")
		}
		w.Abort()
		if _, err := Stat(ctx, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Stat: %v, want fs.ErrNotExist", err)
		}
	})

	t.Run("conditional writes", func(t *testing.T) {
		name := Join(base, "versions #1")
		if !IsRemote(name) {
			if _, err := WriteVersion(ctx, name, nil, ""); err == nil {
				t.Error("a local file has versions")
			}
			return
		}
		if _, _, _, err := ReadVersion(ctx, name, 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a missing object: %v", err)
		}
		first, err := WriteVersion(ctx, name, []byte("1"), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := WriteVersion(ctx, name, []byte("x"), ""); !errors.Is(err, ErrChanged) {
			t.Errorf("one that is there, as new: %v", err)
		}
		second, err := WriteVersion(ctx, name, []byte("2"), first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := WriteVersion(ctx, name, []byte("x"), first); !errors.Is(err, ErrChanged) {
			t.Errorf("on an old version: %v", err)
		}
		data, written, v, err := ReadVersion(ctx, name, 10)
		if err != nil || string(data) != "2" || v != second || time.Since(written).Abs() > time.Hour {
			t.Errorf("ReadVersion = %q, %v, %q, %v; want version %q", data, written, v, err, second)
		}
		if _, _, _, err := ReadVersion(ctx, name, 0); !errors.Is(err, ErrTooLarge) {
			t.Errorf("a limit of 0: %v", err)
		}
		if err := WriteNew(ctx, name, []byte("x")); !errors.Is(err, ErrChanged) {
			t.Errorf("WriteNew: %v", err)
		}
		if err := Replace(ctx, name, []byte("3")); err != nil {
			t.Error(err)
		}
		checkRead(t, name, []byte("3"))
		if _, _, v, err = ReadVersion(ctx, name, 10); err != nil {
			t.Fatal(err)
		}
		if err := RemoveVersion(ctx, name, v); err != nil {
			t.Error(err)
		}
		if err := WriteNew(ctx, name, []byte("4")); err != nil {
			t.Error(err)
		}
		if err := Remove(ctx, name); err != nil {
			t.Error(err)
		}
		if _, err := WriteVersion(ctx, name, []byte("x"), second); !errors.Is(err, ErrChanged) {
			t.Errorf("on a version of one that is gone: %v", err)
		}
	})

	t.Run("range reads", func(t *testing.T) {
		name := Join(base, "ranges #?%")
		data := []byte("0123456789")
		if err := WriteFile(ctx, name, data); err != nil {
			t.Fatal(err)
		}
		r, err := OpenAt(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if r.Size() != 10 {
			t.Errorf("Size = %d", r.Size())
		}
		for off := int64(0); off < 12; off++ {
			for n := range 12 {
				want, wantErr := bytes.NewReader(data), error(nil)
				a, b := make([]byte, n), make([]byte, n)
				wn, wantErr := want.ReadAt(a, off)
				gn, gotErr := r.ReadAt(b, off)
				if n == 0 { // io.EOF or nil, both are allowed
					wantErr, gotErr = nil, nil
				}
				if wn != gn || wantErr != gotErr || !bytes.Equal(a, b) {
					t.Fatalf("ReadAt(%d bytes, %d) = %d, %v, %q; want %d, %v, %q", n, off, gn, gotErr, b, wn, wantErr, a)
				}
			}
		}
		if _, err := r.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("a negative offset is read")
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := ReadFileLimit(ctx, name, 9); !errors.Is(err, ErrTooLarge) {
			t.Errorf("ReadFileLimit(9): %v", err)
		}
		if got, err := ReadFileLimit(ctx, name, 10); err != nil || string(got) != string(data) {
			t.Errorf("ReadFileLimit(10) = %q, %v", got, err)
		}
	})

	t.Run("listing and globs", func(t *testing.T) {
		dir := Join(base, "tree")
		names := []string{"a.tif", "a/1.tif", "a/2.png", "a-b/3.tif", "b/_state/x.json", "b/c/d/4.tif", "b/c/5.tif", "z[1].tif"}
		for _, n := range names {
			if err := WriteFile(ctx, Join(dir, n), []byte(n)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			what string
			got  func() ([]Object, error)
			want []string
			scan func() iter.Seq2[Object, error]
		}{
			{"recursive", func() ([]Object, error) { return collect(List(ctx, dir, true)) },
				[]string{"a-b/3.tif", "a.tif", "a/1.tif", "a/2.png", "b/_state/x.json", "b/c/5.tif", "b/c/d/4.tif", "z[1].tif"},
				func() iter.Seq2[Object, error] { return Scan(ctx, dir) }},
			{"with a slash", func() ([]Object, error) { return collect(List(ctx, dir+"/", false)) }, []string{"a.tif", "z[1].tif"}, nil},
			{"*.tif", nil, []string{"a.tif", "z[1].tif"}, nil},
			{"*/*.tif", nil, []string{"a-b/3.tif", "a/1.tif"}, nil},
			{"**/*.tif", nil, []string{"a-b/3.tif", "a.tif", "a/1.tif", "b/c/5.tif", "b/c/d/4.tif", "z[1].tif"}, nil},
			{"b/**/4.tif", nil, []string{"b/c/d/4.tif"}, nil},
			{"b/**", nil, []string{"b/_state/x.json", "b/c/5.tif", "b/c/d/4.tif"}, nil},
			{"?/[13-5].*", nil, []string{"a/1.tif"}, nil},
			{"z\\[1].t*", nil, []string{"z[1].tif"}, nil},
			{"no/such/*", nil, nil, nil},
			{"**/d/**/*.png", nil, nil, nil},
		} {
			if c.got == nil {
				c.got = func() ([]Object, error) { return collect(Glob(ctx, Join(dir, c.what))) }
				c.scan = func() iter.Seq2[Object, error] {
					return ScanGlobLinked(ctx, Join(dir, c.what), &Links{Leave: func(string) bool { return false }})
				}
			}
			got, err := c.got()
			if scanned := c.scan; scanned != nil {
				all, serr := collect(scanned())
				slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
				if d := cmp.Diff(got, all); d != "" || (err == nil) != (serr == nil) {
					t.Errorf("%s: Scan is not List, %v, %v (-List +Scan):\n%s", c.what, err, serr, d)
				}
			}
			if err != nil && !(c.want == nil && errors.Is(err, fs.ErrNotExist)) {
				t.Errorf("%s: %v", c.what, err)
			}
			if d := cmp.Diff(c.want, relative(t, dir, got)); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.what, d)
			}
		}
		if _, err := collect(Glob(ctx, Join(dir, "[a"))); err == nil || !strings.Contains(err.Error(), "[a") {
			t.Errorf("malformed pattern: %v", err)
		}
		if is, err := IsFolder(ctx, Join(dir, "b/c")); err != nil || !is {
			t.Errorf("IsFolder = %v, %v", is, err)
		}
		if is, err := IsFolder(ctx, Join(dir, "a.tif")); err != nil || is {
			t.Errorf("IsFolder(file) = %v, %v", is, err)
		}
		stop := 0
		for range List(ctx, dir, true) {
			if stop++; stop == 2 {
				break
			}
		}
	})
}

// checkRead reads a file in every way.
func checkRead(t *testing.T, name string, want []byte) {
	t.Helper()
	ctx := context.Background()
	got, err := ReadFile(ctx, name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("ReadFile(%s): %d bytes, %v; want %d", name, len(got), err, len(want))
	}
	r, err := Open(ctx, name)
	if err != nil {
		t.Error(err)
		return
	}
	if got, err = io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Open(%s): %d bytes, %v; want %d", name, len(got), err, len(want))
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if o, err := Stat(ctx, name); err != nil || o.Name != name || o.Size != int64(len(want)) {
		t.Errorf("Stat(%s) = %+v, %v", name, o, err)
	}
}

func collect(seq func(func(Object, error) bool)) (objects []Object, err error) {
	for o, err := range seq {
		if err != nil {
			return objects, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

func relative(t *testing.T, dir string, objects []Object) (names []string) {
	t.Helper()
	for _, o := range objects {
		rel, ok := Rel(dir, o.Name)
		if !ok {
			t.Errorf("%s is not below %s", o.Name, dir)
		}
		names = append(names, rel)
	}
	return names
}

func TestGSErrorsSayWhatToDo(t *testing.T) {
	startGS(t)
	ctx := context.Background()
	for _, c := range []struct {
		what, says string
		err        error
	}{
		{"list", "there is no bucket nope", errOf(collect(List(ctx, "gs://nope/x", true)))},
		{"write", "there is no bucket nope", WriteFile(ctx, "gs://nope/x", []byte("x"))},
		{"open", "check the spelling of bucket", errOf(Open(ctx, "gs://nope/x"))},
		{"bucket as file", "it is a folder", errOf(Open(ctx, "gs://bucket"))},
		{"no bucket", "write gs://BUCKET/NAME", errOf(Open(ctx, "gs:///x"))},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) || strings.Contains(c.err.Error(), "\n") {
			t.Errorf("%s: %q should be one line with %q", c.what, fmt.Sprint(c.err), c.says)
		}
	}
}
