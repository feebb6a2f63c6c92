package linear

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas/caught"
)

// batchImages is the number of pooled images that go through the matrix
// products at once.
const batchImages = 64

// trainer is the state of one training.
type trainer struct {
	cfg  Config
	src  Source
	size int // d: numbers of a pooled image

	images   int64
	mean     []float64 // d
	variance float64   // total
	passes   int

	cache  [][]float32  // per shard: its pooled images, or nil
	budget atomic.Int64 // numbers that the cache may still take
}

func newTrainer(c Config, src Source) *trainer {
	t := &trainer{cfg: c, src: src, size: c.size(), cache: make([][]float32, src.Shards())}
	t.budget.Store(c.Cache / 4)
	return t
}

// pass reads all shards on all cores. For each, work adds batches of n pooled
// images (n x d, which it may overwrite) to partial sums of length size; the
// partials are added up in the order of the shards. The number of images is
// returned beside the sums.
func (t *trainer) pass(ctx context.Context, size int, work func(sum, x []float64, n int)) ([]float64, int64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	total := ordered{sum: make([]float64, size)}
	total.turn.L = &total.mu

	var next atomic.Int64
	var workers caught.Group
	for range min(runtime.GOMAXPROCS(0), len(t.cache)) {
		workers.Go(func() {
			part := make([]float64, size)
			batch := make([]float64, batchImages*t.size)
			for {
				shard := int(next.Add(1)) - 1
				if shard >= len(t.cache) {
					return
				}
				clear(part)
				n := int64(0)
				err := caught.Error(func() (err error) {
					n, err = t.shard(ctx, shard, batch, func(x []float64, n int) { work(part, x, n) })
					return err
				})
				if err != nil {
					cancel(err) // before the turn passes on: the first error is the cause
				}
				total.add(shard, part, n)
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		caught.Rethrow(context.Cause(ctx))
		return nil, 0, context.Cause(ctx)
	}
	t.passes++
	return total.sum, total.images, nil
}

// ordered adds up partial sums in the order of the shards.
type ordered struct {
	mu     sync.Mutex
	turn   sync.Cond
	done   int // shards added
	sum    []float64
	images int64
}

// add waits until all shards before this one are added, and adds it.
func (o *ordered) add(shard int, part []float64, images int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.done != shard {
		o.turn.Wait()
	}
	for i, v := range part {
		o.sum[i] += v
	}
	o.images += images
	o.done++
	o.turn.Broadcast()
}

// shard hands the pooled images of a shard to visit, in batches, and returns
// their number. It reads them from the cache where they are there, and keeps
// them there where they fit.
func (t *trainer) shard(ctx context.Context, shard int, batch []float64, visit func(x []float64, n int)) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	d := t.size
	if kept := t.cache[shard]; kept != nil {
		for at := 0; at < len(kept); at += batchImages * d {
			part := kept[at:min(len(kept), at+batchImages*d)]
			for i, v := range part {
				batch[i] = float64(v)
			}
			visit(batch[:len(part)], len(part)/d)
		}
		return int64(len(kept) / d), nil
	}
	keep, images, n := []float32{}, int64(0), 0
	pooled := make([]float32, d)
	for pixels, err := range t.src.Images(ctx, shard) {
		if err != nil {
			t.forget(keep)
			return 0, err
		}
		if len(pixels) != t.cfg.Input.Bytes() {
			t.forget(keep)
			return 0, fmt.Errorf("shard %d, image %d: %d bytes of pixels, want %d", shard, images, len(pixels), t.cfg.Input.Bytes())
		}
		model.Pool(pooled, pixels, t.cfg.Input, t.cfg.Working)
		images++
		keep = t.keep(keep, pooled)
		for i, v := range pooled {
			batch[n*d+i] = float64(v)
		}
		if n++; n == batchImages {
			visit(batch, n)
			n = 0
		}
	}
	if n > 0 {
		visit(batch[:n*d], n)
	}
	if images > 0 && keep != nil {
		t.cache[shard] = slices.Clone(keep) // without the room that append left
	}
	return images, nil
}

// keep appends a pooled image to those of its shard, or gives up on the shard
// (nil, which stays nil) when the cache is full.
func (t *trainer) keep(kept, pooled []float32) []float32 {
	if kept == nil {
		return nil
	}
	if t.budget.Add(-int64(len(pooled))) < 0 {
		t.budget.Add(int64(len(pooled)))
		t.forget(kept)
		return nil
	}
	return append(kept, pooled...)
}

// forget gives the room of a shard's images back.
func (t *trainer) forget(kept []float32) { t.budget.Add(int64(len(kept))) }
