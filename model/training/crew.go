package training

import (
	"sync"
	"sync/atomic"
)

// crew are goroutines that share the work of one.
type crew struct {
	workers int // goroutines, the caller's included, at most
}

// share is the jobs of one worker, which others help with when theirs are done:
// an image's numbers then mostly stay in one core's cache.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line of its own
}

// each calls f for every job below n, from this goroutine and others; f also
// gets the number of the worker that calls it.
func (c *crew) each(n int, f func(worker, job int)) {
	workers := min(c.workers, n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	shares := make([]share, workers)
	for w := range shares {
		shares[w].next.Store(int64(w * n / workers))
		shares[w].end = int64((w + 1) * n / workers)
	}
	work := func(w int) {
		for k := range shares {
			s := &shares[(w+k)%workers]
			for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
				f(w, int(i))
			}
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
}
