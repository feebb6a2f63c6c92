package encoding

import (
	"context"
	"runtime"
	"sync"

	"exemplar/transforms/engine"
)

// shardSlots bounds the shards that the process works on at once, over all
// bundles. Each has a row group of its latents in memory.
var shardSlots = make(chan struct{}, max(4, runtime.GOMAXPROCS(0)/2))

// shardQueue bounds the shards that it has taken, which no other worker can take
// over any more. It is larger because the local runner splits a bundle that does
// not proceed, and then loops on a processor while the parts wait for each other.
var shardQueue = make(chan struct{}, max(16, 2*runtime.GOMAXPROCS(0)))

// pixelBuffers holds the memory for the pixels of batches, which is what bounds
// the batches of the process that are read or computed at once. A buffer is nil
// until it is needed.
var pixelBuffers = func() chan []byte {
	c := make(chan []byte, 2*runtime.GOMAXPROCS(0)+4)
	for range cap(c) {
		c <- nil
	}
	return c
}()

// bundle works on several shards of a Beam bundle at once: the local runner
// hands a stage all its elements as one bundle, one after the other, and at the
// beginning and the end of a shard most cores would wait. The zero value is
// ready.
type bundle struct {
	wg   sync.WaitGroup
	mu   sync.Mutex
	done []ShardStat // not yet emitted
	err  error
}

// start starts the work on one shard, as soon as there is room in the queue, and
// returns before it ends. The error is of an earlier shard.
func (b *bundle) start(ctx context.Context, work func(context.Context) (ShardStat, error)) error {
	if err := b.failed(); err != nil {
		return b.wait()
	}
	shardQueue <- struct{}{}
	b.wg.Go(func() {
		shardSlots <- struct{}{}
		defer func() { <-shardSlots; <-shardQueue }()
		stat, err := work(ctx)
		b.mu.Lock()
		defer b.mu.Unlock()
		if err == nil {
			b.done = append(b.done, stat)
		} else if b.err == nil {
			b.err = engine.Fail(err)
		}
	})
	return nil
}

func (b *bundle) failed() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// wait waits for all shards that were started and returns the first error. It
// makes b ready for the next bundle.
func (b *bundle) wait() error {
	b.wg.Wait()
	err := b.err
	b.err = nil
	if err != nil {
		b.done = nil
	}
	return err
}

// emit hands out the results of the shards that have ended.
func (b *bundle) emit(emit func(ShardStat)) {
	b.mu.Lock()
	done := b.done
	b.done = nil
	b.mu.Unlock()
	for _, stat := range done {
		emit(stat)
	}
}
