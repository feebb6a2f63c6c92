package beamrun

import (
	"context"
	"sync"

	"exemplar/transforms/run/parallel"
)

// Fold works on the files of a Beam bundle side by side, and folds their
// results together: the local runner hands a stage all its files as one bundle,
// one after the other. The zero value is ready.
//
// R is the result of one file or of several; folding must not depend on the order.
type Fold[R any] struct {
	wg    parallel.Group
	mu    sync.Mutex
	total *R
	err   error
}

// Go starts the work on one file, when one of the process's computing slots is
// free. It returns at once.
func (f *Fold[R]) Go(ctx context.Context, work func(ctx context.Context) (*R, error), fold func(into, from *R)) {
	f.wg.Go(func() {
		parallel.Compute(func() {
			if f.failed() {
				return
			}
			r, err := work(ctx)
			f.mu.Lock()
			defer f.mu.Unlock()
			switch {
			case err != nil && f.err == nil:
				f.err = err
			case err != nil:
			case f.total == nil:
				f.total = r
			default:
				fold(f.total, r)
			}
		})
	})
}

func (f *Fold[R]) failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err != nil
}

// Wait returns the folded result of the bundle, nil where it had no file, and
// makes f ready for the next one.
func (f *Fold[R]) Wait() (*R, error) {
	f.wg.Wait()
	total, err := f.total, f.err
	f.total, f.err = nil, nil
	if err != nil {
		return nil, Fail(err)
	}
	return total, nil
}

// EmitOne waits for a bundle and emits what its result becomes, where it had a file.
func EmitOne[R, T any](f *Fold[R], emit func(T), become func(*R) (T, error)) error {
	r, err := f.Wait()
	if r == nil || err != nil {
		return err
	}
	v, err := become(r)
	if err != nil {
		return Fail(err)
	}
	emit(v)
	return nil
}

// EmitAll waits for a bundle whose result is a list, and emits its elements.
func EmitAll[T any](f *Fold[[]T], emit func(T)) error {
	list, err := f.Wait()
	if list == nil || err != nil {
		return err
	}
	for _, v := range *list {
		emit(v)
	}
	return nil
}

// Extend folds lists: for Fold.Go.
func Extend[T any](into, from *[]T) { *into = append(*into, *from...) }
