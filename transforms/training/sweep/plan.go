package sweep

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/training"
)

// Plan says what Run would do: it plans every training, and adds up their times.
func Plan(ctx context.Context, file string, c training.Config) (*preflight.Plan, error) {
	runs, err := read(ctx, file)
	if err != nil {
		return nil, err
	}
	folder := outdir.Output{Dir: c.Output, Manifest: schemas.SweepFile, Owns: owns}
	for _, v := range runs {
		if err := v.config(c).Validate(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, v.name(), err)
		}
	}
	if err := folder.Claim(ctx); err != nil {
		return nil, err
	}
	all := &preflight.Plan{}
	todo := 0
	for _, v := range runs {
		p, err := training.Plan(ctx, v.config(c))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name(), err)
		}
		if p.Nothing != "" {
			continue
		}
		todo++
		all.Reads, all.Notes, all.Memory = p.Reads, p.Notes, max(all.Memory, p.Memory)
		all.Writes = append(all.Writes, p.Writes...)
		all.Sample = append(all.Sample, p.Sample...)
		all.Time = all.Time.Plus(p.Time)
	}
	if todo == 0 {
		all.Nothing = c.Output + " already holds these models."
	}
	return all, nil
}
