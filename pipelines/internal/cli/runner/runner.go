// Package runner runs the pipelines of a program: the runners of Beam, the flag that
// names one and those that they follow, the server of a local one, and the worker that a
// runner starts this program as.
//
// What never enters: Parquet, Gorgonia, test helpers; anything that a step computes.
package runner

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx" // registers all runners

	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/early"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/spill"
)

// Job is one run of a step that runs pipelines, its fields filled from flags. See cli.Job.
type Job interface {
	Validate() error
	Plan(ctx context.Context) (*preflight.Plan, error)
	Run(ctx context.Context, run beamrun.Runner, out io.Writer) error
}

// On gives package cli a job that runs pipelines on the runner of --runner.
func On(setup func(fs *flag.FlagSet) Job) func(fs *flag.FlagSet) cli.Job {
	return func(fs *flag.FlagSet) cli.Job { return &engine{job: setup(fs)} }
}

// engine is a job with its runner.
type engine struct {
	job  Job
	tell func(message string, level slog.Level)
}

// Flags are those of Beam for a job that takes them.
func (e *engine) Flags() *flag.FlagSet {
	if _, ok := e.job.(Clustered); !ok {
		return nil
	}
	return sdk
}

// Drives returns the job.
func (e *engine) Drives() any { return e.job }

// Start checks the flags of Beam and initializes it. A worker it serves and never returns.
func (e *engine) Start(p cli.Program) error {
	e.tell = p.Tell
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
		return err
	}
	if err := followed(p.Flags, p.Planned); err != nil {
		return err
	}
	beam.Init()
	return nil
}

// Runner returns the name of the runner, and whether it is in this process.
func (*engine) Runner() (name string, local bool) { return runnerName(), isLocal() }

// Log keeps the local runner quiet: only its errors are of use, and the driver reports
// those itself in one line. Cluster runners keep their log, which goes where ours goes.
func (*engine) Log() {
	if isLocal() {
		beamlog.SetLogger(quiet{})
	} else if !flagIsTrue("dry_run") {
		beamlog.SetLogger(brief{})
	}
}

// Validate checks the job, and that it runs on the runner.
func (e *engine) Validate() error {
	if err := e.job.Validate(); err != nil {
		return err
	}
	return validateRunner(context.Background(), e.job)
}

// Plan says what Run would do.
func (e *engine) Plan(ctx context.Context) (*preflight.Plan, error) {
	return e.job.Plan(dryRun(ctx))
}

// Run does the work.
func (e *engine) Run(ctx context.Context, out io.Writer) error {
	return e.job.Run(oneJob(dryRun(ctx)), e.run, out)
}

// Stop ends a job in good order that can be ended so.
func (e *engine) Stop() bool {
	s, ok := e.job.(cli.Stopper)
	return ok && s.Stop()
}

// dryRun marks a run whose job is only printed.
func dryRun(ctx context.Context) context.Context {
	if flagIsTrue("dry_run") || runnerName() == "dot" {
		return outdir.WithDryRun(ctx)
	}
	return ctx
}

// oneJob marks a run whose jobs are far away, or not awaited.
func oneJob(ctx context.Context) context.Context {
	if !isLocal() || *jobopts.Endpoint != "" || *jobopts.Async {
		return beamrun.WithOneJob(ctx)
	}
	return ctx
}

// Runners on this machine. The direct runner of the SDK runs a pipeline inside this
// process, on the goroutine that asks for it, and opens no port; what computes on all
// processors is inside the DoFns. Prism is a server beside it (see door.go). The SDK
// registers both by name.
const (
	directRunner = "direct"
	prismRunner  = "prism"
)

// localRunners run in this process; the log of their life is of no use to a user.
var localRunners = []string{directRunner, "DirectRunner", prismRunner, "PrismRunner"}

// knownRunners are those that the Go SDK registers.
var knownRunners = append([]string{
	"dataflow", "DataflowRunner", "flink", "FlinkRunner",
	"spark", "SparkRunner", "universal", "portable", "PortableRunner", "dot",
}, localRunners...)

// runnerName is the runner of --runner. Where that is not given it is the direct
// one, or prism where a flag is that only a server can follow.
func runnerName() string {
	switch name := flagText("runner"); {
	case name != "":
		return name
	case *jobopts.Endpoint != "" || *jobopts.EnvironmentType != "":
		return prismRunner
	}
	return directRunner
}

// isLocal reports whether the runner is in this process.
func isLocal() bool { return slices.Contains(localRunners, runnerName()) }

func onPrism() bool { return slices.Contains(localRunners[2:], runnerName()) }

// run executes a pipeline on the runner of --runner and waits for its end.
// It is called on the main goroutine.
func (e *engine) run(ctx context.Context, pipeline *beam.Pipeline) error {
	if flagIsTrue("dry_run") && !onDataflow() { // which prints the job itself
		fmt.Fprintln(os.Stderr, pipeline)
		return outdir.ErrDryRun
	}
	if onPrism() {
		if err := e.startPrism(ctx); err != nil {
			return err
		}
	}
	if err := offerWorkerBinary(); err != nil {
		return err
	}
	submitted, err := scratchSpace()
	if err != nil {
		return err
	}
	defer submitted()
	watchJobs(submitted)
	_, err = beam.Run(ctx, runnerName(), pipeline)
	switch {
	case err != nil:
		return cli.ExplainTimeout(err)
	case runnerName() == "dot":
		return fmt.Errorf("%w: its graph is in %s", outdir.ErrDryRun, flagText("dot_file"))
	case flagIsTrue("dry_run"):
		return outdir.ErrDryRun
	case *jobopts.Async:
		return outdir.ErrDetached
	}
	return nil
}

// offerWorkerBinary names this program as the worker binary of a cluster where it
// can be one, on linux/amd64 and built without cgo; the SDK would compile it
// once more. Without the build's record, and elsewhere, the SDK does.
func offerWorkerBinary() error {
	if isLocal() || *jobopts.WorkerBinary != "" || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return nil
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || !slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"}) {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program for the workers: %w", err)
	}
	*jobopts.WorkerBinary = self
	return nil
}

func flagIsTrue(name string) bool { return flagText(name) == "true" }
