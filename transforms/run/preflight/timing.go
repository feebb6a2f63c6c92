package preflight

import (
	"math"
	"time"
)

// Timing is the time of work on the parts of a sample.
type Timing struct {
	items   int64
	elapsed time.Duration
	rates   []float64 // of each part: seconds an item
}

// Add adds a part of the sample.
func (t *Timing) Add(items int64, elapsed time.Duration) {
	if items <= 0 {
		return
	}
	t.items += items
	t.elapsed += elapsed
	t.rates = append(t.rates, elapsed.Seconds()/float64(items))
}

// Items returns the size of the sample, Elapsed its time.
func (t *Timing) Items() int64 { return t.items }

// Elapsed returns the time of the sample.
func (t *Timing) Elapsed() time.Duration { return t.elapsed }

// PerSecond returns the items a second.
func (t *Timing) PerSecond() float64 {
	return float64(t.items) / max(t.elapsed.Seconds(), 1e-9)
}

// Slack is what a time may be off by, beside what the parts of the sample differ
// by: caches are warm or cold, and a machine has other work.
const Slack = 1.5

// For returns the time of so many items: the mean of the parts, two standard
// errors of it, and Slack on both sides.
func (t *Timing) For(items int64) Range {
	if t.items == 0 {
		return Range{}
	}
	mean := t.elapsed.Seconds() / float64(t.items)
	off := 0.5 * mean // of a single part
	if n := float64(len(t.rates)); n > 1 {
		var sum, squares float64
		for _, r := range t.rates {
			sum += r
		}
		for _, r := range t.rates {
			squares += (r - sum/n) * (r - sum/n)
		}
		off = 2 * math.Sqrt(squares/(n-1)/n)
	}
	of := func(each float64) time.Duration { return time.Duration(each * float64(items) * float64(time.Second)) }
	return Range{of(mean), of(max(mean-off, mean/2) / Slack), of((mean + off) * Slack)}
}

// Startup is the time of a step around its work: the engine starts, and ends.
func Startup() Range {
	return Range{Likely: 300 * time.Millisecond, Low: 100 * time.Millisecond, High: 1500 * time.Millisecond}
}

// Sink counts what a sample would have written, and keeps nothing of it.
type Sink int64

// Write counts.
func (s *Sink) Write(p []byte) (int, error) {
	*s += Sink(len(p))
	return len(p), nil
}
