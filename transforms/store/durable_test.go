package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store"
	"exemplar/transforms/store/storetest"
)

// calls records the changes of the disk below dir, and those of dir itself.
func calls(t *testing.T, dir string) func() []string {
	var mu sync.Mutex
	var list []string
	storetest.Disk(t, func(call, name string) error {
		rel, err := filepath.Rel(dir, name)
		if err != nil || strings.HasPrefix(rel, "..") {
			return nil
		}
		rel = filepath.ToSlash(rel)
		if strings.HasSuffix(rel, ".partial") {
			rel = "partial"
		}
		mu.Lock()
		defer mu.Unlock()
		list = append(list, call+" "+rel)
		return nil
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		defer func() { list = nil }()
		return list
	}
}

// TestDurable: folders are synced in their parents before anything is made below
// them, content before its name, and what was removed before a new file appears.
func TestDurable(t *testing.T) {
	dir := t.TempDir()
	made := calls(t, dir)
	write := func(name string) {
		t.Helper()
		if err := store.WriteFile(t.Context(), filepath.Join(dir, name), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	is := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, made()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	write("a/b/c")
	is("mkdir a", "sync folder .", "mkdir a/b", "sync folder a", "sync partial", "rename a/b/c", "sync folder a/b")
	write("a/b/d")
	is("sync partial", "rename a/b/d", "sync folder a/b")
	// A folder that a run made which was killed before it synced it.
	if err := os.Mkdir(filepath.Join(dir, "a", "old"), 0o777); err != nil {
		t.Fatal(err)
	}
	write("a/old/e")
	is("sync folder a", "sync partial", "rename a/old/e", "sync folder a/old")

	for _, name := range []string{"a/b/c", "a/b/d", "a/b/none"} {
		if err := store.Remove(t.Context(), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	is("remove a/b/c", "remove a/b/d", "remove a/b/none")
	write("a/old/f")
	is("sync partial", "sync folder a/b", "rename a/old/f", "sync folder a/old")
	write("a/old/g")
	is("sync partial", "rename a/old/g", "sync folder a/old")

	// A folder that vanished is made again.
	if err := os.RemoveAll(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	write("a/b/c")
	is("mkdir a", "sync folder .", "mkdir a/b", "sync folder a", "sync partial", "rename a/b/c", "sync folder a/b")
}

// TestMakeFolderAtOnce: of many at once, none returns before its folders are synced.
func TestMakeFolderAtOnce(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	made, synced := map[string]bool{}, map[string]bool{}
	storetest.Disk(t, func(call, name string) error {
		runtime.Gosched()
		mu.Lock()
		defer mu.Unlock()
		switch call {
		case storetest.Mkdir:
			if parent := filepath.Dir(name); made[parent] && !synced[filepath.Dir(parent)] {
				t.Errorf("%s is made before its parent is durable", name)
			}
			made[name] = true
		case storetest.SyncFolder:
			synced[name] = true
		}
		return nil
	})
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			at := filepath.Join(dir, fmt.Sprint(i%3), fmt.Sprint(i%5), fmt.Sprint(i%2))
			if err := store.MakeFolder(at); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for ; at != dir; at = filepath.Dir(at) {
				if !synced[filepath.Dir(at)] {
					t.Errorf("%s is not durable", at)
				}
			}
		})
	}
	group.Wait()
}

// TestFailingDisk: whichever change of the disk fails, the error names the file, what
// was there before stays, nothing temporary does, and the next one succeeds.
func TestFailingDisk(t *testing.T) {
	for n := range int64(6) {
		dir := t.TempDir()
		name := filepath.Join(dir, "a", "b", "file")
		work := func() error { return store.WriteFile(t.Context(), name, []byte("new")) }
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			storetest.FailDisk(t, n, syscall.EIO)
			err := work()
			if !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), name) {
				t.Errorf("change %d: %v", n, err)
			}
		})
		if files := partials(t, dir); len(files) > 0 {
			t.Errorf("change %d left %v", n, files)
		}
		if err := work(); err != nil {
			t.Errorf("after change %d failed: %v", n, err)
		}
	}
}

func partials(t *testing.T, dir string) (files []string) {
	for o, err := range store.List(t.Context(), dir, true) {
		if err != nil {
			t.Fatal(err)
		}
		if store.IsPartial(o.Name) {
			files = append(files, o.Name)
		}
	}
	return files
}

// TestSyncAll: many small files are durable in the end.
func TestSyncAll(t *testing.T) {
	dir := t.TempDir()
	if err := store.SyncAll(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there is durable")
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	made := calls(t, filepath.Dir(dir))
	if err := store.SyncAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := made(); !slices.Contains(got, "sync folder .") && !slices.Contains(got, "sync folder "+filepath.Base(dir)) {
		t.Errorf("%v", got)
	}
}
