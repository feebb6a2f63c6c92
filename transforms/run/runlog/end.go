package runlog

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// End ends a step in one of the states of schemas.Run. Where the step has changed
// its output, it writes the record.
func (s *Step) End(ctx context.Context, state string, cause error) error {
	if s == nil {
		return nil
	}
	s.leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	s.ended = true
	r := s.closed(state, cause)
	s.report(&r)
	return s.write(ctx, &r)
}

// Leave writes the record where the step has changed a folder that it is about to give
// up: afterwards another run may be at work there. How the step ended as a whole, End tells
// the log.
func (s *Step) Leave(ctx context.Context, dir, state string, cause error) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.dir != dir {
		return nil
	}
	r := s.closed(state, cause)
	return s.write(ctx, &r)
}

// write writes a record into the folder that the step changes, once; the caller holds s.mu.
func (s *Step) write(ctx context.Context, r *schemas.Run) error {
	if s.dir == "" {
		return nil
	}
	name := store.Join(s.dir, s.file)
	s.dir = ""
	data, err := schemas.MarshalJSON(r)
	if err != nil {
		return err
	}
	return store.WriteFile(ctx, name, data)
}

// leave takes the step from those under way.
func (s *Step) leave() {
	opened.Lock()
	defer opened.Unlock()
	opened.steps = slices.DeleteFunc(opened.steps, func(other *Step) bool { return other == s })
}

// closed is the record with what is known at the end; the caller holds s.mu.
func (s *Step) closed(state string, cause error) schemas.Run {
	r := s.record
	r.Phases = slices.Clone(r.Phases)
	r.State, r.End = state, time.Now().UTC()
	r.Seconds = seconds(time.Since(s.began))
	if cause != nil {
		r.Error = s.program.said(oneLine(cause.Error()))
	}
	for m := range s.meters { // of a run that was cut short
		r.Phases = append(r.Phases, phase(m.State()))
	}
	if s.program.Local {
		now := store.Traffic()
		r.BytesRead, r.BytesWritten = now.Read-s.before.Read, now.Written-s.before.Written
	}
	r.PeakMemory = PeakMemory()
	return r
}

// report logs how the step ended.
func (s *Step) report(r *schemas.Run) {
	line := []any{"state", r.State, "seconds", r.Seconds, "changed", s.changed,
		"bytes_read", r.BytesRead, "bytes_written", r.BytesWritten, "peak_memory", r.PeakMemory}
	for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
		line = append(line, name, r.Counts[name])
	}
	if r.Error != "" {
		s.log.Error("step ends", append(line, "error", r.Error)...)
		return
	}
	s.log.Info("step ends", line...)
}

// interruptTime bounds the writing of records when the program is interrupted.
const interruptTime = 5 * time.Second

// Interrupt ends all steps under way, for a program that is about to end.
func Interrupt(cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), interruptTime)
	defer cancel()
	for s := current(); s != nil; s = current() {
		_ = s.End(ctx, schemas.RunInterrupted, cause) // best effort: the program ends anyway
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// seconds and round keep as many digits as mean something.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e3) / 1e3 }
func round(v float64) float64         { return math.Round(v*10) / 10 }
