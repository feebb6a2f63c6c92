package parallel

import (
	"cmp"
	"context"
	"iter"
)

// Each calls f for 0 to n-1 as Map does for its items, and yields what it returns, its
// errors in their places. An error does not end the sequence; the consumer may.
func Each[R any](ctx context.Context, n, ahead int, f func(context.Context, int) (R, error)) iter.Seq2[R, error] {
	type done struct {
		result R
		err    error
	}
	numbers := func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
	work := func(ctx context.Context, i int) (d done) {
		d.result, d.err = f(ctx, i)
		return d
	}
	return func(yield func(R, error) bool) {
		for d, err := range Map(ctx, numbers, ahead, work) {
			if !yield(d.result, cmp.Or(err, d.err)) {
				return
			}
		}
	}
}

// EachComputed is Each where f computes: within Compute.
func EachComputed[R any](ctx context.Context, n, ahead int, f func(context.Context, int) (R, error)) iter.Seq2[R, error] {
	return Each(ctx, n, ahead, func(ctx context.Context, i int) (result R, err error) {
		Compute(func() { result, err = f(ctx, i) })
		return result, err
	})
}
