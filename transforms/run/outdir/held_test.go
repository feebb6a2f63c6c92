package outdir

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/run/lock"
	"exemplar/transforms/run/runlog"
)

// TestHeld: while a step works, its folder is held, also for the work within, and
// given up when it ends, however that is.
func TestHeld(t *testing.T) {
	o := output(t, "m.json", "a.out")
	boom := errors.New("boom")
	_, err := Held(t.Context(), o, "shard", func(ctx context.Context) (int, error) {
		if _, err := Held(context.Background(), o, "encode", func(context.Context) (int, error) { return 0, nil }); !errors.Is(err, lock.ErrHeld) {
			t.Errorf("another run beside it: %v", err)
		}
		return Held(ctx, o, "within", func(ctx context.Context) (int, error) {
			if err := o.Clean(ctx, func(string) bool { return false }); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(o.Dir, lock.File)); err != nil {
				t.Errorf("Clean removed the lock: %v", err)
			}
			return 0, boom
		})
	})
	if !errors.Is(err, boom) {
		t.Errorf("Held = %v", err)
	}
	// What is left says that the folder is the step's.
	var left []string
	err = filepath.WalkDir(o.Dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, o.relative(name))
		}
		return err
	})
	if err != nil || !slices.Equal(left, []string{schemas.IntentFile}) {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestRecordWithinLock: how a run ended is told in its folder before that is given up,
// so that the next run finds nothing half-written; a step that panics tells nothing.
func TestRecordWithinLock(t *testing.T) {
	runlog.Open(runlog.Program{ID: "0123456789abcdef", Runner: "prism", Silent: true})
	boom := errors.New("boom")
	for _, want := range []error{nil, boom} {
		o := output(t)
		record := filepath.Join(o.Dir, o.record())
		ctx, end := Step(t.Context(), "shard")
		_, err := Held(ctx, o, "shard", func(ctx context.Context) (int, error) { return 0, cmp.Or(o.Begin(ctx), want) })
		if _, there := os.Stat(record); !errors.Is(err, want) || there != nil {
			t.Errorf("Held = %v, the record: %v", err, there)
		}
		if err := os.Remove(record); err != nil {
			t.Error(err)
		}
		if err := end(err); !errors.Is(err, want) {
			t.Errorf("end = %v", err)
		}
		if _, err := os.Stat(record); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after the folder was given up: %v", err)
		}
	}
	o := output(t)
	ctx, _ := Step(t.Context(), "shard")
	err := caught.Error(func() error {
		_, err := Held(ctx, o, "shard", func(ctx context.Context) (int, error) { panic(cmp.Or(o.Begin(ctx), boom)) })
		return err
	})
	if _, there := os.Stat(filepath.Join(o.Dir, o.record())); err == nil || !errors.Is(there, fs.ErrNotExist) {
		t.Errorf("panic: %v, the record: %v", err, there)
	}
}

// TestHeldLeavesForeignFoldersAlone: a folder that is not the step's is refused
// before anything is made in it.
func TestHeldLeavesForeignFoldersAlone(t *testing.T) {
	o := output(t, "thesis.docx")
	_, err := Held(t.Context(), o, "shard", func(context.Context) (int, error) {
		t.Error("the work began")
		return 0, nil
	})
	if err == nil || !strings.Contains(err.Error(), "thesis.docx") {
		t.Errorf("Held = %v", err)
	}
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) != 1 {
		t.Errorf("there: %v, %v", left, err)
	}
}

// TestDetachedJobKeepsTheFolder: what a job that is not awaited may still be making
// is not made beside it, until it is whole, overwritten, or quiet for an hour.
func TestDetachedJobKeepsTheFolder(t *testing.T) {
	o := output(t, "m.json", schemas.StateDir+"/part.json")
	run := func(missing int, overwrite bool, end error) error {
		o.Missing, o.Overwrite = missing, overwrite
		_, err := Held(t.Context(), o, "shard", func(ctx context.Context) (int, error) {
			if err := o.Clean(ctx, func(string) bool { return true }); err != nil {
				return 0, err
			}
			return 0, end
		})
		return err
	}
	detach := func() {
		t.Helper()
		if err := run(3, true, ErrDetached); !errors.Is(err, ErrDetached) {
			t.Fatal(err)
		}
	}
	detach()
	for range 2 {
		if err := run(3, false, nil); !errors.Is(err, lock.ErrHeld) || !strings.Contains(err.Error(), "3 parts are missing") || strings.Contains(err.Error(), "\n") {
			t.Errorf("while parts are missing: %v", err)
		}
	}
	if err := run(0, false, nil); err != nil {
		t.Errorf("when all are there: %v", err)
	}
	if err := run(3, false, nil); err != nil {
		t.Errorf("after that: %v", err)
	}
	detach()
	if err := run(3, true, nil); err != nil {
		t.Errorf("with --overwrite: %v", err)
	}
	detach()
	owner := filepath.Join(o.Dir, lock.OwnerFile)
	text, err := os.ReadFile(owner)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * jobPatience).UTC()
	since := `"host":"` // the job's time comes after its host
	at := strings.LastIndex(string(text), since)
	if at < 0 {
		t.Fatalf("no job in %s", text)
	}
	head, tail, _ := strings.Cut(string(text[at:]), `"since":"`)
	_, tail, _ = strings.Cut(tail, `"`)
	if err := os.WriteFile(owner, []byte(string(text[:at])+head+`"since":"`+long.Format(time.RFC3339)+`"`+tail), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{schemas.StateDir + "/part.json", schemas.IntentFile} {
		if err := os.Chtimes(filepath.Join(o.Dir, filepath.FromSlash(name)), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(3, false, nil); err != nil {
		t.Errorf("of a job that is quiet: %v", err)
	}
}

// TestHeldRemovesPartials: what killed runs left of unfinished files goes before the
// work, also where there is none, but not that of another run in a folder below.
func TestHeldRemovesPartials(t *testing.T) {
	dir := t.TempDir()
	const partial = ".a.0123456789abcdef.partial"
	for _, name := range []string{"kept", partial, "run-1/" + partial, "run-2/" + partial, "run-2/" + lock.File} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	o := Output{Dir: dir, Manifest: "m.json", Owns: func(string) bool { return true }}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		return err == nil
	}
	_, err := Held(t.Context(), o, "test", func(ctx context.Context) (any, error) {
		if there(partial) || there("run-1/"+partial) || !there("kept") || !there("run-2/"+partial) {
			t.Error("the wrong files are gone")
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
