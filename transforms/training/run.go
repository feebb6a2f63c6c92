package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/schemas"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
)

// sampleImages is the number of images that the reconstruction error of a linear
// model is measured on, at most.
const sampleImages = 1024

// Run trains the model and writes its directory, model.json last. Where the
// output holds the model of the same shards and parameters already, it does
// nothing.
//
// When ctx is canceled, the error is outdir.ErrInterrupted; a training by
// gradient steps has saved where it is.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	r, err := outdir.Held(ctx, c.output(), "train", c.run)
	if errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%w before the first step", outdir.ErrInterrupted)
	}
	if r != nil && r.Made {
		account(ctx, r)
	}
	return r, err
}

// account tells of a training in its journal.
func account(ctx context.Context, r *Result) {
	j := runlog.From(ctx)
	j.Count("skipped", r.Skipped)
	j.Count("dimensions", int64(r.Arch.Latent))
	if r.Training != nil {
		j.Count("images", r.Training.Images)
	}
	if r.Fit != nil {
		j.Count("images_held_back", r.Fit.Held)
		j.Count("epochs", int64(len(r.Fit.Rows)))
	}
}

func (c Config) run(ctx context.Context) (*Result, error) {
	s, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	if r, err := c.identify(ctx, &s); r != nil || err != nil {
		return r, err
	}
	var r *Result
	if c.Arch == ArchLinear {
		r, err = c.runLinear(ctx, s)
	} else {
		r, err = c.runGradient(ctx, s)
	}
	return s.remember(ctx, r, err)
}

// runLinear trains the closed-form linear autoencoder.
func (c Config) runLinear(ctx context.Context, s sources) (*Result, error) {
	folder := s.folder
	cfg, fingerprints, err := c.linearRun(folder)
	if err != nil {
		return nil, err
	}
	if r, err := c.ready(ctx, fingerprints, archOf(cfg), s, linearNeed(cfg)); r != nil || err != nil {
		return r, err
	}
	if err := c.outputOf(s).Begin(ctx); err != nil {
		return nil, err
	}
	drawn, err := folder.Draw(ctx, c.Limit, c.Seed)
	if err != nil {
		return nil, err
	}
	// The images with the smallest hashes of a sample are a sample, too.
	measured, err := folder.Draw(ctx, min(sampleImages, cmp.Or(c.Limit, sampleImages)), c.Seed)
	if err != nil {
		return nil, err
	}
	r, m, err := train(ctx, cfg, newShards(folder, drawn), newShards(folder, measured))
	if err != nil {
		return nil, err
	}
	if r.Linear.From = drawn.From(); drawn != nil {
		m.Training.Parameters[parameterDrawn] = float64(drawn.From())
	}
	m.Training.Data = folder.SHA256
	m.Training.Parameters[parameterFingerprint] = fingerprints[0]
	if c.Limit > 0 {
		m.Training.Parameters["limit"] = float64(c.Limit)
	}
	of, err := readCollection(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := c.clean(ctx, s, cfg.Latent); err != nil {
		return nil, err
	}
	r.SHA256, err = c.write(ctx, m, of)
	return r, err
}

// linearConfig returns the configuration of the linear autoencoder of images.
func (c Config) linearConfig(in model.Input, latent int) (linear.Config, error) {
	cfg := linear.Config{
		Input:   in,
		Working: model.Size{Height: min(c.Working, in.Height), Width: min(c.Working, in.Width)},
		Latent:  latent, Seed: c.Seed,
	}
	if err := cfg.Validate(); err != nil {
		return cfg, fmt.Errorf("Config.Latent=%d, Config.Working=%d and the images of %s: %w", latent, c.Working, c.Shards, err)
	}
	return cfg, nil
}

// train computes the linear model and measures it on some of its images.
func train(ctx context.Context, cfg linear.Config, src, some *shards) (*Result, *model.Model, error) {
	meter := progress.Start(Step, 0, "images, over all passes")
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
	return &Result{Made: true, Arch: m.Arch, Training: m.Training, Skipped: src.skips(), Linear: l}, m, nil
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
	sums := variance.New(src.folder.Shape.Bytes(), src.folder.Shape.Bits)
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
