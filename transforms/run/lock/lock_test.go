package lock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"exemplar/transforms/store"
	"exemplar/transforms/store/storetest"
)

// holdVariable makes a process of this test hold a folder until it is killed.
const holdVariable = "EXEMPLAR_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		if _, _, err := Take(context.Background(), dir, "shard"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		io.Copy(io.Discard, os.Stdin) // until the test ends
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serve puts a handler on loopback.
func serve(t *testing.T, h http.Handler) string {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func startGS(t *testing.T) string {
	srv := httptest.NewUnstartedServer(nil)
	t.Cleanup(srv.Close)
	host := srv.Listener.Addr().String() // the fake puts its address into upload links
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener: true, Scheme: "http", ExternalURL: "http://" + host, PublicHost: host, Writer: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "bucket"})
	srv.Config.Handler = storetest.Replay(fake.HTTPHandler())
	srv.Start()
	t.Setenv("STORAGE_EMULATOR_HOST", srv.URL)
	return "gs://bucket/out #1"
}

func startS3(t *testing.T, front func(http.Handler) http.Handler) string {
	for _, v := range storetest.S3Env(serve(t, front(storetest.FakeS3("bucket", 100)))) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	return "s3://bucket/out #1"
}

// heedless drops the conditions of requests, as some stores do.
func heedless(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Match")
		r.Header.Del("If-None-Match")
		h.ServeHTTP(w, r)
	})
}

func plain(h http.Handler) http.Handler { return h }

// set sets a time for a test.
func set(t *testing.T, at *time.Duration, d time.Duration) {
	was := *at
	*at = d
	t.Cleanup(func() { *at = was })
}

// stores are the folders that are locked.
func stores(t *testing.T) map[string]func(t *testing.T) string {
	set(t, &settleTime, 20*time.Millisecond)
	set(t, &tryAgain, 5*time.Millisecond)
	return map[string]func(t *testing.T) string{
		"local":                 func(t *testing.T) string { return filepath.Join(t.TempDir(), "new", "out") },
		"gs":                    startGS,
		"s3":                    func(t *testing.T) string { return startS3(t, plain) },
		"s3 without conditions": func(t *testing.T) string { return startS3(t, heedless) },
	}
}

func take(t *testing.T, dir string) *Lock {
	t.Helper()
	l, _, err := Take(t.Context(), dir, "shard")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestOneHolds: a folder has one holder, who is named, and when it is given up
// nothing of the lock is left.
func TestOneHolds(t *testing.T) {
	for name, start := range stores(t) {
		t.Run(name, func(t *testing.T) {
			dir := start(t)
			l := take(t, dir)
			if Of(dir) != l {
				t.Error("Of does not find the lock")
			}
			_, _, err := Take(t.Context(), dir, "encode")
			if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), fmt.Sprintf("shard (process %d on ", os.Getpid())) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the second: %v", err)
			}
			if err := store.WriteFile(t.Context(), store.Join(dir, "a"), []byte("a")); err != nil {
				t.Error(err)
			}
			if err := l.Done(t.Context()); err != nil {
				t.Error(err)
			}
			for o, err := range store.List(t.Context(), dir, true) {
				if err != nil || store.Base(o.Name) != "a" {
					t.Errorf("left: %s, %v", o.Name, err)
				}
			}
			if err := take(t, dir).Done(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestOneOfManyHolds: of many who start at once exactly one is served; they do not
// share what this process knows.
func TestOneOfManyHolds(t *testing.T) {
	for name, start := range stores(t) {
		if strings.Contains(name, "without") {
			continue // such a store tells apart who starts a moment later
		}
		t.Run(name, func(t *testing.T) {
			dir := start(t)
			take := takeLocal
			if store.IsRemote(dir) {
				take = takeLease
			}
			var served, refused atomic.Int32
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					_, _, err := take(t.Context(), dir, newOwner("shard"))
					switch {
					case err == nil:
						served.Add(1)
					case errors.Is(err, ErrHeld):
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			all.Wait()
			if served.Load() != 1 || refused.Load() != 7 {
				t.Errorf("%d served, %d refused", served.Load(), refused.Load())
			}
		})
	}
}

// hold starts a process that holds a folder.
func hold(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holdVariable+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	text := make([]byte, 5)
	if _, err := io.ReadFull(out, text); err != nil || string(text) != "held\n" {
		t.Fatalf("the other process: %q, %v", text, err)
	}
	return cmd
}

// TestOtherProcesses: what another process holds is refused by its number, and taken
// at once when it was killed.
func TestOtherProcesses(t *testing.T) {
	for name, start := range stores(t) {
		t.Run(name, func(t *testing.T) {
			dir := start(t)
			other := hold(t, dir)
			_, _, err := Take(t.Context(), dir, "shard")
			if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", other.Process.Pid)) {
				t.Fatalf("beside process %d: %v", other.Process.Pid, err)
			}
			other.Process.Kill()
			other.Wait()
			if machine, _ := identity(os.Getpid()); machine == "" && store.IsRemote(dir) {
				t.Skip("a lock in a store is waited for where processes cannot be told apart")
			}
			if err := take(t, dir).Done(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRemovedFolder: who removes a folder while it is written has removed the lock,
// and nothing more appears there.
func TestRemovedFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	l := take(t, dir)
	defer l.Done(t.Context())
	w, err := store.Create(t.Context(), filepath.Join(dir, "late"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); !errors.Is(err, errLost) {
		t.Errorf("Commit: %v", err)
	}
	if err := store.WriteFile(t.Context(), filepath.Join(dir, "later"), nil); !errors.Is(err, errLost) {
		t.Errorf("WriteFile: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "later")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it appeared: %v", err)
	}
}

// TestFoldersThatNobodyUsed: a run that ends before it wrote leaves no folder.
func TestFoldersThatNobodyUsed(t *testing.T) {
	base := t.TempDir()
	if err := take(t, filepath.Join(base, "a", "b")).Release(t.Context()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(base); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestReadOnly: what is finished in a folder that cannot be written can be looked
// at; writing is refused.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o777) })
	if os.WriteFile(filepath.Join(dir, "x"), nil, 0o666) == nil {
		t.Skip("this user may write everywhere")
	}
	l := take(t, dir)
	if err := l.Begin(); !errors.Is(err, os.ErrPermission) {
		t.Errorf("Begin: %v", err)
	}
	if err := l.Done(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestNotLocked: the line of a lock that cannot be made says what to do, once.
func TestNotLocked(t *testing.T) {
	full := &fs.PathError{Op: "open", Path: "out/_state/lock", Err: syscall.ENOSPC}
	for _, err := range []error{full, &store.Error{Op: "create", Name: "out/_state", Err: full, Hint: "the disk is full: free some space"}} {
		got := notLocked("out", err)
		if !errors.Is(got, syscall.ENOSPC) || strings.Count(got.Error(), "free some space") != 1 {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// TestNoLocks: where the file system has no locks, the file of the owner is one.
func TestNoLocks(t *testing.T) {
	dir := t.TempDir()
	one := &localLock{dir: dir}
	if err := one.makeFolders(); err != nil {
		t.Fatal(err)
	}
	kept, _, err := takeExclusive(one, newOwner("shard"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := takeExclusive(&localLock{dir: dir}, newOwner("shard")); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "remove "+filepath.Join(dir, OwnerFile)) {
		t.Errorf("the second: %v", err)
	}
	if err := kept.check(); err != nil {
		t.Error(err)
	}
	if err := kept.release(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := kept.check(); !errors.Is(err, errLost) {
		t.Errorf("after its release: %v", err)
	}
}
