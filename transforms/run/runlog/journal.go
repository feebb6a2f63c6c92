// Package runlog keeps the record of a program: a log whose every line has the
// id of the run, and for each step of the workflow that changes its output a run.json
// with counts, phases, rates, failures and how it ended.
//
// The program calls Open once, and Begin and End around each step. A step says
// with Into which folder it is about to change, with Leave that it gives the folder up,
// and with Count what came of it;
// phases and what they counted come from the meters of package progress. Where
// nobody called Open, in tests and on the workers of a cluster, all of this does
// nothing, except that Log speaks through Beam's log there.
//
// What never enters: Beam, Parquet, flags, printing; anything that decides results (no
// step needs what is written here), and credentials: see package redact.
package runlog

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/store"
)

// Program is what all steps of a process share.
type Program struct {
	ID     string // of the run
	Runner string // name of the engine
	Local  bool   // it computes in this process
	// Logger gets the lines of the log; nil for none.
	Logger *slog.Logger
	// Silent says that meters show nothing themselves: the log is where people look.
	Silent bool
	// Say words an error of a step as the program does; nil as it is.
	Say func(text string) string
}

// said is the text of an error as the record keeps it.
func (p *Program) said(text string) string {
	if p.Say != nil {
		text = p.Say(text)
	}
	return redact.Line(text)
}

// opened is the program of this process and the steps under way.
var opened struct {
	sync.Mutex
	program *Program
	steps   []*Step // innermost last
}

// Open begins the record of this process. It is called once, before any step.
func Open(p Program) {
	opened.Lock()
	defer opened.Unlock()
	opened.program = &p
	if carrier != nil {
		carrier.SetRun(p.ID)
	}
	progress.Observe(observer{}, p.Silent)
}

// Step is one step of the workflow in one run. A nil Step takes every call and keeps
// nothing.
type Step struct {
	program *Program
	log     *slog.Logger

	mu      sync.Mutex
	record  schemas.Run
	meters  map[*progress.Meter]bool // under way
	dir     string                   // that it changes; "" while it changes none
	file    string                   // of the record, in dir
	changed bool                     // it has changed a folder
	began   time.Time
	before  store.Bytes
	ended   bool
}

type stepKey struct{}

// Begin begins a step. Without Open it returns no step.
func Begin(ctx context.Context, name string) (context.Context, *Step) {
	opened.Lock()
	defer opened.Unlock()
	p := opened.program
	if p == nil {
		return ctx, nil
	}
	s := &Step{program: p, meters: map[*progress.Meter]bool{}, began: time.Now(), before: store.Traffic(), record: newRecord(p, name)}
	s.log = discard
	if p.Logger != nil {
		s.log = p.Logger.With("step", name)
	}
	s.record.Start = s.began.UTC()
	opened.steps = append(opened.steps, s)
	s.log.Info("step begins")
	return context.WithValue(ctx, stepKey{}, s), s
}

var discard = slog.New(slog.DiscardHandler)

// From returns the step that a context belongs to, or nil.
func From(ctx context.Context) *Step {
	s, _ := ctx.Value(stepKey{}).(*Step)
	return s
}

func newRecord(p *Program, name string) schemas.Run {
	r := schemas.Run{
		Format: schemas.RunFormat, Run: p.ID, Step: name, Command: redact.Args(os.Args), Runner: p.Runner,
		CodeVersion: schemas.CodeVersion, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Cores: runtime.NumCPU(), GOMAXPROCS: runtime.GOMAXPROCS(0),
		Phases: []schemas.RunPhase{}, Counts: map[string]int64{}, Failures: []string{},
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				r.Revision = s.Value
			}
		}
	}
	return r
}

// Into says that the step is about to change a folder, where End then writes the
// record under the given name. The record of an earlier run is removed, so that it
// cannot pass for that of a run that is killed.
func (s *Step) Into(ctx context.Context, dir, file string) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	s.dir, s.file, s.changed = dir, file, true
	s.mu.Unlock()
	s.log.Info("work begins", "output", dir)
	return store.Remove(ctx, store.Join(dir, file))
}

// Count records a number that the step ended with.
func (s *Step) Count(name string, n int64) {
	s.note(func(r *schemas.Run) { r.Counts[name] = n })
}

// Rejected records how many images were rejected, by reason.
func (s *Step) Rejected(byReason map[string]int64) {
	s.note(func(r *schemas.Run) { r.Rejected = byReason })
}

// Decided records what was decided to be trained.
func (s *Step) Decided(d *schemas.RunDecision) {
	s.note(func(r *schemas.Run) { r.Decided = d })
}

// note changes the record.
func (s *Step) note(change func(r *schemas.Run)) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.record)
}

// maxFailures bounds the failures that a record keeps.
const maxFailures = 20

// Failed records the error of a worker.
func Failed(err error) {
	if s := current(); s != nil {
		text := s.program.said(err.Error())
		s.note(func(r *schemas.Run) {
			if len(r.Failures) < maxFailures {
				r.Failures = append(r.Failures, text)
			}
		})
		s.log.Error("a worker failed", "error", text)
	}
}

// current returns the innermost step under way, or nil.
func current() *Step {
	opened.Lock()
	defer opened.Unlock()
	if n := len(opened.steps); n > 0 {
		return opened.steps[n-1]
	}
	return nil
}

// Runner returns the name of the engine of this process; "" without Open.
func Runner() string {
	opened.Lock()
	defer opened.Unlock()
	if opened.program == nil {
		return ""
	}
	return opened.program.Runner
}

// underway reports whether a program was opened in this process.
func underway() bool {
	opened.Lock()
	defer opened.Unlock()
	return opened.program != nil
}

// observer turns the meters of the process into phases of the step under way.
type observer struct{}

func (observer) Started(m *progress.Meter) {
	if s := current(); s != nil {
		s.mu.Lock()
		s.meters[m] = true
		s.mu.Unlock()
		at := m.State()
		s.log.Info("phase begins", "phase", at.Step, "unit", at.Unit, "total", at.Total)
	}
}

func (observer) Passed(m *progress.Meter) {
	if s := current(); s != nil {
		at := phase(m.State())
		s.log.Info("progress", "phase", at.Name, "unit", at.Unit, "done", at.Done, "total", at.Total, "per_second", at.PerSecond)
	}
}

func (observer) Stopped(m *progress.Meter) {
	if s := current(); s != nil {
		at := phase(m.State())
		s.mu.Lock()
		if s.meters[m] {
			delete(s.meters, m)
			s.record.Phases = append(s.record.Phases, at)
		}
		s.mu.Unlock()
		s.log.Info("phase ends", "phase", at.Name, "unit", at.Unit, "done", at.Done, "seconds", at.Seconds, "per_second", at.PerSecond)
	}
}

func phase(at progress.State) schemas.RunPhase {
	p := schemas.RunPhase{Name: at.Step, Unit: at.Unit, Done: at.Done, Total: at.Total, Seconds: seconds(at.Elapsed)}
	if at.Elapsed > 0 {
		p.PerSecond = round(float64(at.Done) / at.Elapsed.Seconds())
	}
	return p
}
