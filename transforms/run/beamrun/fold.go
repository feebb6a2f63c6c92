package beamrun

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

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

// Passes runs n passes over files, one after the other in the pipeline's graph, each by
// DoFns of its own. The first takes a file and the state that the pass before led to, the
// second what came of all files: the state goes along with that. Were it an input of both,
// there would be twice as many ways through the graph a pass, and Flink walks them all.
func Passes(s beam.Scope, n int, fns func() (pass, update any), state, files beam.PCollection) beam.PCollection {
	for i := range n {
		scope := s.Scope(fmt.Sprintf("pass%d", i+1))
		pass, update := fns()
		sums := beam.ParDo(scope, pass, files, beam.SideInput{Input: state})
		state = beam.ParDo(scope, update, beam.Impulse(scope), beam.SideInput{Input: sums})
	}
	return state
}

// Extend folds lists: for Fold.Go.
func Extend[T any](into, from *[]T) { *into = append(*into, *from...) }
