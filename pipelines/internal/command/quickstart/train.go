package quickstart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/training"
)

// train makes the model that was decided on, and says what that is and why.
func (r *workflow) train(ctx context.Context, out io.Writer) (string, error) {
	d, err := r.decide(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(out, d)
	runlog.From(ctx).Decided(d.record())
	c := d.Config
	c.Out = out
	if d.convolutional() {
		return r.trainConvolutional(ctx, c)
	}
	result, err := training.Run(ctx, c)
	switch {
	case err != nil:
		return "", err
	case !result.Made:
		return fmt.Sprintf("linear autoencoder %.12s is there already", result.SHA256), nil
	}
	l := &result.Linear.Learned
	return fmt.Sprintf("linear autoencoder: %s of the variance at the working size\nover %s: %v%s",
		explained(len(result.Linear.Components), result.Linear.Explained()), measuredOn(l.Images, result.Linear.Summary.Images), l, warning(l)), nil
}

// explained says how much of the variance the components hold.
func explained(components int, share float64) string {
	return words.Plural(components, "dimension explains ", "dimensions explain ") + words.Percent(share, 3)
}

// measuredOn says how many images a figure is of: all, or a part and how that was found.
func measuredOn(images, of int64) string {
	if images >= of {
		return words.Noun(of, "the one image", "all "+words.Count(of)+" images")
	}
	return fmt.Sprintf("%s of %s, drawn by hash", words.Count(images), words.Plural(of, "image", "images"))
}

// trainConvolutional trains by gradient steps and compares the result with the
// linear autoencoder.
func (r *workflow) trainConvolutional(ctx context.Context, c training.Config) (string, error) {
	ctx, done := r.graceful.begin(ctx)
	defer done()
	result, err := training.Run(ctx, c)
	if diverged := (*training.DivergedError)(nil); errors.As(err, &diverged) && diverged.Kept {
		line := fmt.Sprintf("the training of the convolutional autoencoder stopped %s\n", diverged.Why)
		used, err := r.takeLinear(ctx, c, "that training did not end")
		return line + used, err
	}
	if err != nil {
		return "", steady(err)
	}
	if ctx.Err() != nil { // after the last step
		return "", fmt.Errorf("%w after the training; run the same command again to go on", outdir.ErrInterrupted)
	}
	name := "convolutional autoencoder"
	if !result.Made {
		name += fmt.Sprintf(" %.12s is there already", result.SHA256)
	}
	line := name + compare(result)
	used, err := r.takeBetter(ctx, c, result)
	return line + "\n" + used, err
}

// steady advises a model without steps where a training diverged.
func steady(err error) error {
	if diverged := (*training.DivergedError)(nil); errors.As(err, &diverged) {
		return fmt.Errorf("training stopped %s; --arch=%s --overwrite makes a model without such steps", diverged.Why, training.ArchLinear)
	}
	return err
}

// warning is a line that says that a model has learned nothing, or nothing.
func warning(l *schemas.Learned) string {
	if w := l.Warning(); w != "" {
		return "\nwarning: " + w
	}
	return ""
}

// compare says how well the model reconstructs the images that were held out,
// and how well the linear one does.
func compare(r *training.Result) string {
	m := r.Training.Metrics
	mse, linear := m["val_mse"], m[training.MetricBaseline]
	error := func(mse float64) string {
		if v := m[schemas.MetricMeanImage]; v > 0 {
			return fmt.Sprintf("%s (%s of the variance)", words.Figure(mse, 4), words.Percent(mse/v, 3))
		}
		return words.Figure(mse, 4)
	}
	return fmt.Sprintf(", %s, %s%s: reconstruction MSE %s\n"+
		"linear autoencoder, %[1]s: %[5]s on the same %s held out",
		words.Plural(r.Arch.Latent, "dimension", "dimensions"), words.Plural(int64(m["epochs"]), "epoch", "epochs"), r.Used(), error(mse), error(linear), words.Plural(int64(m["validation_images"]), "image", "images"))
}

// graceful is where the job that is interrupted finds the training under way.
type graceful struct {
	cancel atomic.Pointer[context.CancelFunc]
}

// begin returns the context of a training that stop ends until done is called.
func (g *graceful) begin(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancel(ctx)
	g.cancel.Store(&cancel)
	return ctx, func() {
		g.cancel.Store(nil)
		cancel()
	}
}

// stop asks the training under way to end; false where there is none.
func (g *graceful) stop() bool {
	cancel := g.cancel.Load()
	if cancel == nil {
		return false
	}
	(*cancel)()
	return true
}

// indent is what stands before a line that belongs to a step: as much as the
// step's name and time take.
var indent = strings.Repeat(" ", 17)

// indented writes lines to out, each below the step's.
type indented struct{ out io.Writer }

// Write takes whole lines.
func (w *indented) Write(lines []byte) (int, error) {
	for line := range bytes.Lines(lines) {
		if _, err := fmt.Fprintf(w.out, "%s%s", indent, line); err != nil {
			return 0, err
		}
	}
	return len(lines), nil
}
