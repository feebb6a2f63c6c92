package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

// prefix begins the name of a run's folder.
const prefix = "run"

// train makes the model of one run; tests put another in its place.
var train = training.Run

// owns tells the files of a sweep: those in the folders of its runs.
func owns(name string) bool { return strings.HasPrefix(name, prefix+"-") }

// Config says what to train.
type Config struct {
	File string // JSON with the runs, see the package
	// Each is what a run is trained by where the file does not say; its Output is the
	// folder for those of the runs.
	Each training.Config
}

// Run trains the runs of the file one after the other, below the output, and writes
// the table after each. A run that diverges is
// in the table, last; any other error ends the sweep, which goes on there when it
// is run again. When ctx is canceled, the error is outdir.ErrInterrupted.
func Run(ctx context.Context, c Config, out io.Writer) error {
	err := run(ctx, c, out)
	if errors.Is(err, context.Canceled) { // between two runs
		return fmt.Errorf("%w; what is finished is kept, run the same command again to continue", outdir.ErrInterrupted)
	}
	return err
}

func run(ctx context.Context, c Config, out io.Writer) error {
	runs, err := c.read(ctx)
	if err != nil {
		return err
	}
	folder := c.folder()
	rows, err := outdir.Held(ctx, folder, "train", func(ctx context.Context) ([]row, error) { return trainAll(ctx, folder, runs, c.Each, out) })
	if err != nil {
		return err
	}
	printTable(out, rows)
	fmt.Fprintf(out, "table: %s/%s\n", folder.Dir, schemas.SweepFile)
	return nil
}

// folder is the output.
func (c Config) folder() outdir.Output {
	return outdir.Output{Dir: c.Each.Output, Manifest: schemas.SweepFile, Owns: owns}.Reading(c.Each.Shards, c.Each.HeldShards)
}

// trainAll trains the runs, and writes the table after each.
func trainAll(ctx context.Context, folder outdir.Output, runs []values, c training.Config, out io.Writer) (rows []row, err error) {
	whole, err := holdsAll(ctx, c.Output, runs)
	if err != nil {
		return nil, err
	}
	if !whole {
		if err := folder.Begin(ctx); err != nil {
			return nil, err
		}
	}
	for i, v := range runs {
		fmt.Fprintf(out, "run %d of %d: %s\n", i+1, len(runs), v.name())
		began := time.Now()
		step, end := outdir.Step(ctx, "train")
		r, err := train(step, v.config(c))
		err = end(err)
		var diverged *training.DivergedError
		switch {
		case errors.As(err, &diverged):
			fmt.Fprintf(out, "  %v\n", diverged)
			rows = append(rows, newRow(v, c, nil, diverged.Why))
		case err != nil:
			return nil, fmt.Errorf("%s: %w", v.name(), err)
		default:
			rows = append(rows, newRow(v, c, r, ""))
			if r.Made && whole { // it was one with other parameters
				whole, err = false, folder.Begin(ctx)
			}
			if err != nil {
				return nil, err
			}
			if r.Made {
				fmt.Fprintf(out, "  in %s\n", time.Since(began).Round(10*time.Millisecond))
			} else {
				fmt.Fprintf(out, "  is there already%s\n", r.Beyond())
			}
		}
		if err := writeTable(ctx, c.Output, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// holdsAll reports whether all runs have a model, so that there is probably nothing to do.
func holdsAll(ctx context.Context, dir string, runs []values) (bool, error) {
	for _, v := range runs {
		there, err := store.Exists(ctx, store.Join(dir, v.name(), schemas.ModelFile))
		if err != nil || !there {
			return false, err
		}
	}
	return true, nil
}
