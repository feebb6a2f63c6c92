package ingesting

import (
	"context"

	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/step"
)

// need returns about how many bytes the latents of the given parts will have.
func (p *plan) need(todo []Part) (bytes int64) {
	for _, part := range todo {
		bytes += part.Rows * int64(3*p.options.Spec.Dimension) // floats compress by a tenth and more
	}
	return bytes
}

// Plan says what Run would do and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, todo, done, err := step.Check(ctx, output(c.Output).Reading(c.Input), func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c.withDefaults(), nil)
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: c.Output + " already holds these vectors."}, nil
	}
	text := &preflight.Plan{}
	var rows int64
	for _, part := range todo {
		rows += part.Rows
	}
	text.Reading("%s vectors of %d numbers, in %s", progress.Count(rows), p.options.Spec.Dimension, c.Input)
	text.Writing("them as latents, about %s, in %s%s", progress.Bytes(p.need(todo)), c.Output, preflight.Free(c.Output))
	text.Note("the selection itself is planned when these latents are there: its time and memory depend on them")
	return text, nil
}
