package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
)

func TestCauseIsTheInnermostLine(t *testing.T) {
	message := "job job-001 failed:\nbundle failed\n\tcaused by:\nprocess element\n\tcaused by:\nwriting shard 3: no space left on device"
	if got, want := cause(message), "writing shard 3: no space left on device"; got != want {
		t.Errorf("cause = %q, want %q", got, want)
	}
	if got, want := cause("no such project\ntry another"), "no such project try another"; got != want {
		t.Errorf("cause = %q, want %q", got, want)
	}
}

func TestRunReportsWhatADoFnRecorded(t *testing.T) {
	full := errors.New("disk full")
	failing := func(context.Context, *beam.Pipeline) error {
		_ = Fail(full)
		_ = Fail(errors.New("a later one"))
		return errors.New("job failed\nwith a long history")
	}
	if err := Run(t.Context(), failing, nil, t.TempDir()); !errors.Is(err, full) {
		t.Errorf("Run = %v, want the first recorded error", err)
	}
	detached := func(context.Context, *beam.Pipeline) error { return ErrDetached }
	if err := Run(t.Context(), detached, nil, t.TempDir()); !errors.Is(err, ErrDetached) {
		t.Errorf("Run = %v, want ErrDetached", err)
	}
}

// output returns an Output over a folder that holds the given files.
func output(t *testing.T, files ...string) Output {
	dir := t.TempDir()
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return Output{Dir: dir, Manifest: "m.json", Owns: func(name string) bool { return strings.HasSuffix(name, ".out") }}
}

func TestClaim(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  string // part of the error, "" for none
	}{
		{"empty", nil, ""},
		{"ours", []string{"m.json", "a.out", schemas.StateDir + "/part.json", ".a.out.0123456789abcdef.partial"}, ""},
		{"foreign", []string{"thesis.docx"}, `not empty and was not written by this step (it holds "thesis.docx")`},
		{"both", []string{"m.json", "notes.txt"}, `also holds "notes.txt"`},
	} {
		err := output(t, c.files...).Claim(t.Context())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: Claim = %v, want %q", c.name, err, c.want)
		}
	}
	missing := Output{Dir: filepath.Join(t.TempDir(), "none"), Manifest: "m.json"}
	if err := missing.Claim(t.Context()); err != nil {
		t.Errorf("a missing folder: Claim = %v", err)
	}
}

func TestCleanRemovesOnlyWhatIsOurs(t *testing.T) {
	o := output(t, "m.json", "old.out", "kept.out", "foreign.txt", schemas.StateDir+"/old.json")
	if err := o.Clean(t.Context(), func(name string) bool { return name == "kept.out" }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"m.json": false, "old.out": false, "kept.out": true, "foreign.txt": true, schemas.StateDir + "/old.json": false} {
		if _, err := os.Stat(filepath.Join(o.Dir, filepath.FromSlash(name))); (err == nil) != want {
			t.Errorf("%s: exists is %v, want %v", name, err == nil, want)
		}
	}
}

func TestFingerprintTellsValuesApart(t *testing.T) {
	type params struct{ A, B string }
	one, err := Fingerprint("v1", params{"ab", "c"})
	if err != nil {
		t.Fatal(err)
	}
	same, _ := Fingerprint("v1", params{"ab", "c"})
	other, _ := Fingerprint("v1", params{"a", "bc"})
	if one != same || one == other || len(one) != 64 {
		t.Errorf("fingerprints %s, %s, %s: want the first two equal, the third different", one, same, other)
	}
}

func TestADryRunRemovesNothing(t *testing.T) {
	o := output(t, "m.json", "old.out")
	if err := o.Clean(WithDryRun(t.Context()), func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"m.json", "old.out"} {
		if _, err := os.Stat(filepath.Join(o.Dir, name)); err != nil {
			t.Errorf("%s: %v, want it untouched", name, err)
		}
	}
}

// TestKilledWorkersLeaveNothing: what a worker was writing when it was killed is
// gone at the end of a job, and what was finished is not.
func TestKilledWorkersLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	lost := filepath.Join(dir, "_state", "lost")
	work := func(ctx context.Context, _ *beam.Pipeline) error {
		if _, err := Create(ctx, lost); err != nil { // and never committed
			return err
		}
		return WriteJSON(ctx, filepath.Join(dir, "_state", "done"), 1)
	}
	if err := Run(t.Context(), work, nil, dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(lost))
	if err != nil || len(entries) != 1 || entries[0].Name() != "done" {
		t.Errorf("left: %v, %v", entries, err)
	}
}
