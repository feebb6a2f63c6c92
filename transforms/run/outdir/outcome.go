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

type dryRunKey struct{}

// WithDryRun marks a run whose job is only printed: output folders stay as they are.
func WithDryRun(ctx context.Context) context.Context {
	return context.WithValue(ctx, dryRunKey{}, true)
}

// DryRun tells whether the job is only printed.
func DryRun(ctx context.Context) bool { return ctx.Value(dryRunKey{}) != nil }
