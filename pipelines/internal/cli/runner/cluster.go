package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/store"
)

// Clustered is a job that runs on clusters as well, and takes the flags of Beam; all
// others run on this machine only.
type Clustered interface {
	// Places returns the names of the files and folders that its workers read and
	// write, by flag; "" for one that is not given.
	Places() map[string][]string
}

// knownRunner checks that the runner of --runner exists.
func knownRunner() error {
	if r := runnerName(); !slices.Contains(knownRunners, r) {
		return cli.Usagef("--runner=%s: must be one of direct, prism, dataflow, flink, spark, universal", r)
	}
	return nil
}

// validateRunner checks that the job runs on the runner of --runner. The flags have been
// checked.
func validateRunner(ctx context.Context, job Job) error {
	clustered, ok := job.(Clustered)
	switch {
	case !ok:
		return nil // it takes no such flag
	case isLocal() && onPrism() && *jobopts.Endpoint == "" && !doorCloses:
		return cli.Usagef("--runner=%s: it listens on all addresses of this machine, and this system has no way to close its port to the network: %s", runnerName(), openDoor)
	case onDataflow():
		return validateDataflow(ctx, clustered.Places())
	}
	return nil
}

func onDataflow() bool { return slices.Contains([]string{"dataflow", "DataflowRunner"}, runnerName()) }

// validateDataflow checks what the SDK would only find out when the job is
// submitted, after the collection has been listed, and the workers later still.
func validateDataflow(ctx context.Context, places map[string][]string) error {
	if gcpopts.GetProjectFromFlagOrEnvironment(ctx) == "" {
		return cli.Usagef("--project is missing: name the Google Cloud project that the job runs in")
	}
	if gcpopts.GetRegion(ctx) == "" {
		return cli.Usagef("--region is missing: name the one where the bucket is, such as europe-west4")
	}
	staging := flagText("staging_location")
	if !strings.HasPrefix(staging, "gs://") {
		return cli.Usagef("--staging_location=%s: must be a folder in a bucket, gs://BUCKET/staging, for the program that the workers run", staging)
	}
	for _, flag := range slices.Sorted(maps.Keys(places)) {
		for _, name := range places[flag] {
			if name != "" && !store.IsRemote(name) {
				return cli.Usagef("--%s=%s: the workers of Dataflow cannot see the files of this machine; put them into a bucket, gs://BUCKET/…", flag, name)
			}
		}
	}
	if machine := flagText("worker_machine_type") + flagText("machine_type"); isArm(machine) && *jobopts.WorkerBinary == "" {
		return cli.Usagef("machine type %s: it is an Arm machine, for which the kernels of encode are only the slow portable ones; choose another, or name a program built for linux/arm64 with --worker_binary", machine)
	}
	return nil
}

// isArm reports whether a machine type of Compute Engine has Arm processors.
func isArm(machine string) bool {
	series, _, _ := strings.Cut(machine, "-")
	return slices.Contains([]string{"t2a", "c4a", "n4a"}, series)
}

// GoesOn is what a user who interrupts a command has to know about a job that it
// submitted, or "".
func (*engine) GoesOn() string {
	if c := chosen.Load(); c != nil {
		return c.goesOn
	}
	return ""
}

// WorksOn returns the name of the cluster's runner that goes on with a job of this
// process when it ends, or "".
func (*engine) WorksOn() string {
	if c := chosen.Load(); c != nil && beamrun.Running() {
		return c.runner
	}
	return ""
}

// chosen is the cluster that the flags name, for a signal, which may come while they
// are read; nil before, and on this machine.
var chosen atomic.Pointer[cluster]

type cluster struct {
	runner string
	goesOn string // see GoesOn
}

// choose notes the cluster that the flags name.
func choose() {
	if isLocal() {
		return
	}
	c := &cluster{runner: runnerName()}
	if onDataflow() {
		c.goesOn = fmt.Sprintf(" (a job that Dataflow already runs goes on, and costs: see \"gcloud dataflow jobs list --region=%s --status=active\", and \"jobs cancel\")", flagText("region"))
	}
	chosen.Store(c)
}

// brief is the SDK's log without credentials, and without the whole pipeline and
// the whole job, which it prints when it submits them: 170 KB for select.
type brief struct{ beamlog.Structural }

func (b brief) Log(ctx context.Context, severity beamlog.Severity, depth int, message string) {
	if len(message) < 2000 {
		b.Structural.Log(ctx, severity, depth, redact.Line(message))
	}
}

// quiet is a Beam logger that drops everything.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

// flagText is the value of a flag of the SDK.
func flagText(name string) string { return sdk.Lookup(name).Value.String() }
