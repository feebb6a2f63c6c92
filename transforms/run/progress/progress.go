// Package progress counts the work of a step and shows it while it runs.
//
// DoFns call Add from any goroutine; the driver calls Start before it hands the
// pipeline to a runner. On a terminal the meter is one line that is rewritten
// in place (count, share, rate, time left); elsewhere it is a log line now and
// then. On a remote worker nobody calls Start, and Add only counts.
//
// What never enters: Beam, Parquet, files, flags, store; anything that decides results.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"exemplar/schemas/caught"
	"exemplar/schemas/words"
)

// counters holds one *atomic.Int64 a step, for the life of the process.
var counters sync.Map

func counter(step string) *atomic.Int64 {
	if c, ok := counters.Load(step); ok {
		return c.(*atomic.Int64)
	}
	c, _ := counters.LoadOrStore(step, new(atomic.Int64))
	return c.(*atomic.Int64)
}

// Add counts n more finished units of a step.
func Add(step string, n int64) { counter(step).Add(n) }

// notes holds one string a step.
var notes sync.Map

// Note sets what stands behind the count of a step: how a training goes, say.
func Note(step, text string) { notes.Store(step, text) }

// Meter shows the progress of one step until Stop.
type Meter struct {
	step, unit string
	total      int64
	base       int64
	began      time.Time
	observer   Observer // may be nil
	out        io.Writer
	writing    sync.Mutex // one line at a time
	terminal   bool
	stop       chan struct{}
	stopped    caught.Group
}

// Observer is told of the meters of the process; it keeps the record of a run.
type Observer interface {
	// Started is called by Start, Passed now and then, and Stopped by Stop.
	Started(m *Meter)
	Passed(m *Meter)
	Stopped(m *Meter)
}

// observing holds who is told, and whether meters show themselves, too.
var observing struct {
	sync.Mutex
	observer Observer
	silent   bool
}

// Observe makes o the observer of all meters that are started from now on. With
// silent they show nothing themselves.
func Observe(o Observer, silent bool) {
	observing.Lock()
	defer observing.Unlock()
	observing.observer, observing.silent = o, silent
}

// State is where a meter is.
type State struct {
	Step, Unit  string
	Done, Total int64 // Total is 0 where it is not known
	Elapsed     time.Duration
}

// State returns where the meter is.
func (m *Meter) State() State {
	return State{m.step, m.unit, m.done(), m.total, time.Since(m.began)}
}

// Intervals between two lines: a terminal is rewritten, a log is kept quiet.
const (
	terminalInterval = 200 * time.Millisecond
	logInterval      = 20 * time.Second
)

// Start shows the progress of a step on stderr. Total is the number of units
// that are to be done, 0 where that is not known; unit is their plural
// ("images").
func Start(step string, total int64, unit string) *Meter {
	observing.Lock()
	observer, silent := observing.observer, observing.silent
	observing.Unlock()
	if silent {
		return start(io.Discard, false, step, total, unit, observer)
	}
	return start(os.Stderr, term.IsTerminal(int(os.Stderr.Fd())), step, total, unit, observer)
}

func start(out io.Writer, terminal bool, step string, total int64, unit string, observer Observer) *Meter {
	m := &Meter{
		step: step, unit: unit, total: total, base: counter(step).Load(), observer: observer,
		began: time.Now(), out: out, terminal: terminal, stop: make(chan struct{}),
	}
	if observer != nil {
		observer.Started(m)
	}
	interval := logInterval
	if terminal {
		interval = terminalInterval
	}
	m.stopped.Go(func() { m.run(interval) })
	return m
}

func (m *Meter) run(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	pass := time.NewTicker(logInterval)
	defer pass.Stop()
	for {
		select {
		case <-tick.C:
			m.show()
		case <-pass.C:
			if m.observer != nil {
				m.observer.Passed(m)
			}
		case <-m.stop:
			if m.terminal {
				fmt.Fprint(m.out, clearLine)
			}
			return
		}
	}
}

func (m *Meter) show() {
	text := line(m.step, m.unit, m.done(), m.total, time.Since(m.began))
	if note, ok := notes.Load(m.step); ok {
		text += ", " + note.(string)
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	if m.terminal {
		fmt.Fprint(m.out, clearLine+text)
		return
	}
	fmt.Fprintln(m.out, text)
}

// clearLine takes the cursor of a terminal to the start of an empty line.
const clearLine = "\r\x1b[K"

// Println writes a line to another writer, which may be the same terminal: the
// meter's line makes room and comes again below.
func (m *Meter) Println(to io.Writer, text string) {
	m.writing.Lock()
	defer m.writing.Unlock()
	if m.terminal {
		fmt.Fprint(m.out, clearLine)
	}
	fmt.Fprintln(to, text)
}

func (m *Meter) done() int64 { return counter(m.step).Load() - m.base }

// Stop ends the display and clears its terminal line.
func (m *Meter) Stop() {
	close(m.stop)
	m.stopped.Wait()
	if m.observer != nil {
		m.observer.Stopped(m)
	}
}

// line renders one state of a step: "shard: 1,200 of 1,503 images (80 %), 410/s, 1s left".
func line(step, unit string, done, total int64, elapsed time.Duration) string {
	rate := float64(done) / max(elapsed.Seconds(), 1e-3)
	if total <= 0 {
		return fmt.Sprintf("%s: %s %s, %s/s", step, Count(done), unit, perSecond(rate))
	}
	text := fmt.Sprintf("%s: %s of %s %s (%d %%), %s/s", step, Count(done), Count(total), unit,
		100*done/total, perSecond(rate))
	if done > 0 && done < total {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		text += ", " + left.Round(time.Second).String() + " left"
	}
	return text
}

func perSecond(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.1f", rate)
	}
	return Count(int64(rate + 0.5))
}

// Count writes n with a comma between thousands, as people read it: 1,061,277.
func Count(n int64) string {
	return words.Count(n)
}

// Bytes writes a size with a binary unit, as people read it: 94.1 MiB.
func Bytes(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1024 && unit < 4 {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[unit])
}
