package beamrun

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"

	"exemplar/transforms/run/runlog"
)

// option is the Beam option that tells workers the id of the run.
const option = "exemplar_run"

func init() { runlog.Carry(carrier{}) }

// carrier brings the id of a run to workers as an option of the job, and their lines to
// Beam's log.
type carrier struct{}

func (carrier) SetRun(id string) { beam.PipelineOptions.Set(option, id) }

func (carrier) Run() string { return beam.PipelineOptions.Get(option) }

func (carrier) Log(ctx context.Context, line string) { beamlog.Output(ctx, beamlog.SevInfo, 2, line) }
