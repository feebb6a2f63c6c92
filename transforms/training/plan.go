package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/training/curve"
	"exemplar/transforms/training/fit"
)

// Plan says what Run would do, from some steps on a sample of the images, and
// refuses what it would refuse. It changes nothing; shards of another
// program are hashed.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	d, _, done, err := step.Check(ctx, c.output(), c.draft)
	switch {
	case err != nil:
		return nil, err
	case done:
		nothing := c.Output + " already holds this model" + d.result.Beyond() + "."
		note, err := d.unreported(ctx)
		if note != "" {
			nothing += " " + note + "."
		}
		return &preflight.Plan{Nothing: nothing}, err
	}
	return d.describe(ctx)
}

// modelBytes returns the bytes of the weights of a model.
func modelBytes(a model.Arch) int64 {
	encoder, decoder := a.Parameters()
	return 4 * (encoder + decoder)
}

// copies is how often the folder of a training holds the weights: those of the
// checkpoint with two moments each, the best ones, and in the end the model; while
// one is replaced, twice.
const copies = 6

func (p *plan) need() int64 { return copies * modelBytes(p.learner.Arch) }

// reading begins a plan with what is read.
func (c Config) reading(s sources) (p *preflight.Plan, images int64) {
	p = &preflight.Plan{}
	folder := s.folder
	for _, line := range s.found() {
		p.Reading("%s", line)
	}
	images = folder.Records(nil)
	all := images
	if c.Limit > 0 {
		images = min(images, c.Limit)
	}
	if images == 0 {
		p.Reading("the images of %s of another program, of %s, in %s", words.Plural(len(folder.Shards), "shard", "shards"), folder.Shape, c.Shards)
		p.Note("without the number of images time and memory are not known")
		return p, 0
	}
	if images < all {
		p.Reading("%s of %s %s, drawn by the hash of their names (Config.Limit)", progress.Count(images), progress.Count(all), c.things())
	}
	if c.Table != nil {
		p.Reading("%s of %s, in %s", words.Plural(images, "row", "rows"), words.Plural(folder.Shape.Width, "number", "numbers"), c.Shards)
		return p, images
	}
	p.Reading("%s images of %s, %s, in %s", progress.Count(images), folder.Shape, progress.Bytes(images*int64(folder.Shape.Bytes())), c.Shards)
	return p, images
}

// tables adds the tables of the layers, where they are asked for.
func (c Config) tables(text *preflight.Plan, a model.Arch, l *limits) {
	if !c.Summary {
		return
	}
	for line := range strings.Lines(c.summary(a, l)) {
		text.Writing("%s", strings.TrimSuffix(line, "\n"))
	}
}

// summary is the tables of the layers.
func (c Config) summary(a model.Arch, l *limits) string {
	if c.Head != "" {
		return c.headSummary(a, len(l.classes.names))
	}
	return a.Summary(true)
}

// describe says what will be done, from some steps.
func (p *plan) describe(ctx context.Context) (*preflight.Plan, error) {
	text, images := p.reading(p.sources)
	encoder, decoder := p.learner.Arch.Parameters()
	p.tables(text, p.learner.Arch, p.limits)
	if p.Head != "" {
		decoder = int64((p.learner.Arch.Latent + 1) * len(p.classes.names))
	}
	text.Writing("a model of %s and %s weights, with its checkpoints about %s, in %s%s", words.Plural(p.learner.Arch.Latent, "dimension", "dimensions"),
		progress.Count(encoder+decoder), progress.Bytes(p.need()), p.Output, preflight.Free(p.Output))
	t, err := p.try(ctx)
	if err != nil {
		return nil, err
	}
	text.Tried("%d steps on batches of %d %s, drawn by the hash of their names, in %s: %.1f %s/s; to validate, %.1f %s/s", t.steps, t.batch, p.things(),
		preflight.Duration(t.training.Elapsed()+t.validation.Elapsed()), t.training.PerSecond(), p.things(), t.validation.PerSecond(), p.things())
	if images == 0 {
		return text, nil
	}
	held := int64(p.share * float64(images))
	switch {
	case p.held != nil:
		held = p.held.Records(nil)
	case p.classes != nil:
		held = p.classes.heldOut()
	}
	trained := images // in an epoch
	if p.held == nil {
		trained -= held
	}
	epochs, long := int64(p.Fit.Epochs), words.Plural(int64(p.Fit.Epochs), "epoch", "epochs")
	passed := trained * epochs
	if p.Fit.Steps > 0 {
		perEpoch := (trained + int64(p.Fit.Batch) - 1) / int64(p.Fit.Batch)
		epochs = (p.Fit.Steps + perEpoch - 1) / max(perEpoch, 1)
		passed = min(p.Fit.Steps*int64(p.Fit.Batch), trained*epochs)
		long = fmt.Sprintf("%s, %s", words.Plural(p.Fit.Steps, "step", "steps"), words.Plural(epochs, "epoch", "epochs"))
	}
	text.Time = preflight.Startup().Plus(t.training.For(passed)).Plus(t.validation.For(held * epochs))
	text.Memory = runlog.PeakMemory() + min(p.Buffer, images*int64(p.folder.Shape.Bytes()))
	text.Note("the time is that of %s from the start, with %s of the %s held out; Config.Patience and Config.Schedule=plateau may end it earlier", long, progress.Count(held), p.things())
	if p.Curve {
		text.Writing("%s: validation error and skill of the picks after %s of the run", schemas.CurveFile, curveShares())
		text.Note("at each of these moments %s are encoded and %d default selections made of them, in seconds to a minute that the time does not have; %d at least must be held out",
			p.noun(min(held, curve.Most)), curve.Folds, curve.Least)
	}
	if p.resumes {
		text.Note("there is a checkpoint, from which it goes on")
	}
	return text, nil
}

// trial is what came of some steps.
type trial struct {
	steps, batch         int
	training, validation preflight.Timing
}

// Steps of a trial: the first, which makes what the others use, is not timed.
const (
	trialSteps = 8
	trialTime  = preflight.SampleTime / 2
)

// try makes some steps on images that a hash of their ids draws, and throws the weights away.
func (p *plan) try(ctx context.Context) (t *trial, err error) {
	var pixels [][]byte
	var labels []string
	few := int64(p.Fit.Batch)
	if p.Limit > 0 { // others can have labels that are no classes
		few = min(few, p.Limit)
	}
	drawn, err := p.folder.Draw(ctx, few, p.Seed)
	if err != nil {
		return nil, err
	}
	for shard := range p.folder.Shards {
		for im, err := range p.folder.Usable(ctx, shard, drawn, nil) {
			if err != nil {
				return nil, err
			}
			pixels, labels = append(pixels, bytes.Clone(im.Pixels)), append(labels, im.Label)
		}
	}
	if len(pixels) == 0 {
		return nil, fmt.Errorf("%s holds no usable image", p.Shards)
	}
	pixels = pixels[:min(len(pixels), p.Fit.Batch)]
	l, err := p.newLearner()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	t = &trial{batch: len(pixels)}
	timed := func(timing *preflight.Timing, do func() error) error {
		began := time.Now()
		for i := range trialSteps {
			start := time.Now()
			if s, ok := l.(fit.Supervised); ok {
				if err := s.Label(labels[:len(pixels)]); err != nil {
					return err
				}
			}
			if err := do(); err != nil && !errors.Is(err, training.ErrNotFinite) {
				return err
			}
			// The first makes what the others use; it counts where there are no others.
			if over := time.Since(began) > trialTime; i > 0 || over {
				timing.Add(int64(len(pixels)), time.Since(start))
				t.steps++
				if over {
					break
				}
			}
		}
		return nil
	}
	err = timed(&t.validation, func() error { _, err := l.Evaluate(slices.Clone(pixels)); return err })
	t.steps = 0
	if err == nil {
		err = timed(&t.training, func() error { _, err := l.Step(p.Fit.LR, slices.Clone(pixels)); return err })
	}
	return t, err
}
