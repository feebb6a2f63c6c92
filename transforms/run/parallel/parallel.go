// Package parallel is the parallelism inside a DoFn: ordered look-ahead over
// many small pieces of work, and a process-wide bound on computing.
//
// Runners differ in how they spread bundles (the local one hands a stage all
// its elements at once), so a DoFn never relies on them to use the cores.
//
// What never enters: Beam, files, flags, printing, other modules; what the work is.
package parallel

import (
	"context"
	"iter"
	"runtime"

	"exemplar/schemas/caught"
)

// slots bounds the goroutines of this process that compute at the same time,
// over all DoFn instances.
var slots = make(chan struct{}, runtime.GOMAXPROCS(0))

// Compute runs f when one of the process's computing slots is free. Waiting for
// input and output belongs outside of f.
func Compute(f func()) {
	slots <- struct{}{}
	defer func() { <-slots }()
	f()
}

// All calls f for 0 to n-1, each when a computing slot is free, and waits for the last. f
// must not call All.
func All(n int, f func(i int)) {
	var wg Group
	for i := range n {
		wg.Go(func() { Compute(func() { f(i) }) })
	}
	wg.Wait()
}

// slot holds one result until its turn comes.
type slot[R any] struct {
	result R
	err    error
	ready  chan struct{}
}

// Map calls f for every item of in, on up to ahead+2 goroutines at a time, and
// yields what it returns in the order of the items. An error of in is yielded in
// its place and ends the sequence; behind one of f it goes on, where the consumer
// does. When the consumer stops early, Map cancels the context that f got and returns
// after the last call of f has. What f or in panics with, the consumer panics with,
// as a *Panic.
func Map[T, R any](ctx context.Context, in iter.Seq2[T, error], ahead int, f func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		queue := make(chan *slot[R], ahead)
		go func() {
			defer close(queue)
			if err := caught.Error(func() error { feed(ctx, in, queue, f); return nil }); err != nil {
				queue <- failed[R](err)
			}
		}()
		defer func() {
			cancel()
			for s := range queue {
				<-s.ready
			}
		}()
		for s := range queue {
			<-s.ready
			caught.Rethrow(s.err)
			if !yield(s.result, s.err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			var none R
			yield(none, err)
		}
	}
}

// failed is the slot of an error, or of a *Panic.
func failed[R any](err error) *slot[R] {
	s := &slot[R]{err: err, ready: make(chan struct{})}
	close(s.ready)
	return s
}

// feed starts the work on each item and queues its slot.
func feed[T, R any](ctx context.Context, in iter.Seq2[T, error], queue chan<- *slot[R], f func(context.Context, T) (R, error)) {
	for item, err := range in {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			queue <- failed[R](err)
			return
		}
		s := &slot[R]{ready: make(chan struct{})}
		go func() {
			defer close(s.ready)
			s.err = caught.Error(func() (err error) { s.result, err = f(ctx, item); return err })
		}()
		queue <- s
	}
}
