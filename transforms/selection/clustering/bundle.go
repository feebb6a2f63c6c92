package clustering

import (
	"context"
	"sync"

	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/parallel"
)

// Bundle works on the files of a Beam bundle side by side, and folds their
// results together: the local runner hands a stage all its files as one bundle,
// one after the other. The zero value is ready.
//
// R is the result of one file or of several; folding must not depend on the order.
type Bundle[R any] struct {
	wg    parallel.Group
	mu    sync.Mutex
	total *R
	err   error
}

// Go starts the work on one file, when one of the process's computing slots is
// free. It returns at once.
func (b *Bundle[R]) Go(ctx context.Context, work func(ctx context.Context) (*R, error), fold func(into, from *R)) {
	b.wg.Go(func() {
		parallel.Compute(func() {
			if b.failed() {
				return
			}
			r, err := work(ctx)
			b.mu.Lock()
			defer b.mu.Unlock()
			switch {
			case err != nil && b.err == nil:
				b.err = err
			case err != nil:
			case b.total == nil:
				b.total = r
			default:
				fold(b.total, r)
			}
		})
	})
}

func (b *Bundle[R]) failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err != nil
}

// Wait returns the folded result of the bundle, nil where it had no file, and
// makes b ready for the next one.
func (b *Bundle[R]) Wait() (*R, error) {
	b.wg.Wait()
	total, err := b.total, b.err
	b.total, b.err = nil, nil
	if err != nil {
		return nil, beamrun.Fail(err)
	}
	return total, nil
}

// EmitAll waits for a bundle whose result is a list, and emits its elements.
func EmitAll[T any](b *Bundle[[]T], emit func(T)) error {
	list, err := b.Wait()
	if list == nil || err != nil {
		return err
	}
	for _, v := range *list {
		emit(v)
	}
	return nil
}

// Extend folds lists: for Bundle.Go.
func Extend[T any](into, from *[]T) { *into = append(*into, *from...) }
