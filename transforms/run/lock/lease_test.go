package lock

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"exemplar/transforms/store"
)

// foreign is an owner on another machine.
func foreign() Owner {
	o := newOwner("encode")
	o.Host, o.Machine = "elsewhere", "another boot"
	return o
}

// TestLeaseIsTakenOver: a lock that is not renewed any more is taken over, and its
// owner publishes nothing more, whether it knows of that or not.
func TestLeaseIsTakenOver(t *testing.T) {
	for _, kind := range []string{"gs", "s3", "s3 without conditions"} {
		t.Run(kind, func(t *testing.T) {
			dir := stores(t)[kind](t)
			set(t, &leaseTime, 0)
			set(t, &leaseRenew, time.Hour)
			kept, _, err := takeLease(t.Context(), dir, foreign())
			if err != nil {
				t.Fatal(err)
			}
			late := kept.(*lease)
			defer late.stop()
			l := take(t, dir) // nobody renewed it for no time at all
			defer l.Done(t.Context())
			if err := late.check(); err != nil {
				t.Errorf("before it could know: %v", err)
			}
			if err := late.renew(t.Context()); !errors.Is(err, store.ErrChanged) && !errors.Is(err, ErrHeld) {
				t.Errorf("its next renewal: %v", err)
			}
			late.until = time.Now()
			if err := late.check(); !errors.Is(err, errLost) {
				t.Errorf("after its time: %v", err)
			}
			if err := late.release(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if err := l.kept.check(); err != nil {
				t.Errorf("the new owner: %v", err)
			}
			data, _, _, err := store.ReadVersion(t.Context(), store.Join(dir, File), maxOwner)
			if err != nil || decode(data).ID != l.owner.ID {
				t.Errorf("the lock is %s, %v", data, err)
			}
		})
	}
}

// isEmpty fails the test where something is left in a folder of a store.
func isEmpty(t *testing.T, dir string) {
	t.Helper()
	for o, err := range store.List(t.Context(), dir, true) {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left (%v)", o.Name, err)
		}
	}
}

// TestLeaseIsHeld: a lock of another machine is waited for until its time is over.
func TestLeaseIsHeld(t *testing.T) {
	dir := startS3(t, plain)
	kept, _, err := takeLease(t.Context(), dir, foreign())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Take(t.Context(), dir, "encode"); !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "on elsewhere") {
		t.Errorf("beside it: %v", err)
	}
	if err := kept.release(t.Context(), nil); err != nil {
		t.Error(err)
	}
	isEmpty(t, dir)
}

// TestLeaseIsRenewed: renewals go on while the lock is held, and each is a version.
func TestLeaseIsRenewed(t *testing.T) {
	for _, kind := range []string{"gs", "s3", "s3 without conditions"} {
		t.Run(kind, func(t *testing.T) {
			dir := stores(t)[kind](t)
			set(t, &leaseRenew, time.Millisecond)
			l := take(t, dir)
			name := store.Join(dir, File)
			for before := -1; before < 3; {
				data, _, _, err := store.ReadVersion(t.Context(), name, maxOwner)
				if err != nil {
					t.Fatal(err)
				}
				before = max(before, decode(data).Renewed)
			}
			if err := l.kept.check(); err != nil {
				t.Error(err)
			}
			if err := l.Done(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRenewalThatSeemedToFail: a renewal that was carried out although its answer did
// not come takes the lock from nobody, neither at the next one nor at the end.
func TestRenewalThatSeemedToFail(t *testing.T) {
	ends := map[string]func(l *Lock) error{
		"renewed":     func(l *Lock) error { return errors.Join(l.kept.(*lease).renew(t.Context()), l.Done(t.Context())) },
		"given up":    func(l *Lock) error { return l.Done(t.Context()) },
		"handed over": func(l *Lock) error { return l.Handover(t.Context(), "dataflow") },
	}
	for _, kind := range []string{"gs", "s3"} {
		for name, end := range ends {
			t.Run(kind+" "+name, func(t *testing.T) {
				dir := stores(t)[kind](t)
				set(t, &leaseRenew, time.Hour)
				l := take(t, dir)
				late := l.owner
				late.Renewed = 7
				if _, err := store.WriteVersion(t.Context(), store.Join(dir, File), late.encode(), l.kept.(*lease).current()); err != nil {
					t.Fatal(err)
				}
				if err := end(l); err != nil {
					t.Error(err)
				}
				if l = take(t, dir); (l.Job() != nil) != (name == "handed over") {
					t.Errorf("job %v", l.Job())
				}
				if err := l.Done(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestLost: an owner that learns that another one has its lock publishes nothing.
func TestLost(t *testing.T) {
	dir := startS3(t, plain)
	set(t, &leaseRenew, time.Millisecond)
	l := take(t, dir)
	defer l.Done(t.Context())
	if err := store.WriteFile(t.Context(), store.Join(dir, "before"), nil); err != nil {
		t.Fatal(err)
	}
	// Another one's lock, written by the store's own way, which no guard sees.
	for {
		_, _, v, err := store.ReadVersion(t.Context(), store.Join(dir, File), maxOwner)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = store.WriteVersion(t.Context(), store.Join(dir, File), foreign().encode(), v); err == nil {
			break
		}
		if !errors.Is(err, store.ErrChanged) {
			t.Fatal(err)
		}
	}
	<-l.kept.(*lease).stopped
	for _, err := range []error{
		store.WriteFile(t.Context(), store.Join(dir, "after"), nil),
		store.WriteNew(t.Context(), store.Join(dir, "new"), nil),
		store.Replace(t.Context(), store.Join(dir, "before"), nil),
		store.Remove(t.Context(), store.Join(dir, "before")),
	} {
		if !errors.Is(err, errLost) {
			t.Errorf("%v, want that the lock was lost", err)
		}
	}
}

// TestJobKeepsTheFolder: a job that goes on is found by the next command, and keeps
// the folder until a command changes or finishes it.
func TestJobKeepsTheFolder(t *testing.T) {
	for name, start := range stores(t) {
		t.Run(name, func(t *testing.T) {
			dir := start(t)
			if err := take(t, dir).Handover(t.Context(), "dataflow"); err != nil {
				t.Fatal(err)
			}
			for range 2 { // commands that change nothing
				l := take(t, dir)
				if l.Job() == nil || l.Job().Runner != "dataflow" || !strings.Contains(l.Job().String(), "a job of shard that ") {
					t.Fatalf("job %v", l.Job())
				}
				if err := l.Release(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			l := take(t, dir)
			if err := l.Begin(); err != nil {
				t.Fatal(err)
			}
			if err := l.Release(t.Context()); err != nil {
				t.Fatal(err)
			}
			// A program that ends while a cluster works.
			l = take(t, dir)
			if err := l.Begin(); err != nil {
				t.Fatal(err)
			}
			ReleaseAll("flink")
			if l = take(t, dir); l.Job() == nil || l.Job().Runner != "flink" {
				t.Errorf("job %v, want that of flink", l.Job())
			}
			if err := l.Begin(); err != nil {
				t.Fatal(err)
			}
			ReleaseAll("")
			if l = take(t, dir); l.Job() != nil {
				t.Errorf("the job is still there: %v", l.Job())
			}
			if err := l.Done(t.Context()); err != nil {
				t.Error(err)
			}
			isEmpty(t, dir)
		})
	}
}
