package outdir

import (
	"context"
	"errors"
)

// ErrDetached says that a job was submitted and not awaited. The step's
// manifest is missing until the same command is run again after the job's end.
var ErrDetached = errors.New("the job was submitted and not awaited")

// ErrDryRun says that a job was only printed.
var ErrDryRun = errors.New("dry run: the job was printed and not submitted")

// ErrInterrupted says that a run was asked to stop, and has saved where it is.
var ErrInterrupted = errors.New("interrupted")

// ErrNoJob is the ErrDryRun of a step whose parts are all made, but not its manifest.
var ErrNoJob error = noJob{}

type noJob struct{}

func (noJob) Error() string {
	return "dry run: no job is needed, since all parts are there"
}

func (noJob) Is(target error) bool { return target == ErrDryRun }

type dryRunKey struct{}

// WithDryRun marks a run whose job is only printed: output folders stay as they are.
func WithDryRun(ctx context.Context) context.Context {
	return context.WithValue(ctx, dryRunKey{}, true)
}

// DryRun reports whether the job is only printed.
func DryRun(ctx context.Context) bool { return ctx.Value(dryRunKey{}) != nil }
