package ingesting

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
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
	c = c.withDefaults()
	out := c.output()
	if err := out.Claim(ctx); err != nil {
		return nil, err
	}
	p, err := makePlan(ctx, c)
	if err != nil {
		return nil, err
	}
	if !c.Overwrite {
		if m, err := finished(ctx, p); err != nil {
			return nil, err
		} else if m != nil {
			return &preflight.Plan{Nothing: c.Output + " already holds these vectors."}, nil
		}
	}
	out.Parameters = c.choices()
	if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil {
		return nil, err
	}
	if err := p.replaces(ctx, out); err != nil {
		return nil, err
	}
	todo, stays, err := missing(ctx, p)
	if err != nil {
		return nil, err
	}
	out.Need = p.need(todo)
	if err := out.Check(ctx, stays); err != nil {
		return nil, err
	}
	text := &preflight.Plan{}
	var rows int64
	for _, part := range todo {
		rows += part.Rows
	}
	text.Reading("%s vectors of %d numbers, in %s", progress.Count(rows), p.options.Spec.Dimension, c.Input)
	text.Writing("them as latents, about %s, in %s%s", progress.Bytes(out.Need), c.Output, preflight.Free(c.Output))
	text.Note("the selection itself is planned when these latents are there: its time and memory depend on them")
	return text, nil
}

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.LatentsFile, Owns: Owns}
}
