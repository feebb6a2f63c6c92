// Package cli is the frame of every pipeline's main: flags, their validation
// before any work, the runner, signals, exit codes and one line an error.
//
// Exit codes: 0 success, also of a job that was submitted and not awaited, 1 the
// work failed, something does not hold, or standard output could not be written, 2
// wrong flags, 130 interrupted (Ctrl-C, SIGTERM, and SIGHUP unless it is ignored),
// 141 the work succeeded and nobody read what it said to the end, as in "| head".
//
// What never enters: anything that a step computes.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/pipelines/internal/cli/early"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/spill"
)

// Job is one run of a pipeline, its fields filled from flags.
type Job interface {
	// Validate checks the flags before any work starts. Its error is a usage error.
	Validate() error
	// Plan says what Run would do, and returns the error that Run would end with
	// before any work. It changes nothing.
	Plan(ctx context.Context) (*preflight.Plan, error)
	// Run does the work and writes its summary for the user to out.
	Run(ctx context.Context, run beamrun.Runner, out io.Writer) error
}

// Stopper is a job that can end in good order when it is interrupted. Stop asks
// for that: Run then returns an error that is outdir.ErrInterrupted. It returns
// false where the job cannot, and the program ends at once.
type Stopper interface{ Stop() bool }

// usageError is a mistake in the flags.
type usageError struct{ error }

// Usagef makes an error that ends the program with exit code 2.
func Usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// Main runs a pipeline's main function: setup registers the flags and returns
// the job that they fill. Main does not return.
func Main(name, synopsis string, setup func(fs *flag.FlagSet) Job) {
	p := &program{name: name, out: &output{to: redact.Writer(os.Stdout)}}
	p.onInterrupt()
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	job := setup(fs)
	if s, ok := job.(Stopper); ok {
		p.stopper.Store(&s)
	}
	p.log.register(fs)
	planned := false
	fs.BoolVar(&planned, "plan", false, "say what would be read, written and spent, from a sample, and whether it would start; write nothing")
	_, clustered := job.(Clustered)
	flags := newFlags(fs, clustered)
	flag.CommandLine = fs
	err := flags.parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		flags.help(p.out, synopsis)
		p.exit(nil)
	}
	if err != nil {
		p.exit(err)
	}
	if err := enoughFiles(openFiles()); err != nil {
		p.exit(err)
	}

	if flagIsTrue("worker") && flagText("control_endpoint") != "" {
		spill.Keep()
		early.Leave() // the runner ends it
		beam.Init()   // serves the runner and never returns
	}
	choose()
	if !isLocal() {
		spill.Keep()
	}
	if err := knownRunner(); err != nil {
		p.exit(err)
	}
	if err := flags.followed(planned); err != nil {
		p.exit(err)
	}
	beam.Init() // before the log: it sets one up
	if err := p.log.open(); err != nil {
		p.exit(err)
	}
	if err := beamrun.Guarded(job.Validate); err != nil {
		p.exit(usageError{err})
	}
	ctx := context.Background()
	if err := validateRunner(ctx, job); err != nil {
		p.exit(err)
	}
	if flagIsTrue("dry_run") || runnerName() == "dot" {
		ctx = outdir.WithDryRun(ctx)
	}
	if planned {
		p.exit(beamrun.Guarded(func() error { return plan(ctx, job, p.out) }))
	}
	ctx, end := outdir.Step(ctx, name)
	p.exit(end(beamrun.Guarded(func() error { return job.Run(ctx, p.run, p.out) })))
}

// plan prints what a job would do.
func plan(ctx context.Context, job Job, out io.Writer) error {
	planned, err := job.Plan(ctx)
	if err != nil {
		return err
	}
	planned.Print(out)
	return nil
}

// program is a pipeline that runs.
type program struct {
	name    string
	log     logging
	out     *output
	stopper atomic.Pointer[Stopper] // the job, if it is one
}
