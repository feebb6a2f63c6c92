package beamrun

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/run/outdir"
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
	detached := func(context.Context, *beam.Pipeline) error { return outdir.ErrDetached }
	if err := Run(t.Context(), detached, nil, t.TempDir()); !errors.Is(err, outdir.ErrDetached) {
		t.Errorf("Run = %v, want outdir.ErrDetached", err)
	}
}

// TestKilledWorkersLeaveNothing: what a worker was writing when it was killed is
// gone at the end of a job, and what was finished is not.
func TestKilledWorkersLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	lost := filepath.Join(dir, "_state", "lost")
	work := func(ctx context.Context, _ *beam.Pipeline) error {
		if _, err := outdir.Create(ctx, lost); err != nil { // and never committed
			return err
		}
		return outdir.WriteJSON(ctx, filepath.Join(dir, "_state", "done"), 1)
	}
	if err := Run(t.Context(), work, nil, dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(lost))
	if err != nil || len(entries) != 1 || entries[0].Name() != "done" {
		t.Errorf("left: %v, %v", entries, err)
	}
}
