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
	s.close(state, cause)
	s.report()
	if s.dir == "" {
		return nil
	}
	data, err := schemas.MarshalJSON(&s.record)
	if err != nil {
		return err
	}
	return store.WriteFile(ctx, store.Join(s.dir, s.file), data)
}

// leave takes the step from those under way.
func (s *Step) leave() {
	opened.Lock()
	defer opened.Unlock()
	opened.steps = slices.DeleteFunc(opened.steps, func(other *Step) bool { return other == s })
}

// close fills in what is known at the end.
func (s *Step) close(state string, cause error) {
	r := &s.record
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
}

// report logs how the step ended.
func (s *Step) report() {
	r := &s.record
	line := []any{"state", r.State, "seconds", r.Seconds, "changed", s.dir != "",
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
