package training

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"exemplar/schemas/caught"
)

// TestCrew: every job is done once, none by two workers of the same number at
// the same time, and all are done when each returns; with pauses that send
// workers to sleep, and without a crew too.
func TestCrew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for workers := 1; workers <= 5; workers++ {
		c := crew{workers: workers}
		for round := range 3 {
			if round > 0 {
				c.begin()
			}
			for n := range 40 {
				done := make([]atomic.Int32, n)
				busy := make([]atomic.Bool, workers)
				c.each(n, func(w, i int) {
					if busy[w].Swap(true) {
						t.Errorf("two jobs of worker %d at once", w)
					}
					done[i].Add(1)
					busy[w].Store(false)
				})
				for i := range done {
					if got := done[i].Load(); got != 1 {
						t.Fatalf("%d workers: job %d of %d was done %d times", workers, i, n, got)
					}
				}
				if n%10 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			if round > 0 {
				c.end()
			}
		}
	}
}

// TestCrewLeaves: workers that no task needs any more are not there for long, so that nobody
// has to send them home; they come again for the next task.
func TestCrewLeaves(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	before := runtime.NumGoroutine()
	c := crew{workers: 4}
	for range 3 {
		c.begin()
		var done atomic.Int32
		c.each(100, func(_, _ int) { done.Add(1) })
		c.end()
		if done.Load() != 100 {
			t.Fatalf("%d of 100 jobs were done", done.Load())
		}
		for runtime.NumGoroutine() > before { // a test that hangs here has workers that stay
			time.Sleep(time.Millisecond)
		}
	}
}

// TestCrewPanics: what a job panics with reaches the caller, and the crew goes on.
func TestCrewPanics(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	c := crew{workers: 3}
	c.begin()
	defer c.end()
	for broken := range 30 {
		func() {
			defer func() {
				p, ok := recover().(*caught.Panic)
				if !ok || p.Value != broken || !strings.Contains(string(p.Stack), "crew_test.go") {
					t.Errorf("job %d: caught %v", broken, p)
				}
			}()
			c.each(30, func(_, i int) {
				if i == broken {
					panic(i)
				}
			})
		}()
	}
	var done atomic.Int32
	if c.each(30, func(_, _ int) { done.Add(1) }); done.Load() != 30 {
		t.Errorf("%d of 30 jobs were done afterward", done.Load())
	}
}
