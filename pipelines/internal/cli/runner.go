package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx" // registers all runners

	"exemplar/transforms/run/outdir"
)

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

// isLocal tells whether the runner is in this process.
func isLocal() bool { return slices.Contains(localRunners, runnerName()) }

func onPrism() bool { return slices.Contains(localRunners[2:], runnerName()) }

// run executes a pipeline on the runner of --runner and waits for its end.
// It is called on the main goroutine.
func (p *program) run(ctx context.Context, pipeline *beam.Pipeline) error {
	if flagIsTrue("dry_run") && !onDataflow() { // which prints the job itself
		fmt.Fprintln(os.Stderr, pipeline)
		return outdir.ErrDryRun
	}
	if onPrism() {
		if err := p.startPrism(ctx); err != nil {
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
		return explainTimeout(err, openFiles())
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
