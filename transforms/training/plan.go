package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/training/fit"
)

// Plan says what Run would do, from some steps on a sample of the images, and
// refuses what it would refuse. It changes nothing; shards of another
// program are hashed.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	if r, err := c.identify(ctx, &s); err != nil {
		return nil, err
	} else if r != nil {
		return c.nothing(), nil
	}
	if c.Arch == ArchLinear {
		return c.planLinear(ctx, s)
	}
	return c.planGradient(ctx, s)
}

// ready makes the checks of a run before its first step: whose the output is,
// whether it holds the model already, or what an unfinished run of other parameters
// left, or a model of another collection, whether each image has a name of its own, and
// whether there is room for the model.
func (c Config) ready(ctx context.Context, fingerprints []string, arch model.Arch, s sources, need int64) (*Result, error) {
	out := c.outputOf(s)
	if err := out.Claim(ctx); err != nil {
		return nil, err
	}
	r, err := c.finished(ctx, fingerprints...)
	if diverged := (*DivergedError)(nil); c.Overwrite && errors.As(err, &diverged) {
		err = nil
	}
	if r != nil && !c.Overwrite || err != nil {
		return r, err
	}
	out.Parameters = c.choices(arch.Latent)
	if err := out.Agrees(ctx, c.Overwrite); err != nil {
		return nil, err
	}
	if err := c.replaces(ctx, out, arch, s.folder.Records(nil)); err != nil {
		return nil, err
	}
	for _, dir := range []string{c.Shards, c.HeldShards} {
		if err := outdir.ShardsThere(ctx, dir); err != nil {
			return nil, err
		}
	}
	if err := c.another(ctx, out, s.folder); err != nil {
		return nil, err
	}
	if err := s.each(func(f *dataset.Folder) error { return f.Twice(ctx) }); err != nil {
		return nil, err
	}
	return nil, preflight.Room(c.Output, need)
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

func (c Config) planLinear(ctx context.Context, s sources) (*preflight.Plan, error) {
	cfg, fingerprints, err := c.linearRun(s.folder)
	if err != nil {
		return nil, err
	}
	if r, err := c.ready(ctx, fingerprints, archOf(cfg), s, linearNeed(cfg)); err != nil {
		return nil, err
	} else if r != nil {
		return c.nothing(), nil
	}
	folder := s.folder
	p, images := c.describe(folder)
	p.Writing("a linear model of %s, about %s, in %s%s", words.Plural(cfg.Latent, "dimension", "dimensions"), progress.Bytes(linearNeed(cfg)), c.Output, preflight.Free(c.Output))
	if images == 0 {
		return p, nil
	}
	sample := min(images, max(preflight.SampleSize(images), int64(2*cfg.Latent)))
	began := time.Now()
	drawn, err := folder.Draw(ctx, sample, c.Seed)
	if err != nil {
		return nil, err
	}
	_, _, err = linear.Train(ctx, cfg, newShards(folder, drawn))
	if err != nil && !errors.Is(err, linear.ErrNothingToLearn) {
		return nil, err
	}
	elapsed := time.Since(began)
	p.Tried("a model of %s of the images, drawn by the hash of their names, in %s", progress.Count(sample), preflight.Duration(elapsed))
	// What does not grow with the images is not told from what does.
	most := time.Duration(float64(elapsed) * float64(images) / float64(sample))
	p.Time = preflight.Startup().Plus(preflight.Between(max(elapsed, most/4), most).Widen(preflight.Slack))
	pooled := int64(4 * cfg.Working.Height * cfg.Working.Width * cfg.Input.Channels)
	p.Memory = runlog.PeakMemory() + min(images*pooled, linear.DefaultCache)
	return p, nil
}

// linearNeed returns the bytes of a linear model: each dimension has a picture of
// the working size on both sides.
func linearNeed(c linear.Config) int64 {
	return 2 * 4 * int64(c.Latent+1) * int64(c.Working.Height*c.Working.Width*c.Input.Channels)
}

func (c Config) nothing() *preflight.Plan {
	return &preflight.Plan{Nothing: c.Output + " already holds this model."}
}

// describe begins a plan with what is read.
func (c Config) describe(folder *dataset.Folder) (p *preflight.Plan, images int64) {
	p = &preflight.Plan{}
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
		p.Reading("%s of %s images, drawn by the hash of their names (Config.Limit)", progress.Count(images), progress.Count(all))
	}
	p.Reading("%s images of %s, %s, in %s", progress.Count(images), folder.Shape, progress.Bytes(images*int64(folder.Shape.Bytes())), c.Shards)
	return p, images
}

func (c Config) planGradient(ctx context.Context, s sources) (*preflight.Plan, error) {
	p, err := c.plan(ctx, s)
	if err != nil {
		return nil, err
	}
	if r, err := c.ready(ctx, []string{p.fingerprint, p.earlier}, p.learner.Arch, s, p.need()); err != nil {
		return nil, err
	} else if r != nil {
		return c.nothing(), nil
	}
	resumes, err := fit.Resumes(ctx, p.fitConfig())
	if err != nil {
		return nil, err
	}
	text, images := c.describe(s.folder)
	encoder, decoder := p.learner.Arch.Parameters()
	text.Writing("a model of %s and %s weights, with its checkpoints about %s, in %s%s", words.Plural(p.learner.Arch.Latent, "dimension", "dimensions"),
		progress.Count(encoder+decoder), progress.Bytes(p.need()), c.Output, preflight.Free(c.Output))
	t, err := p.try(ctx)
	if err != nil {
		return nil, err
	}
	text.Tried("%d steps on batches of %d images, drawn by the hash of their names, in %s: %.1f images/s; to validate, %.1f images/s", t.steps, t.batch,
		preflight.Duration(t.training.Elapsed()+t.validation.Elapsed()), t.training.PerSecond(), t.validation.PerSecond())
	if images == 0 {
		return text, nil
	}
	held := int64(p.share * float64(images))
	if p.held != nil {
		held = p.held.Records(nil)
	}
	epochs := int64(c.Fit.Epochs)
	text.Time = preflight.Startup().Plus(t.training.For((images - held) * epochs)).Plus(t.validation.For(held * epochs))
	text.Memory = runlog.PeakMemory() + min(c.Buffer, images*int64(s.folder.Shape.Bytes()))
	text.Note("the time is that of %s from the start, with %s of the images held out; Config.Patience and Config.Schedule=plateau may end it earlier", words.Plural(epochs, "epoch", "epochs"), progress.Count(held))
	if resumes && !c.Overwrite {
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
	drawn, err := p.folder.Draw(ctx, int64(p.Fit.Batch), p.Seed)
	if err != nil {
		return nil, err
	}
	for shard := range p.folder.Shards {
		for im, err := range p.folder.Usable(ctx, shard, drawn, nil) {
			if err != nil {
				return nil, err
			}
			pixels = append(pixels, bytes.Clone(im.Pixels))
		}
	}
	if len(pixels) == 0 {
		return nil, fmt.Errorf("%s holds no usable image", p.Shards)
	}
	pixels = pixels[:min(len(pixels), p.Fit.Batch)]
	l, err := newLearner(p.learner)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	t = &trial{batch: len(pixels)}
	timed := func(timing *preflight.Timing, do func() error) error {
		began := time.Now()
		for i := range trialSteps {
			start := time.Now()
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

// linearRun returns the configuration of a linear model and its fingerprints: the
// second, where there is one, is that of version 0.1.0, which drew otherwise.
func (c Config) linearRun(folder *dataset.Folder) (linear.Config, []string, error) {
	cfg, err := c.linearConfig(inputOf(folder.Shape), c.latentOfLinear())
	if err != nil {
		return cfg, nil, err
	}
	var fingerprints []string
	for _, limit := range []any{c.drawn(folder), c.Limit} {
		fingerprint, err := outdir.Fingerprint(schemas.ModelFormat, schemas.FingerprintVersion, folder.SHA256, c.Arch, cfg, limit)
		if err != nil {
			return cfg, nil, err
		}
		fingerprints = append(fingerprints, fingerprint)
	}
	return cfg, fingerprints, nil
}
