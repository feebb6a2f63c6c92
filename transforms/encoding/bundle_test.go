package encoding

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"exemplar/schemas"
)

// TestBundle: every result is handed out once, no more shards are under way
// than there are slots, and slots are free again afterwards.
func TestBundle(t *testing.T) {
	var b bundle
	var inFlight, most atomic.Int64
	var got []int64
	emit := func(s ShardStat) { got = append(got, s.Shard) }
	for i := range int64(40) {
		err := b.start(t.Context(), func(context.Context) (ShardStat, error) {
			if n := inFlight.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Millisecond)
			inFlight.Add(-1)
			return ShardStat{Shard: i}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		b.emit(emit)
	}
	if err := b.wait(); err != nil {
		t.Fatal(err)
	}
	b.emit(emit)
	slices.Sort(got)
	for i := range got {
		if got[i] != int64(i) {
			t.Fatalf("results %v", got)
		}
	}
	if m := most.Load(); len(got) != 40 || m < 2 || m > int64(cap(shardSlots)) || len(shardSlots) != 0 {
		t.Errorf("%d results; %d shards at once, want 2 to %d; %d slots still taken", len(got), m, cap(shardSlots), len(shardSlots))
	}
}

// TestBundleFails: the first error comes back, after all that was started has
// ended, and nothing of the failed bundle comes with the next.
func TestBundleFails(t *testing.T) {
	var b bundle
	broken := errors.New("disk full")
	var running atomic.Int64
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = b.start(t.Context(), func(context.Context) (ShardStat, error) {
			running.Add(1)
			defer running.Add(-1)
			time.Sleep(time.Millisecond)
			if i == 2 {
				return ShardStat{}, broken
			}
			return ShardStat{Shard: 1}, nil
		})
	}
	if !errors.Is(err, broken) || running.Load() != 0 {
		t.Errorf("error %v with %d shards under way, want %v and none", err, running.Load(), broken)
	}
	if err := b.wait(); err != nil {
		t.Errorf("the next bundle begins with error %v", err)
	}
	b.emit(func(s ShardStat) { t.Errorf("the next bundle begins with result %v", s) })
}

func TestBatchSize(t *testing.T) {
	small, large := schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}, schemas.ImageShape{Height: 4096, Width: 2048, Channels: 1, Bits: 16}
	for _, c := range []struct {
		limit   int
		records int64
		shape   schemas.ImageShape
		most    int
	}{{32, -1, small, 32}, {32, 0, small, 32}, {32, 1, small, 1}, {32, 10_000, small, 32}, {7, 10_000, small, 7}, {32, 1 << 40, small, 32}, {32, 100, large, 1}, {32, 33, small, 17}} {
		got := batchSize(c.limit, c.records, c.shape)
		if got < 1 || got > c.most || c.records > 1000 && got < c.most {
			t.Errorf("batchSize(%d, %d, %v) = %d, want at most %d", c.limit, c.records, c.shape, got, c.most)
		}
	}
}
