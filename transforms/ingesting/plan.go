package ingesting

import (
	"context"

	"exemplar/transforms/data/unique"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/run/step"
)

// need returns about how many bytes the latents of the given parts will have.
func (p *plan) need(todo []Part) (bytes int64) {
	for _, part := range todo {
		bytes += part.Rows * int64(3*p.options.Spec.Dimension) // floats compress by a tenth and more
	}
	return bytes
}

// checkIDs refuses CSV tables with one id in two rows, as merge does: a plan reads such to their ends.
func (p *plan) checkIDs(ctx context.Context) error {
	if !vectors.IsCSV(p.parts[0].Path) {
		return nil
	}
	return unique.IDs(seq.From(func(yield func(unique.Place, error) bool) error {
		for _, part := range p.parts {
			record := part.First
			for r, err := range part.Read(ctx, p.options.Config.columns()) {
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return err
				}
				if reason, _ := r.Reject(p.options.Spec.Dimension); reason == "" && !yield(unique.Place{ID: r.ID, File: part.File, Number: record}, nil) {
					return nil
				}
				record++
			}
		}
		return nil
	}), "row", vectors.OwnIDs)
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
	if err := p.checkIDs(ctx); err != nil {
		return nil, err
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
