package training

import (
	"runtime"
	"sync/atomic"

	"exemplar/schemas/caught"
)

// crew are goroutines that share the work of one. Between tasks they wait for a
// while without sleeping: most tasks take less than 0.1 ms, and to wake up a
// processor takes half of that. Who waits in vain leaves, and is called again by the
// next task: so there is nobody left to send home when no task comes any more.
type crew struct {
	workers int // goroutines, the caller's included, at most

	present int // between begin and end, and 1 otherwise
	task    atomic.Pointer[task]
	here    []atomic.Bool // by worker: a goroutine is there

	watch func(n int, f func(worker, job int)) // what each calls instead of share, to time it; nil but in tests
}

// task is the work at hand. What all read and what all write are on cache lines of their own.
type task struct {
	do     func(worker, job int)
	shares []share
	failed atomic.Pointer[caught.Panic] // of the first job that panicked; the caller of each panics with it
	_      [64]byte
	left   atomic.Int64 // jobs that are not done
	_      [56]byte
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
	done := int64(0)
	for k := range t.shares {
		s := &t.shares[(worker+k)%len(t.shares)]
		for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
			t.job(worker, int(i))
			done++
		}
	}
	if done > 0 { // told once: a line that all write takes its time to change hands
		t.left.Add(-done)
	}
}

// job does one job.
func (t *task) job(worker, i int) {
	defer func() {
		if r := recover(); r != nil {
			t.failed.CompareAndSwap(nil, caught.New(r))
		}
	}()
	t.do(worker, i)
}

// Looks for work, or of the caller for its end, take a nanosecond or two each. After turn of
// them a goroutine lets others run, and after patience, some 100 to 200 µs, a worker leaves.
const (
	turn     = 1 << 13
	patience = 12 * turn
)

// begin calls the crew together.
func (c *crew) begin() {
	c.present = min(c.workers, runtime.GOMAXPROCS(0))
	if len(c.here) < c.present {
		c.here = make([]atomic.Bool, c.workers)
	}
}

// end says that the caller works alone from now on. Workers who are there still wait a while:
// the next step may be near.
func (c *crew) end() { c.present = 1 }

// help does a worker's part for as long as there are tasks.
func (c *crew) help(w int) {
	var last *task
	for {
		for i := 1; i <= patience; i++ {
			if t := c.task.Load(); t != last {
				t.work(w)
				last, i = t, 0
			} else if i%turn == 0 {
				runtime.Gosched()
			}
		}
		c.here[w].Store(false)
		if c.task.Load() == last || c.here[w].Swap(true) { // or else a task has come in between, and nobody for it
			return
		}
	}
}

// each calls f for every job below n, from this goroutine and the crew's; f also
// gets the number of the worker that calls it. Jobs must not call each.
func (c *crew) each(n int, f func(worker, job int)) {
	if c.watch != nil {
		c.watch(n, f)
		return
	}
	c.share(n, f)
}

// share does what each says.
func (c *crew) share(n int, f func(worker, job int)) {
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
		if !c.here[w].Load() && !c.here[w].Swap(true) {
			go c.help(w)
		}
	}
	t.work(0)
	for i := 1; t.left.Load() > 0; i++ {
		if i%turn == 0 {
			runtime.Gosched()
		}
	}
	if p := t.failed.Load(); p != nil {
		panic(p)
	}
}
