package parallel

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func numbers(n int, last error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if last != nil {
			yield(0, last)
		}
	}
}

func TestMapKeepsOrder(t *testing.T) {
	want := 0
	square := func(_ context.Context, i int) (int, error) {
		time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
		return i * i, nil
	}
	for got, err := range Map(t.Context(), numbers(300, nil), 16, square) {
		if err != nil || got != want*want {
			t.Fatalf("item %d: got %d, %v, want %d", want, got, err, want*want)
		}
		want++
	}
	if want != 300 {
		t.Errorf("%d results, want 300", want)
	}
}

func TestMapBoundsWorkInFlight(t *testing.T) {
	const ahead = 4
	var inFlight, most atomic.Int64
	work := func(_ context.Context, i int) (int, error) {
		if n := inFlight.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(100 * time.Microsecond)
		inFlight.Add(-1)
		return i, nil
	}
	for range Map(t.Context(), numbers(200, nil), ahead, work) {
	}
	if m := most.Load(); m > ahead+2 || m < 2 {
		t.Errorf("%d calls at the same time, want 2 to %d", m, ahead+2)
	}
}

func TestMapYieldsTheInputsErrorLast(t *testing.T) {
	broken := errors.New("broken list")
	results, failures := 0, 0
	for _, err := range Map(t.Context(), numbers(7, broken), 3, func(_ context.Context, i int) (int, error) { return i, nil }) {
		switch {
		case err == nil:
			results++
		case errors.Is(err, broken):
			failures++
		}
	}
	if results != 7 || failures != 1 {
		t.Errorf("%d results and %d errors, want 7 and 1", results, failures)
	}
}

func TestMapStopsWithItsConsumer(t *testing.T) {
	before := runtime.NumGoroutine()
	var running atomic.Int64
	work := func(ctx context.Context, i int) (int, error) {
		running.Add(1)
		defer running.Add(-1)
		if i > 0 {
			<-ctx.Done()
		}
		return i, nil
	}
	for range Map(t.Context(), numbers(1000, nil), 8, work) {
		break
	}
	if n := running.Load(); n != 0 {
		t.Errorf("%d calls still run after Map returned", n)
	}
	for range 10_000 { // they end when they get a processor
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestMapReportsACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for i, err := range Map(ctx, numbers(1000, nil), 2, func(_ context.Context, i int) (int, error) { return i, nil }) {
		last = err
		if i == 10 {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("last error is %v, want context.Canceled", last)
	}
}

func TestComputeBoundsGoroutines(t *testing.T) {
	var inFlight, most atomic.Int64
	done := make(chan struct{})
	for range 50 {
		go func() {
			Compute(func() {
				if n := inFlight.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Millisecond)
				inFlight.Add(-1)
			})
			done <- struct{}{}
		}()
	}
	for range 50 {
		<-done
	}
	if m, limit := most.Load(), int64(runtime.GOMAXPROCS(0)); m > limit {
		t.Errorf("%d computed at the same time, want at most %d", m, limit)
	}
}

// TestMapPanicsWhereItIsConsumed: a panic of a worker is one of the consumer, who can
// catch it; it names the worker's line.
func TestMapPanicsWhereItIsConsumed(t *testing.T) {
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Value != "seven" || !bytes.Contains(p.Stack, []byte("parallel_test.go")) {
			t.Errorf("recovered %v, want seven and its stack", p)
		}
	}()
	for range Map(t.Context(), numbers(20, nil), 4, func(_ context.Context, i int) (int, error) {
		if i == 7 {
			panic("seven")
		}
		return i, nil
	}) {
	}
	t.Error("Map went on")
}

// TestMapPanicsWithItsInput: what the sequence of items panics with is one of the
// consumer, too, after the items before it.
func TestMapPanicsWithItsInput(t *testing.T) {
	n := 0
	defer func() {
		if p, ok := recover().(*Panic); !ok || p.Value != "input" || n != 3 {
			t.Errorf("recovered %v after %d items, want input after 3", p, n)
		}
	}()
	in := func(yield func(int, error) bool) {
		_ = yield(0, nil) && yield(1, nil) && yield(2, nil)
		panic("input")
	}
	for range Map(t.Context(), in, 1, func(_ context.Context, i int) (int, error) { return i, nil }) {
		n++
	}
	t.Error("Map went on")
}

// TestEachGoesOnBehindAnError: results are in order, errors in their places, and a
// consumer that goes on gets what follows them.
func TestEachGoesOnBehindAnError(t *testing.T) {
	odd := errors.New("odd")
	i := 0
	for got, err := range EachComputed(t.Context(), 9, 3, func(_ context.Context, i int) (int, error) {
		if i%2 == 1 {
			return 0, odd
		}
		return i * i, nil
	}) {
		if i%2 == 1 && err != odd || i%2 == 0 && (err != nil || got != i*i) {
			t.Errorf("result %d is %d, %v", i, got, err)
		}
		i++
	}
	if i != 9 {
		t.Errorf("%d results, want 9", i)
	}
}
