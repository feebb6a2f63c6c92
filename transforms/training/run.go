package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
)

// Run trains the model and writes its directory, model.json last. Where the
// output holds the model of the same shards and parameters already, it does
// nothing.
//
// When ctx is canceled, the error is outdir.ErrInterrupted; a training by
// gradient steps has saved where it is.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	d, _, _, err := step.Run(ctx, c.output(), "train", c.draft)
	if errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%w before the first step", outdir.ErrInterrupted)
	}
	if err != nil {
		return nil, err
	}
	if note, err := d.unreported(ctx); err != nil {
		return nil, err
	} else if note != "" {
		c.say("%s", note)
	}
	if f := d.result.Fit; f != nil && f.Diverged {
		return nil, c.diverged(f.Stopped, true)
	}
	return d.result, nil
}

// account tells of a training in its journal.
func (d *draft) account(j *runlog.Step, _ *json.RawMessage, _ int) {
	r := d.result
	j.Count("skipped", r.Skipped)
	j.Count("dimensions", int64(r.Arch.Latent))
	j.Count("images", r.Training.Images)
	if r.Fit != nil {
		j.Count("images_held_back", r.Fit.Held)
		j.Count("epochs", int64(len(r.Fit.Rows)))
	}
}
