package fit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
)

// readAhead is the number of batches that are read while a step computes.
const readAhead = 4

// run is a training run on its way.
type run struct {
	Config
	epochs  int // that are begun
	learner Learner
	data    *dataset.Set
	at      checkpoint
	saved   time.Time
	meter   *progress.Meter
}

// Run trains a learner on the data until the last epoch, or until patience or
// the guard ends it; it goes on from the checkpoint in c.Dir where there is one
// of the same fingerprint. When ctx is canceled it finishes the step, saves, and
// returns an error that is outdir.ErrInterrupted.
func Run(ctx context.Context, c Config, learner Learner, data *dataset.Set) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r := &run{Config: c, learner: learner, data: data, at: checkpoint{Fingerprint: c.Fingerprint, Best: -1}}
	if r.Out == nil {
		r.Out = io.Discard
	}
	if err := r.measure(); err != nil {
		return nil, err
	}
	resumed, err := r.restore(ctx)
	if err != nil {
		return nil, err
	}
	if resumed && r.at.Epoch < r.epochs && r.at.Stopped == "" {
		fmt.Fprintf(r.Out, "going on in epoch %d of %d, after %s of %s %s\n",
			r.at.Epoch+1, r.epochs, progress.Count(r.at.Images), progress.Count(data.Training), r.things())
	}
	r.saved = time.Now()
	r.meter = progress.Start(Step, r.left(), r.things())
	defer r.meter.Stop()
	for r.at.Epoch < r.epochs && r.at.Stopped == "" {
		if err := r.epoch(ctx); err != nil {
			return nil, err
		}
	}
	if !r.at.Diverged && r.at.Step > 0 { // it can have ended early
		if err := r.point(ctx, true); err != nil {
			return nil, err
		}
	}
	return r.result(ctx)
}

// things is what is trained on.
func (c Config) things() string {
	if c.Table {
		return "rows"
	}
	return "images"
}

// measure computes how many epochs are begun.
func (r *run) measure() error {
	steps, perEpoch := r.Steps, r.stepsPerEpoch()
	if r.epochs = r.Epochs; steps > 0 {
		r.epochs = int((steps + perEpoch - 1) / max(perEpoch, 1))
	} else {
		steps = int64(r.Epochs) * perEpoch
	}
	if r.ReportSteps > 0 && steps/r.ReportSteps > maxReports {
		return fmt.Errorf("Config.ReportSteps=%d: %s steps would be reported in more than %s lines; must be at least %d",
			r.ReportSteps, progress.Count(steps), progress.Count(maxReports), steps/maxReports+1)
	}
	return nil
}

// left returns the images that are still to be trained on; those of a number of steps are
// as many as whole batches have, at most.
func (r *run) left() int64 {
	left := r.data.Training*int64(r.epochs-r.at.Epoch) - r.at.Images
	if r.Steps > 0 {
		left = min(left, (r.Steps-r.at.Step)*int64(r.Batch))
	}
	return left
}

// over reports whether all steps of Config.Steps are made.
func (r *run) over() bool { return r.Steps > 0 && r.at.Step >= r.Steps }

// result reads the best weights back: they are not held in memory, where those
// that are trained need the room.
func (r *run) result(ctx context.Context) (*Result, error) {
	done := &Result{Rows: r.at.Rows, Reports: r.at.Reports, Best: r.at.Best, Steps: r.at.Step, Stopped: r.at.Stopped, Diverged: r.at.Diverged, Curve: r.curve()}
	if done.Best < 0 {
		return done, nil
	}
	var err error
	done.Model, err = r.readBest(context.WithoutCancel(ctx), &r.at)
	if err == nil && done.Model == nil {
		err = fmt.Errorf("%s is damaged: run the same command again", r.file(bestName(done.Best, schemas.ModelFile)))
	}
	return done, err
}

// epoch trains and validates one epoch, or what is left of it.
func (r *run) epoch(ctx context.Context) error {
	began := time.Now()
	if err := r.train(ctx); err != nil || r.at.Stopped != "" {
		return err
	}
	held, err := r.validate(ctx)
	if err != nil {
		return err
	}
	row := Row{Epoch: r.at.Epoch, Train: r.at.Sums.mean(), Held: held, LR: r.rate(r.at.Step-1, r.stepsPerEpoch(), r.at.Halvings)}
	if held.N > 0 && !finite(held.Loss, held.MSE) {
		r.diverge(fmt.Sprintf("the validation loss is %g", held.Loss))
		return nil
	}
	return r.conclude(ctx, row, time.Since(began))
}

// train makes the steps of the epoch that are still to be made.
func (r *run) train(ctx context.Context) error {
	if r.over() { // it was interrupted in validation
		return nil
	}
	// Reading is not canceled: the step under way is finished first.
	order := r.data.Epoch(context.WithoutCancel(ctx), r.at.Epoch, r.at.Images)
	for batch, err := range dataset.Batches(order, r.Batch, readAhead) {
		if err != nil {
			return err
		}
		if err := r.label(batch); err != nil {
			return err
		}
		losses, err := r.learner.Step(r.rate(r.at.Step, r.stepsPerEpoch(), r.at.Halvings), pixels(batch))
		if err != nil && !errors.Is(err, training.ErrNotFinite) {
			return err
		}
		why := r.at.Guard.step(losses)
		if why == "" && err != nil {
			why = "the gradient is not finite"
		}
		if why != "" {
			r.diverge(why)
			return nil
		}
		r.at.Sums.add(losses)
		r.at.Images += int64(len(batch))
		r.at.Step++
		r.report(losses)
		progress.Add(Step, int64(len(batch)))
		progress.Note(Step, fmt.Sprintf("epoch %d of %d, loss %.3g", r.at.Epoch+1, r.epochs, r.at.Sums.mean().Loss))
		if err := r.point(ctx, false); err != nil {
			return err
		}
		if err := r.pause(ctx); err != nil {
			return err
		}
		if r.over() {
			break
		}
	}
	return nil
}

// pause saves where the run is, if it is time for that or the run is interrupted;
// then it returns the error that says how to go on.
func (r *run) pause(ctx context.Context) error {
	interrupted := ctx.Err() != nil
	if !interrupted && (r.Every == 0 || time.Since(r.saved) < r.Every) {
		return nil
	}
	if err := r.save(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	r.saved = time.Now()
	if !interrupted {
		return nil
	}
	return fmt.Errorf("%w in epoch %d of %d after %s of %s %s; saved in %s, run the same command again to go on",
		outdir.ErrInterrupted, r.at.Epoch+1, r.epochs, progress.Count(r.at.Images), progress.Count(r.data.Training), r.things(), r.Dir)
}

// validate returns the mean losses of the images for validation.
func (r *run) validate(ctx context.Context) (sums, error) {
	var s sums
	if r.data.Held == 0 {
		return s, nil
	}
	for batch, err := range dataset.Batches(r.data.Validation(context.WithoutCancel(ctx)), r.Batch, readAhead) {
		if err != nil {
			return s, err
		}
		if err := r.label(batch); err != nil {
			return s, err
		}
		losses, err := r.learner.Evaluate(pixels(batch))
		if err != nil {
			return s, err
		}
		s.add(losses)
		if ctx.Err() != nil {
			return s, r.pause(ctx) // validated again from its start
		}
	}
	return s.mean(), nil
}

// conclude takes the row of a finished epoch into the log, decides about the
// best weights, the learning rate and the end, and writes the checkpoint.
func (r *run) conclude(ctx context.Context, row Row, took time.Duration) error {
	ctx = context.WithoutCancel(ctx)
	least, lowest := math.Inf(1), math.Inf(1) // measure of the best epoch, least training loss
	for i, old := range r.at.Rows {
		lowest = min(lowest, old.Train.Loss)
		if row.Train.Classified {
			lowest = max(lowest, negligible)
		}
		if i == r.at.Best {
			least = old.Measure()
		}
	}
	if why := r.at.Guard.epoch(row.Train.Loss, lowest); why != "" {
		r.diverge(why)
		return nil
	}
	m := r.learner.Model()
	better := row.Measure() < least
	r.at.Rows = append(r.at.Rows, row)
	r.at.Waited++
	if better {
		if err := r.writeBest(ctx, row.Epoch, m); err != nil {
			return err
		}
		r.at.Best, r.at.Waited = len(r.at.Rows)-1, 0
	}
	if r.at.Waited == plateauEpochs && r.Schedule == Plateau {
		r.at.Halvings, r.at.Waited = r.at.Halvings+1, 0
	}
	if r.Patience > 0 && row.Epoch-r.at.Rows[r.at.Best].Epoch >= r.Patience {
		// Kept in checkpoints and models, for those who run the programs: the flag's name.
		r.at.Stopped = fmt.Sprintf("no better epoch in the last %d (--patience)", r.Patience)
	}
	r.meter.Println(r.Out, describe(row, r.epochs, better, took))
	if row.Epoch == 0 && r.Compare != nil {
		r.meter.Println(r.Out, r.Compare(row))
	}
	if r.AtEpoch != nil {
		if err := r.AtEpoch(ctx, r.at.Rows, m); err != nil {
			return err
		}
	}
	// The copies of the weights that were written are garbage now: gone before the
	// state is copied, they do not add to the peak of the memory.
	debug.FreeOSMemory()
	r.at.Epoch, r.at.Images, r.at.Sums = r.at.Epoch+1, 0, sums{}
	r.saved = time.Now()
	return r.save(ctx)
}

// diverge ends the run. Nothing is saved: the last checkpoint holds weights that
// were good, and a run from there would end here again.
func (r *run) diverge(why string) {
	r.at.Stopped = fmt.Sprintf("in epoch %d, after %s of %s %s: %s", r.at.Epoch+1,
		progress.Count(r.at.Images), progress.Count(r.data.Training), r.things(), why)
	r.at.Diverged = true
}

// label tells a learner of labels those of a batch.
func (r *run) label(batch []records.Image) error {
	l, ok := r.learner.(Supervised)
	if !ok {
		return nil
	}
	labels := make([]string, len(batch))
	for i, im := range batch {
		labels[i] = im.Label
	}
	return l.Label(labels)
}

// stepsPerEpoch returns the steps of a whole epoch.
func (r *run) stepsPerEpoch() int64 {
	return (r.data.Training + int64(r.Batch) - 1) / int64(r.Batch)
}

// pixels returns the raw pixels of a batch.
func pixels(batch []records.Image) [][]byte {
	out := make([][]byte, len(batch))
	for i, im := range batch {
		out[i] = im.Pixels
	}
	return out
}

// describe is the line of an epoch for the user.
func describe(row Row, epochs int, better bool, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d of %d: loss %.5g", row.Epoch+1, epochs, row.Train.Loss)
	if row.Held.N > 0 {
		fmt.Fprintf(&b, ", val_loss %.5g", row.Held.Loss)
		if row.Held.Classified {
			fmt.Fprintf(&b, ", val_accuracy %.4g", row.Held.Right)
		} else if row.Held.MSE != row.Held.Loss {
			fmt.Fprintf(&b, ", val_mse %.5g", row.Held.MSE)
		}
	}
	fmt.Fprintf(&b, ", %s", took.Round(10*time.Millisecond))
	if better {
		b.WriteString(", best so far")
	}
	return b.String()
}
