package parallel

import (
	"context"
	"iter"

	"exemplar/transforms/run/seq"
)

// Each is Map for the numbers from 0 to n-1.
func Each[R any](ctx context.Context, n, ahead int, f func(context.Context, int) (R, error)) iter.Seq2[R, error] {
	return Map(ctx, seq.Up(n), ahead, f)
}

// EachComputed is Each where f computes: within Compute.
func EachComputed[R any](ctx context.Context, n, ahead int, f func(context.Context, int) (R, error)) iter.Seq2[R, error] {
	return Each(ctx, n, ahead, func(ctx context.Context, i int) (result R, err error) {
		Compute(func() { result, err = f(ctx, i) })
		return result, err
	})
}
