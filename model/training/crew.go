package training

import (
	"runtime"
	"sync"
	"sync/atomic"

	"exemplar/schemas/caught"
)

// crew are goroutines that share the work of one. Between tasks they wait for a
// while without sleeping: a task takes some 0.1 ms, and to wake up a processor
// half of that.
type crew struct {
	workers int // goroutines, the caller's included, at most

	present int // between begin and end, and 1 otherwise
	task    atomic.Pointer[task]
	hands   sync.WaitGroup
	asleep  []atomic.Bool   // by worker
	wake    []chan struct{} // closed at the end
}

// task is the work at hand.
type task struct {
	do     func(worker, job int)
	shares []share
	left   atomic.Int64                 // jobs that are not done
	failed atomic.Pointer[caught.Panic] // of the first job that panicked; the caller of each panics with it
}

// share is the jobs of one worker, which others help with when theirs are done:
// so an image's numbers mostly stay in one core's cache.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line of its own
}

// work does jobs until none is to be begun.
func (t *task) work(worker int) {
	for k := range t.shares {
		s := &t.shares[(worker+k)%len(t.shares)]
		for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
			t.job(worker, int(i))
		}
	}
}

// job does one job.
func (t *task) job(worker, i int) {
	defer t.left.Add(-1)
	defer func() {
		if r := recover(); r != nil {
			t.failed.CompareAndSwap(nil, caught.New(r))
		}
	}()
	t.do(worker, i)
}

// patience is how many times a goroutine looks for work before it sleeps, and
// the caller for the end of work before it lets others run: some 20 µs.
const patience = 1 << 13

// begin calls the crew together.
func (c *crew) begin() {
	c.present = min(c.workers, runtime.GOMAXPROCS(0))
	c.asleep, c.wake = make([]atomic.Bool, c.present), make([]chan struct{}, c.present)
	for w := 1; w < c.present; w++ {
		c.wake[w] = make(chan struct{}, 1)
		c.hands.Go(func() { c.help(w) })
	}
}

// help does a worker's part until the end.
func (c *crew) help(w int) {
	var last *task
	for awake := true; awake; {
		for i := 0; i < patience; i++ {
			if t := c.task.Load(); t != last {
				t.work(w)
				last, i = t, 0
			}
		}
		c.asleep[w].Store(true)
		if c.task.Load() == last { // or else it has come in between
			_, awake = <-c.wake[w]
		}
		c.asleep[w].Store(false)
	}
}

// end sends it home.
func (c *crew) end() {
	for _, wake := range c.wake[1:] {
		close(wake)
	}
	c.hands.Wait()
	c.task.Store(nil)
	c.present = 1
}

// each calls f for every job below n, from this goroutine and the crew's; f also
// gets the number of the worker that calls it. Jobs must not call each.
func (c *crew) each(n int, f func(worker, job int)) {
	if c.present <= 1 || n <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	t := &task{do: f, shares: make([]share, c.present)}
	t.left.Store(int64(n))
	for w := range t.shares {
		t.shares[w].next.Store(int64(w * n / c.present))
		t.shares[w].end = int64((w + 1) * n / c.present)
	}
	c.task.Store(t)
	for w := 1; w < c.present; w++ {
		if c.asleep[w].Load() {
			select {
			case c.wake[w] <- struct{}{}:
			default: // it is being woken up
			}
		}
	}
	t.work(0)
	for i := 1; t.left.Load() > 0; i++ {
		if i%patience == 0 {
			runtime.Gosched()
		}
	}
	if p := t.failed.Load(); p != nil {
		panic(p)
	}
}
