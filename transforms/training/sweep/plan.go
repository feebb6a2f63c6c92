package sweep

import (
	"context"
	"fmt"

	"exemplar/transforms/run/preflight"
	"exemplar/transforms/training"
)

// Plan says what Run would do: it plans every training, and adds up their times.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	runs, err := c.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.folder().Claim(ctx); err != nil {
		return nil, err
	}
	all := &preflight.Plan{}
	todo := 0
	for _, v := range runs {
		p, err := training.Plan(ctx, v.config(c.Each))
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
		all.Nothing = c.Each.Output + " already holds these models."
	}
	return all, nil
}
