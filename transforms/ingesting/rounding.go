package ingesting

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"exemplar/schemas/caught"
	"exemplar/transforms/data/vectors"
)

// checkRounding refuses a source of which float32 does not hold what a column tells.
func (p *plan) checkRounding(ctx context.Context, _ []Part) error {
	if len(p.columns) == 0 || !p.rounded {
		return nil
	}
	whole := make([]vectors.Spread, len(p.columns))
	for some := range slices.Chunk(p.parts, runtime.GOMAXPROCS(0)) {
		found := make([][]vectors.Spread, len(some))
		group, ctx := caught.NewTasks(ctx, len(some))
		for i, part := range some {
			group.Go(func() (err error) {
				found[i], err = p.spreads(ctx, part)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for _, part := range found { // in their order: the same sums whatever is read at once
			for j := range part {
				whole[j].Join(part[j])
			}
		}
	}
	for j := range whole {
		if fault := whole[j].Fault(p.columns[j]); fault != "" {
			return fmt.Errorf("%s: %s", p.input, fault)
		}
	}
	return nil
}

// spreads reads the columns of a part, of the rows that are vectors.
func (p *plan) spreads(ctx context.Context, part Part) ([]vectors.Spread, error) {
	columns := make([]vectors.Spread, len(p.columns))
	for r, err := range part.Read(ctx, p.options.Config.columns()) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		if reason, _ := r.Reject(len(columns)); reason == "" {
			for j, v := range r.Exact {
				columns[j].Add(v)
			}
		}
	}
	return columns, nil
}
