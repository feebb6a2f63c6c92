package runner

import (
	"context"
	"flag"
	"io"

	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/preflight"
)

// Worker sets up the job of a program of several steps that a runner has started as a
// worker: it serves the runner, whichever step that runs, and never gets to work of its
// own.
func Worker(*flag.FlagSet) Job { return worker{} }

type worker struct{}

func (worker) Validate() error { return cli.Usagef("--worker: a runner starts its workers itself") }

func (worker) Plan(context.Context) (*preflight.Plan, error) { return &preflight.Plan{}, nil }

func (worker) Run(context.Context, beamrun.Runner, io.Writer) error { return nil }

// Places are none: each bundle names its own.
func (worker) Places() map[string][]string { return nil }
