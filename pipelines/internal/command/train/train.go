// Package train is the command train: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Beam, test helpers; the work itself.
package train

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	optimizers "exemplar/model/training"
	"exemplar/pipelines/internal/cli"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/training"
	"exemplar/transforms/training/fit"
	"exemplar/transforms/training/sweep"
)

// Command is train.
var Command = cli.Command{
	Name: "train", About: "makes a model from image shards, or from a table of numbers", Setup: setup,
	Examples: []string{
		"--input=shards/ --output=model/",
		"--input=shards/ --output=model/ --arch=ae1m --epochs=50",
		"--input=spikes.csv --id_column=bin --vector_columns='^n' --arch=dense-100-32-2 --output=model/",
	},
	Groups: []string{
		"Input and output: input* output*",
		"Model: arch latent limit where seed summary",
		"Tables of numbers: id_column vector_column vector_columns label_column ids scale table_weights",
		"Linear: working_size passes",
		"Training by gradient steps: epochs steps batch lr optimizer momentum init from head freeze schedule patience validation validation_input shuffle_mib checkpoint report_steps sweep curve",
		"Loss: loss noise l1 dropout dropout_input variational beta clip_norm",
		"Layers, instead of those of the architecture: filters convs_per_stage widths hidden_activation latent_activation output_activation input_range",
		"Run: overwrite",
	},
	Fields: map[string]string{"Buffer": "shuffle_mib"},
}

type job struct {
	flags    *flag.FlagSet
	config   training.Config
	table    training.Table // of a table
	beta     float64
	momentum float64
	mib      int64           // of the shuffle buffer
	sweep    sweep.Config    // each of its trainings is config, but for what its file says
	ctx      context.Context // ends when the training is to stop
	stop     context.CancelFunc
}

func setup(fs *flag.FlagSet) cli.Job {
	j := newJob(fs)
	j.ctx, j.stop = context.WithCancel(context.Background())
	return j
}

// newJob returns a job that the flags fill.
func newJob(fs *flag.FlagSet) *job {
	j := &job{flags: fs, config: training.DefaultConfig(), table: *training.NewTable()}
	j.register(fs)
	return j
}

func (j *job) Validate() error {
	set := map[string]bool{}
	j.flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	c := &j.config
	if j.isTable() {
		c.Table = &j.table
	}
	if err := checkInput(c.Shards, c.Table != nil, set); err != nil {
		return err
	}
	if err := checkKind(c.Arch, set); err != nil {
		return err
	}
	if set["passes"] && c.Passes == 0 { // of the configuration, the default
		return fmt.Errorf("--passes=0: must be 2 to %d", training.MaxPasses)
	}
	if c.Learner.Variational {
		c.Learner.Beta = j.beta
	} else if set["beta"] {
		return fmt.Errorf("--beta=%g: has a meaning only with --variational", j.beta)
	}
	if c.Learner.Optimizer == optimizers.OptimizerSGD {
		c.Learner.Momentum = j.momentum
	} else if set["momentum"] {
		return fmt.Errorf("--momentum=%g: has a meaning only with --optimizer=sgd", j.momentum)
	}
	if c.From != "" && set["init"] {
		return fmt.Errorf("--init=%s: the first weights are those of --from; give one of them", optimizers.InitText(c.Learner.InitNormal))
	}
	if c.Head != "" && set["loss"] {
		return fmt.Errorf("--loss=%s: --head=%s has a loss of its own, the cross-entropy of the labels; leave it out", c.Learner.Loss, c.Head)
	}
	if c.Head != "" && j.sweep.File != "" {
		return fmt.Errorf("--sweep=%s: compares reconstructions, and a model with --head=%s makes none; train such models one by one", j.sweep.File, c.Head)
	}
	c.Longer = !set["epochs"]
	switch f := &c.Fit; {
	case set["steps"] && set["epochs"]:
		return fmt.Errorf("--steps=%d: --epochs=%d says how long, too; give one of them", f.Steps, f.Epochs)
	case set["steps"] && f.Steps < 1:
		return fmt.Errorf("--steps=%d: must be at least 1", f.Steps)
	case set["steps"]:
		f.Epochs = 0
		if !set["report_steps"] {
			f.ReportSteps = fit.DefaultReportSteps
		}
	}
	if j.mib < 1 || j.mib > 1<<30 {
		return fmt.Errorf("--shuffle_mib=%d: must be 1 to %d", j.mib, 1<<30)
	}
	c.Buffer = j.mib << 20
	return c.Validate()
}

// isTable reports whether the input is a table: by its name, or by a flag that says which of
// its columns hold what.
func (j *job) isTable() bool {
	return j.table.Read.AnyGiven(j.config.Shards)
}

// twice refuses flags for what the file of the sweep names, too.
func (j *job) twice(ctx context.Context) (err error) {
	if j.sweep.File == "" {
		return nil
	}
	named, err := sweep.Named(ctx, j.sweep.File)
	if err != nil {
		return err
	}
	j.flags.Visit(func(f *flag.Flag) {
		if err == nil && slices.Contains(named, f.Name) {
			err = cli.Usagef("--%s=%s: %s of --sweep names values of %[1]s, too; give one of them", f.Name, f.Value, j.sweep.File)
		}
	})
	if err == nil && j.config.From != "" && slices.Contains(named, "init") {
		err = cli.Usagef("--from=%s: %s of --sweep names values of init, and the first weights are those of --from; give one of them", j.config.From, j.sweep.File)
	}
	return err
}

// Stop makes Run finish the step and save; the linear autoencoder has no steps.
func (j *job) Stop() bool {
	if j.config.Arch == training.ArchLinear {
		return false
	}
	j.stop()
	return true
}

// garbage is how much the heap may grow beyond what is in use before it is
// collected, in percent. A training holds large arrays for hours and leaves
// little behind: a small share costs no time and saves gigabytes.
const garbage = 10

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	if err := j.twice(ctx); err != nil {
		return nil, err
	}
	if j.sweep.File != "" {
		return sweep.Plan(ctx, sweep.Config{File: j.sweep.File, Each: j.config})
	}
	return training.Plan(ctx, j.config)
}

func (j *job) Run(ctx context.Context, out io.Writer) error {
	if err := j.twice(ctx); err != nil {
		return err
	}
	debug.SetGCPercent(garbage)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(j.ctx, cancel)()
	j.config.Out = out
	if j.sweep.File != "" {
		return sweep.Run(ctx, sweep.Config{File: j.sweep.File, Each: j.config}, out)
	}
	began := time.Now()
	r, err := training.Run(ctx, j.config)
	if err != nil {
		return err
	}
	summarize(out, r, j.config, time.Since(began))
	return nil
}
