package beamrun

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
)

// TestBundle: every result is emitted once, more than one shard is under way and no
// more than there are slots, and slots are free again afterward.
func TestBundle(t *testing.T) {
	var b Bundle[int]
	slots := NewSlots(3)
	var inFlight, most atomic.Int64
	var got []int
	emit := func(s int) { got = append(got, s) }
	first, second := make(chan struct{}), make(chan struct{}) // these shards wait for each other
	for i := range 40 {
		err := b.Start(t.Context(), slots, emit, func(context.Context) (int, error) {
			n := inFlight.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			defer inFlight.Add(-1)
			switch i {
			case 0:
				close(first)
				<-second
			case 1:
				close(second)
				<-first
			}
			return i, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Finish(emit); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	for i := range got {
		if got[i] != i {
			t.Fatalf("results %v", got)
		}
	}
	if m := most.Load(); len(got) != 40 || m < 2 || m > 3 || len(slots.running)+len(slots.taken) != 0 {
		t.Errorf("%d results; %d shards at once, want 2 to 3; %d and %d slots still taken", len(got), m, len(slots.running), len(slots.taken))
	}
}

// TestBundleFails: the first error comes back, after all that was started has
// ended, and nothing of the failed bundle comes with the next.
func TestBundleFails(t *testing.T) {
	var b Bundle[int]
	slots := NewSlots(2)
	broken := errors.New("disk full")
	var running atomic.Int64
	var err error
	for i := 0; err == nil && i < 1_000_000; i++ {
		err = b.Start(t.Context(), slots, func(int) {}, func(context.Context) (int, error) {
			running.Add(1)
			defer running.Add(-1)
			if i == 2 {
				return 0, broken
			}
			return 1, nil
		})
	}
	if !errors.Is(err, broken) || running.Load() != 0 {
		t.Errorf("error %v with %d shards under way, want %v and none", err, running.Load(), broken)
	}
	if err := b.Finish(func(s int) { t.Errorf("the next bundle begins with result %v", s) }); err != nil {
		t.Errorf("the next bundle begins with error %v", err)
	}
}
