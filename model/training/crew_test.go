package training

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
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
