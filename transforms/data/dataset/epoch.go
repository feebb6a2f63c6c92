package dataset

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
)

// interleave is the number of shards that are read at the same time.
const interleave = 8

// Epoch yields the images for training in the order of an epoch, from 0, without
// the first skip of them: a run that stopped after n images goes on exactly there
// with skip n. Images own their pixels, which must not be changed. An error ends
// the sequence.
//
// Skipping costs the reading of what is skipped, at the speed of the disk.
func (s *Set) Epoch(ctx context.Context, epoch int, skip int64) iter.Seq2[records.Image, error] {
	return seq.From(func(yield func(records.Image, error) bool) error {
		rng := newRand(s.cfg.Seed, epoch)
		order := rng.Perm(len(s.cfg.Train.Shards))
		n := int64(0)
		for im, err := range shuffle(s.interleaved(ctx, order), rng, s.capacity()) {
			if err != nil {
				return err
			}
			if n++; n > skip && !yield(im, nil) {
				return nil
			}
		}
		if n != s.Training {
			return fmt.Errorf("%s holds %d images to train on, %d when the run began: the shards have changed; start again with another Config.Output", s.cfg.Train.Dir, n, s.Training)
		}
		return nil
	})
}

// newRand returns what decides the order of an epoch.
func newRand(seed uint64, epoch int) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(epoch))) }

// Validation yields the images for validation, in the order of the shards.
// Images own their pixels.
func (s *Set) Validation(ctx context.Context) iter.Seq2[records.Image, error] {
	f, kept, sample, held := s.cfg.Train, s.kept, s.drawn, s.cfg.held
	if v := s.cfg.Validation; v != nil {
		f, kept, sample, held = v, s.apart, nil, func(string) bool { return true }
	}
	return func(yield func(records.Image, error) bool) {
		for i := range f.Shards {
			for im, err := range images(ctx, f, kept, i, sample, held) {
				if !yield(im, err) || err != nil {
					return
				}
			}
		}
	}
}

// Some yields about n images for validation, or all where there are fewer, the
// same ones however the collection is sharded; images for training where none is
// held out.
func (s *Set) Some(ctx context.Context, n int64) iter.Seq2[records.Image, error] {
	in, total := s.Validation(ctx), s.Held
	if total == 0 {
		in, total = s.interleaved(ctx, numbers(len(s.cfg.Train.Shards))), s.Training
	}
	share := float64(n) / float64(total)
	return func(yield func(records.Image, error) bool) {
		for im, err := range in {
			if err == nil && n < total && draw.Uniform(someSalt, im.Filename) >= share {
				continue
			}
			if !yield(im, err) || err != nil {
				return
			}
		}
	}
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// capacity returns the images that the shuffle buffer holds.
func (s *Set) capacity() int {
	return int(max(1, s.cfg.Buffer/int64(s.cfg.Train.Shape.Bytes())))
}

// images yields the images of a shard that member takes, from memory where they
// were kept.
func images(ctx context.Context, f *Folder, kept [][]records.Image, shard int, sample *Sample, member func(id string) bool) iter.Seq2[records.Image, error] {
	return func(yield func(records.Image, error) bool) {
		if kept != nil {
			for _, im := range kept[shard] {
				if member(im.Filename) && !yield(im, ctx.Err()) {
					return
				}
			}
			return
		}
		for im, err := range f.Usable(ctx, shard, sample, nil) {
			if err == nil && !member(im.Filename) {
				continue
			}
			im.Pixels = bytes.Clone(im.Pixels)
			if !yield(im, err) {
				return
			}
		}
	}
}

// interleaved yields the images for training of the shards in the given order,
// one of each of several shards in turn.
func (s *Set) interleaved(ctx context.Context, order []int) iter.Seq2[records.Image, error] {
	training := func(id string) bool { return !s.cfg.held(id) }
	return func(yield func(records.Image, error) bool) {
		type open struct {
			next func() (records.Image, error, bool)
			stop func()
		}
		var shards []open
		defer func() {
			for _, sh := range shards {
				sh.stop()
			}
		}()
		for at := 0; ; at++ {
			for len(shards) < interleave && len(order) > 0 {
				next, stop := iter.Pull2(images(ctx, s.cfg.Train, s.kept, order[0], s.drawn, training))
				shards, order = append(shards, open{next, stop}), order[1:]
			}
			if len(shards) == 0 {
				return
			}
			i := at % len(shards)
			im, err, ok := shards[i].next()
			if !ok {
				shards = append(shards[:i], shards[i+1:]...)
				continue
			}
			if !yield(im, err) || err != nil {
				return
			}
		}
	}
}

// shuffle yields the images of in through a buffer: of those in it a random one
// leaves for each that enters.
func shuffle(in iter.Seq2[records.Image, error], rng *rand.Rand, capacity int) iter.Seq2[records.Image, error] {
	return seq.From(func(yield func(records.Image, error) bool) error {
		var buffer []records.Image
		for im, err := range in {
			if err != nil {
				return err
			}
			if len(buffer) < capacity {
				buffer = append(buffer, im)
				continue
			}
			i := rng.IntN(capacity)
			im, buffer[i] = buffer[i], im
			if !yield(im, nil) {
				return nil
			}
		}
		rng.Shuffle(len(buffer), func(i, j int) { buffer[i], buffer[j] = buffer[j], buffer[i] })
		for i, im := range buffer {
			buffer[i] = records.Image{} // what has left the buffer takes no memory
			if !yield(im, nil) {
				return nil
			}
		}
		return nil
	})
}

// Batches collects images into batches of size, the last one possibly smaller,
// and reads ahead of the consumer by up to ahead batches. The order is that of
// in.
func Batches(in iter.Seq2[records.Image, error], size, ahead int) iter.Seq2[[]records.Image, error] {
	batches := seq.From(func(yield func([]records.Image, error) bool) error {
		var batch []records.Image
		for im, err := range in {
			if err != nil {
				return err
			}
			if batch = append(batch, im); len(batch) == size {
				if !yield(batch, nil) {
					return nil
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
		return nil
	})
	read := func(_ context.Context, batch []records.Image) ([]records.Image, error) { return batch, nil }
	return parallel.Map(context.Background(), batches, ahead, read)
}
