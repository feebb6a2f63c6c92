// Package preflight says what a step would read, write and spend, before any work,
// and refuses a run that cannot end well.
//
// What lives here: the plan that is printed, the estimate of a time from a sample, and
// the check of the room for an output, which runs make, too. What never enters: Beam,
// Parquet, printing; the work of a step; each has its own Plan function, which changes
// no file.
package preflight

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"

	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// SampleTime bounds the time of a sample.
const SampleTime = 20 * time.Second

// SampleSize returns how many of n images are tried: one in a hundred, but enough
// to tell a time from, and not more than some hundred.
func SampleSize(n int64) int64 { return min(n, max(128, min(512, n/100))) }

// Plan is what a run would do.
type Plan struct {
	Nothing string // why nothing is to do; all else is empty then

	Reads  []string // lines
	Writes []string
	Sample []string // what was tried, and what came of it
	Time   Range    // zero: not told
	Memory int64    // bytes; 0: not known
	Notes  []string
}

// Reading adds a line on what is read.
func (p *Plan) Reading(format string, args ...any) {
	p.Reads = append(p.Reads, fmt.Sprintf(format, args...))
}

// Writing adds a line on what is written.
func (p *Plan) Writing(format string, args ...any) {
	p.Writes = append(p.Writes, fmt.Sprintf(format, args...))
}

// Tried adds a line on the sample.
func (p *Plan) Tried(format string, args ...any) {
	p.Sample = append(p.Sample, fmt.Sprintf(format, args...))
}

// Note adds a remark.
func (p *Plan) Note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// Print writes the plan for a user.
func (p *Plan) Print(w io.Writer) {
	if p.Nothing != "" {
		fmt.Fprintf(w, "Nothing to do: %s\n", p.Nothing)
		return
	}
	block(w, "reads", p.Reads...)
	block(w, "writes", p.Writes...)
	block(w, "sample", p.Sample...)
	if p.Time.Likely > 0 {
		block(w, "time", fmt.Sprintf("about %s (%s to %s) on %d cores", Duration(p.Time.Likely), Duration(p.Time.Low), Duration(p.Time.High), runtime.GOMAXPROCS(0)))
	}
	if p.Memory > 0 {
		block(w, "memory", "about "+progress.Bytes(p.Memory))
	}
	block(w, "note", p.Notes...)
}

func block(w io.Writer, name string, lines ...string) {
	for i, line := range lines {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "%-8s %s\n", name, line)
	}
}

// Duration writes a time with two digits, as people read it.
func Duration(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return "0.1s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// Room checks, without writing, that an output folder can be written and has room
// for so many bytes. What is not known, as of object stores, passes.
func Room(dir string, need int64) error {
	disk, err := store.DiskOf(dir)
	if err != nil {
		return err
	}
	if disk.Free >= 0 && need > disk.Free {
		return fmt.Errorf("output folder %s: %s are free there, and about %s are to be written: free some space or choose another Config.Output",
			dir, progress.Bytes(disk.Free), progress.Bytes(need))
	}
	return nil
}

// Free says how much is free where an output would lie, to end a line with; ""
// where that is not known.
func Free(dir string) string {
	disk, err := store.DiskOf(dir)
	switch {
	case store.IsRemote(dir):
		return "; whether that may be written is seen when it is"
	case err != nil || disk.Free < 0:
		return ""
	}
	return fmt.Sprintf("; %s are free there", progress.Bytes(disk.Free))
}

// Range is a time and how far off it may be.
type Range struct{ Likely, Low, High time.Duration }

// Plus adds the times of work that is done one after the other.
func (r Range) Plus(o Range) Range {
	return Range{r.Likely + o.Likely, r.Low + o.Low, r.High + o.High}
}

// Between is a time that is only known to lie between two.
func Between(low, high time.Duration) Range {
	return Range{time.Duration(math.Sqrt(float64(low) * float64(high))), low, high}
}

// Widen makes a range wider by a factor on both sides.
func (r Range) Widen(factor float64) Range {
	return Range{r.Likely, time.Duration(float64(r.Low) / factor), time.Duration(float64(r.High) * factor)}
}

// Writing returns the time that so many bytes in so many files take on the disk of
// an output, beside the time of making them; 0 where that cannot be measured.
func Writing(dir string, bytes int64, files int) Range {
	disk, err := store.DiskOf(dir)
	if err != nil {
		return Range{}
	}
	s, ok := disk.Speed()
	if !ok {
		return Range{}
	}
	// A file is made durable, and then its name; beside each is a small one.
	d := time.Duration(float64(bytes)/s.PerSecond*float64(time.Second)) + time.Duration(files)*4*s.Sync
	return Range{Likely: d, Low: d, High: d}
}
