package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
)

// sampleImages is the number of images that the reconstruction error of a linear
// model is measured on, at most.
const sampleImages = 1024

// exactColumns is the most columns of a table whose components are those of a whole basis, and
// exact; of more they are found as those of images are.
const exactColumns = 1024

// linearPlan is the closed-form linear autoencoder, before any work.
type linearPlan struct {
	Config
	sources
	cfg    linear.Config
	result *Result
	model  *model.Model
}

// compute trains it.
func (p *linearPlan) compute(ctx context.Context) error {
	drawn, err := p.folder.Draw(ctx, p.Limit, p.Seed)
	if err != nil {
		return err
	}
	// The images with the smallest hashes of a sample are a sample, too.
	measured, err := p.folder.Draw(ctx, min(sampleImages, cmp.Or(p.Limit, sampleImages)), p.Seed)
	if err != nil {
		return err
	}
	if p.result, p.model, err = train(ctx, p.cfg, p.things(), newShards(p.folder, drawn), newShards(p.folder, measured)); err != nil {
		return err
	}
	t := p.model.Training
	if p.result.Linear.From = drawn.From(); drawn != nil {
		t.Parameters[parameterDrawn] = float64(drawn.From())
	}
	t.Data = p.folder.SHA256
	if p.Limit > 0 {
		t.Parameters["limit"] = float64(p.Limit)
	}
	p.noteWhere(t.Parameters)
	return p.announce(ctx)
}

// make returns what is made.
func (p *linearPlan) make(context.Context) (*Result, *model.Model, error) {
	return p.result, p.model, nil
}

// linearRun returns the configuration of a linear model and its fingerprints: the
// second, where there is one, is that of version 0.1.0, which drew otherwise. What is hashed
// beside says how a table is scaled.
func (c Config) linearRun(folder *dataset.Folder, hashed ...any) (linear.Config, []string, error) {
	latent := c.latentOfLinear()
	if c.Table != nil && c.Latent == 0 {
		latent = min(latent, folder.Shape.Width)
	}
	cfg, err := c.linearConfig(c.inputOf(folder.Shape, folder.FullScale), latent)
	if err != nil {
		return cfg, nil, err
	}
	var fingerprints []string
	for _, limit := range []any{c.drawn(folder), c.Limit} {
		all := append([]any{schemas.ModelFormat, schemas.FingerprintVersion, folder.SHA256, c.Arch, cfg, limit}, hashed...)
		if c.Where != "" {
			all = append(all, "where "+c.whereText())
		}
		fingerprint, err := outdir.Fingerprint(all...)
		if err != nil {
			return cfg, nil, err
		}
		fingerprints = append(fingerprints, fingerprint)
	}
	return cfg, fingerprints, nil
}

// otherPasses returns Config.Passes, 0 for the default, which fingerprints do not have.
func (c Config) otherPasses() int {
	if c.Passes == linear.DefaultPasses {
		return 0
	}
	return c.Passes
}

// linearConfig returns the configuration of the linear autoencoder of images.
func (c Config) linearConfig(in model.Input, latent int) (linear.Config, error) {
	cfg := linear.Config{
		Input:   in,
		Working: model.Size{Height: min(c.Working, in.Height), Width: min(c.Working, in.Width)},
		Latent:  latent, Seed: c.Seed, Passes: c.otherPasses(),
	}
	if in.Rows() {
		cfg.Working = model.Size{Height: 1, Width: in.Width}
		if in.Width <= exactColumns {
			cfg.Oversample = in.Width
		}
		if latent > in.Width {
			return cfg, fmt.Errorf("Config.Latent=%d: the table has %s, and no more principal components", latent, words.Plural(in.Width, "column", "columns"))
		}
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fmt.Errorf("Config.Latent=%d, Config.Working=%d and the images of %s: %w", latent, c.Working, c.Shards, err)
	}
	if c.otherPasses() > 0 && cfg.Exact() {
		return cfg, fmt.Errorf("Config.Passes=%d: the principal components of %s are exact, so that more passes or fewer change nothing; leave it out", c.Passes,
			words.Plural(cfg.Working.Height*cfg.Working.Width*in.Channels, "number", "numbers"))
	}
	return cfg, nil
}

// train computes the linear model and measures it on some of its images.
func train(ctx context.Context, cfg linear.Config, things string, src, some *shards) (*Result, *model.Model, error) {
	meter := progress.Start(Step, 0, things+", over all passes")
	m, summary, err := linear.Train(ctx, cfg, src)
	meter.Stop()
	if err != nil {
		return nil, nil, err
	}
	l := &Linear{Summary: summary}
	if l.Learned, err = reconstruction(ctx, m, some); err != nil {
		return nil, nil, err
	}
	m.Training.Metrics["reconstruction_mse"] = l.MSE
	m.Training.Metrics["reconstruction_images"] = float64(l.Learned.Images)
	l.Note(m.Training.Metrics)
	return &Result{Skipped: src.skips(), Linear: l}, m, nil
}

// reconstruction returns the errors of the compiled model over the images, and those
// of their mean.
func reconstruction(ctx context.Context, m *model.Model, src *shards) (l schemas.Learned, err error) {
	plan, err := model.Compile(m)
	if err != nil {
		return l, err
	}
	runner := plan.NewRunner(1)
	z, mse := make([]float32, plan.Latent()), make([]float64, 1)
	sums := variance.New(src.folder.Shape.Bytes(), src.folder.Shape.Bits, src.folder.Full())
	for shard := range src.Shards() {
		for pixels, err := range src.Images(ctx, shard) {
			if err != nil {
				return l, err
			}
			batch := [][]byte{pixels}
			runner.Encode(z, batch)
			runner.MSE(mse, z, batch)
			l.MSE += mse[0]
			sums.Add(pixels)
		}
	}
	l.Images = sums.Images()
	n := float64(l.Images)
	l.MSE, l.MeanImage, l.Gray = l.MSE/n, sums.Within()/n, sums.Gray()/n
	if src.sample != nil && n > 1 { // the mean image is not that of the sample
		l.MeanImage *= n / (n - 1)
	}
	return l, nil
}

// describe says what it will be, from one of a sample of the images.
func (p *linearPlan) describe(ctx context.Context) (*preflight.Plan, error) {
	cfg := p.cfg
	text, images := p.reading(p.sources)
	p.tables(text, archOf(cfg), p.limits)
	text.Writing("a linear model of %s, about %s, in %s%s", words.Plural(cfg.Latent, "dimension", "dimensions"), progress.Bytes(linearNeed(cfg)), p.Output, preflight.Free(p.Output))
	if images == 0 {
		return text, nil
	}
	sample := min(images, max(preflight.SampleSize(images), int64(2*cfg.Latent)))
	began := time.Now()
	drawn, err := p.folder.Draw(ctx, sample, p.Seed)
	if err != nil {
		return nil, err
	}
	_, _, err = linear.Train(ctx, cfg, newShards(p.folder, drawn))
	if err != nil && !errors.Is(err, linear.ErrNothingToLearn) {
		return nil, err
	}
	elapsed := time.Since(began)
	text.Tried("a model of %s of the %s, drawn by the hash of their names, in %s", progress.Count(sample), p.things(), preflight.Duration(elapsed))
	// What does not grow with the images is not told from what does.
	most := time.Duration(float64(elapsed) * float64(images) / float64(sample))
	text.Time = preflight.Startup().Plus(preflight.Between(max(elapsed, most/4), most).Widen(preflight.Slack))
	pooled := int64(4 * cfg.Working.Height * cfg.Working.Width * cfg.Input.Channels)
	text.Memory = runlog.PeakMemory() + min(images*pooled, linear.DefaultCache)
	return text, nil
}

// linearNeed returns the bytes of a linear model: each dimension has a picture of
// the working size on both sides.
func linearNeed(c linear.Config) int64 {
	return 2 * 4 * int64(c.Latent+1) * int64(c.Working.Height*c.Working.Width*c.Input.Channels)
}
