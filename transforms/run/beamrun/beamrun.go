// Package beamrun runs the Beam pipeline of a step: the type of a runner, the bundles
// and elements of our DoFns, and how an error of a worker becomes one line for the user.
//
// What never enters: Parquet, flags, printing; what a step computes, and output folders.
package beamrun

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas/caught"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Runner executes a pipeline and waits for its end. It returns outdir.ErrDetached or
// outdir.ErrDryRun where there is nothing to wait for.
type Runner func(ctx context.Context, p *beam.Pipeline) error

type oneJobKey struct{}

// WithOneJob marks a run on an engine where a job takes long to start, or is not awaited:
// a step that would run several pipelines, one after the other, puts all into one.
func WithOneJob(ctx context.Context) context.Context {
	return context.WithValue(ctx, oneJobKey{}, true)
}

// OneJob reports whether a step has one pipeline only.
func OneJob(ctx context.Context) bool { return ctx.Value(oneJobKey{}) != nil }

// failures keeps the first error that a DoFn of this process reported.
var failures struct {
	sync.Mutex
	first error
}

// Fail records an error that a DoFn is about to return and returns it; nil stays nil. A
// runner wraps such an error in the history of its job; the driver, where it shares
// the process, shows the recorded one instead.
func Fail(err error) error {
	if err == nil {
		return nil
	}
	failures.Lock()
	defer failures.Unlock()
	if failures.first == nil {
		failures.first = err
	}
	runlog.Failed(err)
	return err
}

// running counts the pipelines that a runner executes.
var running atomic.Int32

// Running reports whether a runner executes a pipeline of this process: on a cluster
// it goes on when the process ends.
func Running() bool { return running.Load() > 0 }

// Run executes a pipeline and reduces a failure to its cause in one line. At the
// end it removes the temporary files in the folder output: workers that were
// killed leave some, and a cluster goes on without them.
func Run(ctx context.Context, run Runner, p *beam.Pipeline, output string) error {
	failures.Lock()
	failures.first = nil
	failures.Unlock()

	running.Add(1)
	err := run(ctx, p)
	running.Add(-1)
	if err == nil {
		return store.RemovePartials(ctx, output)
	}
	if errors.Is(err, outdir.ErrDetached) || errors.Is(err, outdir.ErrDryRun) {
		return err
	}
	failures.Lock()
	defer failures.Unlock()
	if failures.first != nil {
		return failures.first
	}
	return errors.New(cause(err.Error()))
}

// cause picks the line of a Beam error that names the cause: the last one after
// "caused by:", or else the first line of the message. Of a panic it names what
// and where.
func cause(message string) string {
	if line, ok := caught.Line(message); ok {
		return line
	}
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' })
	for i := len(lines) - 1; i > 0; i-- {
		before := strings.TrimSpace(lines[i-1])
		if before == "caused by:" || strings.HasPrefix(before, "DoFn[") && strings.HasSuffix(before, "failed:") {
			return strings.TrimSpace(lines[i])
		}
	}
	if len(lines) == 0 {
		return "the runner gave no reason"
	}
	return strings.Join(lines, " ")
}

func init() {
	beam.RegisterDoFn(reflect.TypeFor[sinkFn]())
}

// Sink consumes the statistics of a step, in a stage of its own: the local runner
// polls a stage without output, pausing never, which takes a core from the work.
func Sink(s beam.Scope, col beam.PCollection) {
	s = s.Scope("engine.Sink")
	beam.ParDo0(s, &sinkFn{}, beam.Reshuffle(s, col))
}

type sinkFn struct{}

// ProcessElement takes one element and drops it.
func (*sinkFn) ProcessElement(beam.X) {}
