package beamrun

import (
	"context"
	"runtime"
	"sync"

	"exemplar/transforms/run/parallel"
)

// Slots bounds the shards of a step that this process works on, over all bundles.
type Slots struct {
	running chan struct{} // those that are worked on at once
	taken   chan struct{} // and those that wait for it, which no other worker can take over
}

// NewSlots returns slots for so many shards at once. More are taken because the local
// runner splits a bundle that does not proceed, and then loops on a processor while
// the parts wait for each other.
func NewSlots(atOnce int) *Slots {
	return &Slots{make(chan struct{}, atOnce), make(chan struct{}, max(16, 2*runtime.GOMAXPROCS(0)))}
}

// Bundle works on several shards of a Beam bundle at once: the local runner hands a
// stage all its elements as one bundle, one after the other, and while a shard begins,
// ends or is written by one goroutine most cores would wait. S is what a finished shard
// contributes. The zero value is ready; a DoFn holds one in an unexported field.
type Bundle[S any] struct {
	group parallel.Group
	mu    sync.Mutex
	done  []S // not yet emitted
	err   error
}

// Start is ProcessElement: it starts the work on one shard, as soon as one can be
// taken, and emits what earlier ones gave. The error is of an earlier shard; all that
// were started have then ended.
func (b *Bundle[S]) Start(ctx context.Context, s *Slots, emit func(S), work func(context.Context) (S, error)) error {
	if b.failed() {
		return b.wait()
	}
	s.taken <- struct{}{}
	b.group.Go(func() {
		s.running <- struct{}{}
		defer func() { <-s.running; <-s.taken }()
		stat, err := work(ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		if err == nil {
			b.done = append(b.done, stat)
		} else if b.err == nil {
			b.err = Fail(err)
		}
	})
	b.emit(emit)
	return nil
}

// Finish is FinishBundle: it waits for all shards that were started and emits the
// rest, or returns the first error. It makes b ready for the next bundle.
func (b *Bundle[S]) Finish(emit func(S)) error {
	if err := b.wait(); err != nil {
		return err
	}
	b.emit(emit)
	return nil
}

func (b *Bundle[S]) failed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err != nil
}

func (b *Bundle[S]) wait() error {
	b.group.Wait()
	err := b.err
	b.err = nil
	if err != nil {
		b.done = nil
	}
	return err
}

func (b *Bundle[S]) emit(emit func(S)) {
	b.mu.Lock()
	done := b.done
	b.done = nil
	b.mu.Unlock()
	for _, stat := range done {
		emit(stat)
	}
}
