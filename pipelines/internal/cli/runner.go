package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"exemplar/transforms/engine"
)

// localRunners run in this process; the log of their life is of no use to a user.
var localRunners = []string{"", "prism", "PrismRunner"}

// knownRunners are those that the Go SDK registers.
var knownRunners = []string{
	"", "prism", "PrismRunner", "dataflow", "DataflowRunner", "flink", "FlinkRunner",
	"spark", "SparkRunner", "universal", "portable", "PortableRunner", "dot",
}

func runnerName() string { return flagText("runner") }

// run executes a pipeline on the runner of --runner and waits for its end.
// It is called on the main goroutine.
func run(ctx context.Context, p *beam.Pipeline) error {
	if err := scratchSpace(); err != nil {
		return err
	}
	if slices.Contains(localRunners, runnerName()) && runtime.GOMAXPROCS(0) < 2 {
		// On one processor the watermark loop of prism starves the stages it waits
		// for: 50 passes of k-means took 75 s instead of 3. Computing stays bounded
		// by package parallel, which has counted the processors already.
		runtime.GOMAXPROCS(2)
	}
	if err := offerWorkerBinary(); err != nil {
		return err
	}
	if !slices.Contains(localRunners, runnerName()) {
		askToKeepWorkers()
	}
	err := beamx.Run(ctx, p)
	switch {
	case err != nil:
		return explainTimeout(err, openFiles())
	case flagIsTrue("dry_run") || runnerName() == "dot":
		return engine.ErrDryRun
	case *jobopts.Async:
		return engine.ErrDetached
	}
	return nil
}

// scratchSpace makes sure that the temporary folder takes a file: without one
// the SDK's local runner fails with a stack trace.
func scratchSpace() error {
	f, err := os.CreateTemp("", "exemplar-*")
	if err != nil {
		return fmt.Errorf("the temporary folder %s cannot be written (%w): free some space there or set TMPDIR", os.TempDir(), err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// offerWorkerBinary names this program as the worker binary of a cluster where it
// can be one, on linux/amd64 and built without cgo; the SDK would compile it
// once more. Without the build's record, and elsewhere, the SDK does.
func offerWorkerBinary() error {
	if slices.Contains(localRunners, runnerName()) || *jobopts.WorkerBinary != "" || runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
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

func flagIsTrue(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() == "true"
}
