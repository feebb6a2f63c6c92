package fit

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"exemplar/model"
	"exemplar/transforms/data/curves"
)

// Step is the name under which package progress counts the images trained on.
const Step = "train"

// Learner is a model in training.
type Learner interface {
	// Step makes one step of the optimizer on a batch of raw images and returns the
	// losses before it.
	Step(lr float64, pixels [][]byte) (Losses, error)
	// Evaluate returns the losses of images without learning from them.
	Evaluate(pixels [][]byte) (Losses, error)
	// Model returns a copy of the present weights.
	Model() *model.Model
	// WriteState writes everything that the steps to come depend on, and
	// UnmarshalState goes back to it.
	WriteState(io.Writer) error
	UnmarshalState([]byte) error
}

// Supervised is a learner of the labels of images: it is told those of the images of the next
// Step or Evaluate.
type Supervised interface {
	Label(labels []string) error
}

// Schedules of the learning rate.
const (
	Constant = "constant"
	Cosine   = "cosine"  // falls to 0 along half a cosine, step by step
	Plateau  = "plateau" // halves after plateauEpochs epochs without a better validation loss
)

// Schedules are the values of Config.Schedule.
var Schedules = []string{Constant, Cosine, Plateau}

// Config says how to train.
type Config struct {
	Table       bool   // what is trained on are rows of a table
	Dir         string // folder whose StateDir holds the checkpoint
	Fingerprint string // of everything that decides the steps but Epochs, which may be raised later; of Steps, too

	Epochs   int     // passes over the images, at least 1; default 20; 0 with Steps
	Steps    int64   // steps of the optimizer after which the run ends, within an epoch if need be; 0, the default: Epochs says
	Batch    int     // images per step, 1 to 4096; default 32
	LR       float64 // learning rate, of which the schedule takes its share, above 0; default 0.0003
	Schedule string  // one of Schedules; default Constant
	Patience int     // epochs without a better validation loss after which the run ends; 0, the default: never

	// Every is the time between two checkpoints inside an epoch, by default ten minutes;
	// one is written at the end of each. 0: none inside.
	Every time.Duration
	// ReportSteps is the number of steps between two rows of Result.Reports, which Out gets
	// as lines, too; 0, the default: there are none.
	ReportSteps int64
	// Curve, where it is set, is measured after CurveShares of the steps, and at the end of a run
	// that ends early. Nothing that is trained depends on it.
	Curve *Curve
	// Out takes one line an epoch.
	Out io.Writer
	// AtEpoch is called at the end of every epoch, before its checkpoint: what it
	// writes for an epoch is written again where the run was killed between the two.
	AtEpoch func(ctx context.Context, rows []Row, m *model.Model) error
	// Compare, where it is set, says how the errors of the first epoch are to be
	// taken: Out gets it as a line.
	Compare func(Row) string
}

// DefaultReportSteps is the usual Config.ReportSteps of a run of Config.Steps.
const DefaultReportSteps = 1000

// Largest numbers of a run.
const (
	maxSteps   = 1 << 40
	maxReports = 10_000 // rows of Result.Reports, which checkpoints hold
)

// DefaultConfig returns the configuration of a training; Dir and Fingerprint have no default.
func DefaultConfig() Config {
	return Config{Epochs: 20, Batch: 32, LR: 3e-4, Schedule: Constant, Every: 10 * time.Minute}
}

// Validate reports the first field that cannot be, by its name.
func (c Config) Validate() error {
	switch {
	case c.Steps < 0 || c.Steps > maxSteps:
		return fmt.Errorf("Config.Steps=%d: must be 0 (Config.Epochs says how long) to %d", c.Steps, int64(maxSteps))
	case c.Steps > 0 && c.Epochs != 0:
		return fmt.Errorf("Config.Steps=%d: Config.Epochs=%d says how long, too; give one of them", c.Steps, c.Epochs)
	case c.Steps == 0 && c.Epochs < 1:
		return fmt.Errorf("Config.Epochs=%d: must be at least 1", c.Epochs)
	case c.ReportSteps < 0:
		return fmt.Errorf("Config.ReportSteps=%d: must be 0 (none) or more", c.ReportSteps)
	case c.Batch < 1 || c.Batch > 4096:
		return fmt.Errorf("Config.Batch=%d: must be 1 to 4096", c.Batch)
	case !(c.LR > 0) || math.IsInf(c.LR, 0):
		return fmt.Errorf("Config.LR=%g: must be positive", c.LR)
	case !slices.Contains(Schedules, c.Schedule):
		return fmt.Errorf("Config.Schedule=%s: must be one of %v", c.Schedule, Schedules)
	case c.Patience < 0:
		return fmt.Errorf("Config.Patience=%d: must be 0 (never stop early) or more", c.Patience)
	case c.Every < 0:
		return fmt.Errorf("Config.Every=%s: must be 0 (at the end of each epoch only) or more", c.Every)
	}
	return nil
}

// Result is a run that has ended.
type Result struct {
	Rows    []Row
	Reports []Report     // by Config.ReportSteps
	Curve   []curves.Row // by Config.Curve, of the moments that were reached
	// Best is the index of the row with the least validation loss (training loss
	// without validation), and Model its weights; -1 and nil where the run diverged
	// in its first epoch.
	Best  int
	Model *model.Model
	Steps int64 // that were made, from the start of the run
	// Stopped says why the run ended before its last epoch; empty if it did not.
	Stopped string
	// Diverged says that it ended because the loss was not finite, or rose.
	Diverged bool
}
