package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"exemplar/transforms/store/storetest"
)

// remotes are object stores whose requests meet faults on demand.
var remotes = map[string]func(*testing.T) *storetest.Faults{"gs": startGS, "s3": startS3}

// each runs a test against both stores; base is an empty folder.
func each(t *testing.T, test func(t *testing.T, faults *storetest.Faults, base string)) {
	for scheme, start := range remotes {
		t.Run(scheme, func(t *testing.T) {
			t.Setenv("EXEMPLAR_STORE_TIMEOUT", "500ms")
			test(t, start(t), scheme+"://bucket/base")
		})
	}
}

// TestCutAnswersAreReadOn reads through answers most of which end early, in
// every way that content is read: all of it has to come.
func TestCutAnswersAreReadOn(t *testing.T) {
	each(t, func(t *testing.T, faults *storetest.Faults, base string) {
		name, data := Join(base, "x"), make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{}).Read(data)
		if err := WriteFile(t.Context(), name, data); err != nil {
			t.Fatal(err)
		}
		faults.Set(0.6, storetest.Cut)
		checkRead(t, name, data)
		r, err := OpenAt(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(data))
		faults.Set(0.6, storetest.Cut, storetest.Short)
		if n, err := r.ReadAt(got[:1000], 77); n != 1000 || err != nil || !bytes.Equal(got[:1000], data[77:1077]) {
			t.Errorf("ReadAt: %d bytes, %v", n, err)
		}
		if n, err := io.ReadFull(io.NewSectionReader(r, 0, r.Size()), got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes, %v", n, err)
		}
		if _, n := faults.Requests(); n < 3 {
			t.Errorf("only %d faults: %s", n, faults)
		}
	})
}

// TestUploadsWhoseAnswerIsCut: the object is there, and that is found out.
func TestUploadsWhoseAnswerIsCut(t *testing.T) {
	faults := startGS(t)
	for size, last := range map[int]int{1000: 1, gsChunk + 1: 3} {
		data := bytes.Repeat([]byte{1}, size)
		n := 0
		faults.Choose(func() bool { n++; return n == last }, storetest.Cut)
		if err := WriteFile(t.Context(), "gs://bucket/x", data); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		checkRead(t, "gs://bucket/x", data)
		if n <= last {
			t.Errorf("%d bytes: %d requests", size, n)
		}
	}
}

// TestConditionalWritesWhoseAnswerIsLost: whether or not it was carried out, a write on
// a version is done once, and one that came later stays; a removal of it is done.
func TestConditionalWritesWhoseAnswerIsLost(t *testing.T) {
	each(t, func(t *testing.T, faults *storetest.Faults, base string) {
		for _, kind := range []string{storetest.Cut, storetest.Lost, storetest.Reset} {
			name, n := base+"/"+kind, 0
			first := func() { n = 0; faults.Choose(func() bool { n++; return n == 1 }, kind) }
			first()
			if err := WriteNew(t.Context(), name, []byte("one")); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			if checkRead(t, name, []byte("one")); n < 2 {
				t.Errorf("%s: %d requests", kind, n)
			}
			if err := WriteNew(t.Context(), name, []byte("two")); !errors.Is(err, ErrChanged) {
				t.Errorf("%s: a second file is written, %v", kind, err)
			}
			checkRead(t, name, []byte("one"))
			_, _, v, err := ReadVersion(t.Context(), name, 10)
			if err != nil {
				t.Fatal(err)
			}
			first()
			if err := RemoveVersion(t.Context(), name, v); err != nil {
				t.Errorf("%s, removed: %v", kind, err)
			}
			if _, err := Stat(t.Context(), name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, removed: %v", kind, err)
			}
		}
	})
}

// TestShortAnswersAreNoticed reads through answers that end early and claim to
// be whole, which only a checksum tells.
func TestShortAnswersAreNoticed(t *testing.T) {
	faults := startGS(t)
	name, data := "gs://bucket/x", bytes.Repeat([]byte("content "), 1000)
	if err := WriteFile(t.Context(), name, data); err != nil {
		t.Fatal(err)
	}
	faults.Set(1, storetest.Short)
	r, err := Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); !errors.Is(err, errDamaged) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%d of %d bytes are read, %v", len(got), len(data), err)
	}
	r.Close()
	faults.Set(0.5, storetest.Short)
	if got, err := ReadFile(t.Context(), name); err != nil || !bytes.Equal(got, data) {
		t.Errorf("ReadFile: %d bytes, %v", len(got), err)
	}
}

// TestPermanentErrorsAreNotRepeated counts requests.
func TestPermanentErrorsAreNotRepeated(t *testing.T) {
	each(t, func(t *testing.T, faults *storetest.Faults, base string) {
		name := Join(base, "x")
		try := func(what string, want error, f func() error) {
			t.Helper()
			before, _ := faults.Requests()
			err := f()
			after, _ := faults.Requests()
			most := 1
			if what == "stat" && strings.HasPrefix(base, "s3://") {
				most = 2 // an answer to HEAD does not say why
			}
			if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") || after-before != most {
				t.Errorf("%s: %d requests, error %v; want %d and one line that is %v", what, after-before, err, most, want)
			}
		}
		try("missing", fs.ErrNotExist, func() error { return errOf(Open(t.Context(), name)) })
		faults.Set(1, storetest.Forbidden)
		try("stat", fs.ErrPermission, func() error { return errOf(Stat(t.Context(), name)) })
		try("open", fs.ErrPermission, func() error { return errOf(Open(t.Context(), name)) })
		try("list", fs.ErrPermission, func() error { return errOf(collect(List(t.Context(), base, true))) })
		try("write", fs.ErrPermission, func() error { return WriteFile(t.Context(), name, []byte("x")) })
		try("remove", fs.ErrPermission, func() error { return Remove(t.Context(), name) })
	})
}

// TestStoreThatStaysAway ends the retries by the context: a store that is away
// for good is one line, whatever was asked of it, and nothing hangs.
func TestStoreThatStaysAway(t *testing.T) {
	each(t, func(t *testing.T, faults *storetest.Faults, base string) {
		faults.Set(1, storetest.Away, storetest.Reset)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { // each is sent again, however slow the machine is
			for n := 0; n < 8 && ctx.Err() == nil; n, _ = faults.Requests() {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		var all sync.WaitGroup
		for what, f := range map[string]func(context.Context) error{
			"open":  func(ctx context.Context) error { return errOf(Open(ctx, base+"/x")) },
			"list":  func(ctx context.Context) error { return errOf(collect(List(ctx, base, true))) },
			"write": func(ctx context.Context) error { return WriteFile(ctx, base+"/x", []byte("x")) },
			"new":   func(ctx context.Context) error { return WriteNew(ctx, base+"/x", []byte("x")) },
			"large": func(ctx context.Context) error { return WriteFile(ctx, base+"/x", make([]byte, gsChunk+1)) },
		} {
			all.Go(func() {
				if err := f(ctx); err == nil || strings.Contains(err.Error(), "\n") || ctx.Err() == nil {
					t.Errorf("%s: %v, before the end of the context: %v", what, err, ctx.Err() == nil)
				}
			})
		}
		all.Wait()
		if n, _ := faults.Requests(); n < 8 {
			t.Errorf("only %d requests", n)
		}
	})
}

// TestUploadsThatFailEnd holds the number of attempts of an upload, which the
// client of gs:// itself does not count.
func TestUploadsThatFailEnd(t *testing.T) {
	b := &budget{}
	n := 0
	for b.retry(io.ErrUnexpectedEOF) {
		if n++; n > attempts {
			t.Fatal("no end")
		}
	}
	if b.reset(); !b.retry(io.ErrUnexpectedEOF) {
		t.Error("no new attempt after a chunk was sent")
	}
	if (&budget{}).retry(fmt.Errorf("no such thing")) {
		t.Error("a permanent error is retried")
	}
}

func TestPauses(t *testing.T) {
	var longest time.Duration
	for failed := 1; failed < 40; failed++ {
		for range 20 {
			p := pause(failed)
			longest = max(longest, p)
			if p <= 0 || p > longestPause+1 || failed == 1 && p > firstPause+1 {
				t.Fatalf("pause(%d) = %v", failed, p)
			}
		}
	}
	if longest < longestPause/4 {
		t.Errorf("the longest of all pauses is %v", longest)
	}
}
