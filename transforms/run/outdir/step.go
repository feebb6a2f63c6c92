package outdir

import (
	"cmp"
	"context"
	"errors"

	"exemplar/schemas"
	"exemplar/transforms/run/runlog"
)

// Step begins the record of a step. The function that it returns ends it: it takes
// the error of the step and returns that, or where there is none that of writing
// the record.
func Step(ctx context.Context, name string) (context.Context, func(error) error) {
	ctx, step := runlog.Begin(ctx, name)
	return ctx, func(err error) error {
		return cmp.Or(err, step.End(context.WithoutCancel(ctx), state(err), cause(err)))
	}
}

// cause is what went wrong in a step that ended with an error, nil where nothing did.
func cause(err error) error {
	if errors.Is(err, ErrDetached) || errors.Is(err, ErrDryRun) {
		return nil
	}
	return err
}

// state tells how a step ended.
func state(err error) string {
	switch {
	case err == nil, errors.Is(err, ErrDryRun):
		return schemas.RunComplete
	case errors.Is(err, ErrInterrupted), errors.Is(err, context.Canceled):
		return schemas.RunInterrupted
	case errors.Is(err, ErrDetached):
		return schemas.RunSubmitted
	}
	return schemas.RunFailed
}
