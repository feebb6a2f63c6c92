package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
	"exemplar/transforms/training/curve"
	"exemplar/transforms/training/fit"
)

// sampleSize is the number of images whose reconstructions are drawn.
const sampleSize = 8

// plan is a training by gradient steps, before any work.
type plan struct {
	Config
	sources
	learner training.Config
	share   float64 // of the images that is held out; 0 where others are for validation

	linear      linear.Config // of the baseline; only with Baseline
	steps       string        // fingerprint of what decides the steps; not the number of epochs, if the run can be made longer
	fingerprint string        // of the model

	// What version 0.1.0 hashed where Limit draws: it took the first images of each
	// shard. Its finished models stand, its checkpoints do not. "" without a limit.
	earlierSteps, earlier string

	resumes  bool // there is a checkpoint to go on from
	data     *dataset.Set
	baseline float64     // error of the baseline
	watched  *curve.Held // what Config.Curve measures on
}

// left looks for a checkpoint to go on from.
func (p *plan) left(ctx context.Context) (whole bool, err error) {
	if p.resumes, err = fit.Resumes(ctx, p.fitConfig()); err != nil || p.resumes {
		return false, err
	}
	return false, p.beyond(ctx)
}

// keeps reports whether a file stays: all do beside a checkpoint.
func (p *plan) keeps(name string) bool { return p.resumes && !store.IsPartial(name) }

// compute reads the images once, and measures the baseline.
func (p *plan) compute(ctx context.Context) (err error) {
	if p.data, err = p.scan(ctx); err != nil {
		return err
	}
	if p.Baseline {
		if p.baseline, err = p.measureBaseline(ctx, p.data); err != nil {
			return err
		}
	}
	if err := p.watch(ctx); err != nil {
		return err
	}
	if p.resumes {
		return nil
	}
	if err := p.explain(ctx); err != nil {
		return err
	}
	return p.announce(ctx)
}

// make trains a model by gradient steps, or goes on where an interrupted run of the same
// parameters stopped, and draws the pictures.
func (p *plan) make(ctx context.Context) (*Result, *model.Model, error) {
	if _, err := outdir.WriteErrors(ctx, store.Join(p.Output, schemas.ErrorsFile), p.data.Rejected); err != nil {
		return nil, nil, err
	}
	done, err := p.fit(ctx, p.data)
	if err != nil {
		return nil, nil, err
	}
	if done.Model == nil {
		err := p.diverged(done.Stopped, false)
		if done.Steps == 0 {
			err.Advice = p.unstarted()
		}
		return nil, nil, err
	}
	// What is left takes a moment.
	album := newAlbum(p, p.data)
	if err := album.finish(context.WithoutCancel(ctx), done); err != nil {
		return nil, nil, err
	}
	m := p.model(done, p.data)
	f := &Fit{Result: done, Images: p.data.Training, Held: p.data.Held, From: p.data.Drawn, Codes: album.codes, Denoised: album.denoised}
	if p.Head == "" {
		f.Learned = learned(p.data, done.Rows[done.Best])
		f.Learned.Note(m.Training.Metrics)
	} else {
		var err error
		if f.Head, err = p.measureHead(context.WithoutCancel(ctx), m, p.data); err != nil {
			return nil, nil, err
		}
		m.Training.Metrics[schemas.MetricAccuracy], _ = f.Head.Accuracy()
	}
	if p.Baseline {
		m.Training.Metrics[MetricBaseline] = p.baseline
	}
	if f.Curve, err = p.writeCurve(context.WithoutCancel(ctx), done.Curve, m.Training); err != nil {
		return nil, nil, err
	}
	return &Result{Skipped: int64(len(p.data.Rejected)), Fit: f}, m, nil
}

// diverged makes the error of a training that did not end well.
func (c Config) diverged(why string, kept bool) *DivergedError {
	advice := fmt.Sprintf("try a smaller Config.LR than %g", c.Fit.LR)
	if c.Learner.ClipNorm == 0 {
		advice += ", or Config.ClipNorm=1"
	}
	return &DivergedError{Dir: c.Output, Why: why, Kept: kept, Advice: advice}
}

// calm is a standard deviation of first weights that gives finite losses with pixels to 255.
const calm = 0.01

// unstarted is the advice where the loss of the first weights is not finite: no step was
// made, and so the learning rate is not the reason.
func (p *plan) unstarted() string {
	if p.start != nil {
		return "no step was made, so Config.LR is not the reason: the weights of Config.From do not suit these " + p.things() + "; choose another model, or first weights without Config.From"
	}
	deviation := calm
	if was := p.learner.InitNormal; was > 0 && was <= calm {
		deviation = was / 10
	}
	advice := "no step was made, so Config.LR is not the reason: try smaller first weights, Config.InitNormal=" + training.InitText(deviation)
	if p.learner.Arch.Input.Scale == model.ScaleNone {
		advice += ", or smaller numbers, Config.Scaling=" + model.TableZScore
	}
	if p.learner.Arch.Input.Scale == model.ScaleByte {
		advice += ", or smaller numbers for pixels, Config.Scale=0,1"
	}
	return advice + "; in this folder with Config.Overwrite"
}

// plan resolves and checks everything that can be known before the images are
// read, and computes the fingerprints.
func (c Config) plan(ctx context.Context, s sources) (*plan, error) {
	p, folder := &plan{Config: c, sources: s, share: c.Validation}, s.folder
	arch, err := c.architecture(ctx, folder.Shape, folder.FullScale)
	if err != nil {
		return nil, err
	}
	p.learner = c.learner(arch)
	if err := p.learner.Validate(); err != nil {
		return nil, err
	}
	if c.start != nil {
		if err := c.start.fits(c.From, arch, c.Head != "", s.table); err != nil {
			return nil, err
		}
		if _, err := modeldir.FitsChannels(c.From, c.start.model.Channels, c.Shards, folder.Channels); err != nil {
			return nil, fmt.Errorf("Config.From: %w", err)
		}
	}
	heldSHA := ""
	if p.held != nil {
		p.share, heldSHA = 0, p.held.SHA256
		if err := c.sameImages(folder, p.held); err != nil {
			return nil, err
		}
	}
	counted := p.learner
	counted.Workers = 0 // no result depends on it
	epochs := 0
	if c.asked() {
		epochs = c.Fit.Epochs
	}
	if c.Baseline {
		if p.linear, err = c.linearConfig(c.inputOf(folder.Shape, folder.FullScale), arch.Latent); err != nil {
			return nil, err
		}
	}
	// fingerprints hashes what decides the steps, and the model.
	fingerprints := func(limit any) (steps, model string, err error) {
		hashed := []any{schemas.ModelFormat, schemas.FingerprintVersion, folder.SHA256, heldSHA, counted,
			c.Fit.LR, c.Fit.Schedule, c.Fit.Patience, p.share, c.Buffer, limit, epochs}
		if c.Fit.Steps > 0 { // its last epoch is cut: more steps are another run
			hashed = append(hashed, fmt.Sprintf("%d steps", c.Fit.Steps))
		}
		if c.start != nil {
			hashed = append(hashed, "from "+c.start.sha)
		}
		if c.Curve {
			hashed = append(hashed, "curve")
		}
		hashed = append(hashed, s.hashed()...)
		if c.Where != "" {
			hashed = append(hashed, "where "+c.whereText())
		}
		steps, err = outdir.Fingerprint(hashed...)
		if err != nil {
			return "", "", err
		}
		model, err = p.modelOf(steps, c.Fit.Epochs)
		return steps, model, err
	}
	drawn := c.drawn(folder)
	if p.steps, p.fingerprint, err = fingerprints(drawn); err != nil || drawn == any(c.Limit) {
		return p, err
	}
	p.earlierSteps, p.earlier, err = fingerprints(c.Limit)
	return p, err
}

// drawn is what a fingerprint has of the limit: where there are more images, how
// they are drawn, too.
func (c Config) drawn(folder *dataset.Folder) any {
	if n := folder.Records(nil); c.Limit == 0 || c.Where == "" && n > 0 && n <= c.Limit {
		return c.Limit
	}
	return fmt.Sprintf("%d by hash", c.Limit)
}

// learned compares the errors of an epoch with those of the mean image and the mean
// pixel of the images for training.
func learned(data *dataset.Set, row fit.Row) *schemas.Learned {
	of, sums := row.Held, data.HeldSums
	if of.N == 0 {
		of, sums = row.Train, data.TrainingSums
	}
	l := &schemas.Learned{Images: of.N, MSE: of.MSE}
	l.MeanImage, l.Gray = sums.Against(data.TrainingSums)
	return l
}

// compare says after the first epoch how the model compares with no model.
func (c Config) compare(data *dataset.Set, row fit.Row) string {
	l := learned(data, row)
	if c.Table != nil {
		text := "after the first epoch: " + l.OfRows()
		if l.Nothing() {
			text += "\nwarning: so far the model is no better than the mean row"
		}
		return text
	}
	text := "after the first epoch: " + l.String()
	if l.Nothing() {
		text += "\nwarning: so far the model is no better than the mean image"
		if !(l.MSE < l.Gray) {
			text += ", nor than one gray value"
		}
	}
	return text
}

// scan reads the images once.
func (p *plan) scan(ctx context.Context) (*dataset.Set, error) {
	return dataset.Scan(ctx, dataset.Config{
		Train: p.folder, Validation: p.held, Fraction: p.share,
		Limit: p.Limit, Seed: p.Seed, Buffer: p.Buffer, Sample: sampleSize,
	})
}

// explain says why the checkpoint of an earlier version does not stand.
func (p *plan) explain(ctx context.Context) error {
	if p.Overwrite || p.earlierSteps == "" {
		return nil
	}
	f := p.fitConfig()
	f.Fingerprint = p.earlierSteps
	earlier, err := fit.Resumes(ctx, f)
	if earlier && err == nil {
		p.say("%s holds an interrupted training on the first images of each shard: Config.Limit draws them by a hash now, so it starts again", p.Output)
	}
	return err
}

// fitConfig returns what the loop gets.
func (p *plan) fitConfig() fit.Config {
	f := p.Fit
	f.Dir, f.Fingerprint, f.Out, f.Table = p.Output, p.steps, p.Out, p.Table != nil
	return f
}

// learner is what newLearner makes.
type learner interface {
	fit.Learner
	io.Closer
	// SetWeights makes the weights of a model, of the same layers, the present ones.
	SetWeights(*model.Model) error
}

// newLearner makes the learner of a run.
var newLearner = func(c training.Config) (learner, error) { return training.New(c) }

// fit makes the steps and draws the pictures.
func (p *plan) fit(ctx context.Context, data *dataset.Set) (done *fit.Result, err error) {
	l, err := p.newLearner()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if p.start != nil {
		if err := l.SetWeights(p.start.model); err != nil {
			return nil, err
		}
	}
	f := p.fitConfig()
	f.AtEpoch, f.Curve = newAlbum(p, data).atEpoch, p.curve()
	if p.Head == "" {
		f.Compare = func(row fit.Row) string { return p.compare(data, row) }
	}
	return fit.Run(ctx, f, l, data)
}

// model returns the best weights with what there is to know about them.
func (p *plan) model(done *fit.Result, data *dataset.Set) *model.Model {
	m := done.Model
	best := done.Rows[done.Best]
	l := p.learner
	m.Provenance = model.Provenance{Tool: "train", Version: schemas.CodeVersion}
	m.Training = &model.Training{
		Method: cmp.Or(l.Optimizer, training.OptimizerAdam), Images: data.Training, Data: p.folder.SHA256, Seed: p.Seed,
		Parameters: map[string]any{
			"batch": p.Fit.Batch, "lr": p.Fit.LR, "schedule": p.Fit.Schedule,
			"loss": l.Loss, "shuffle_bytes": p.Buffer,
		},
		Metrics: map[string]float64{
			"epochs": float64(len(done.Rows)), "best_epoch": float64(best.Epoch + 1),
			"loss": best.Train.Loss, "mse": best.Train.MSE,
		},
	}
	p.headParameters(m.Training.Parameters)
	if p.Head != "" {
		delete(m.Training.Metrics, "mse")
		m.Training.Metrics["accuracy"] = best.Train.Right
	}
	if p.Fit.Steps > 0 {
		m.Training.Parameters["steps"] = p.Fit.Steps
	} else {
		m.Training.Parameters["epochs"] = p.Fit.Epochs
	}
	if l.Optimizer != "" {
		m.Training.Parameters["optimizer"], m.Training.Parameters["momentum"] = l.Optimizer, l.Momentum
	}
	if l.InitNormal != 0 {
		m.Training.Parameters["init"] = training.InitText(l.InitNormal)
	}
	if p.start != nil {
		m.Training.Parameters["from"] = p.start.sha
	}
	for name, v := range map[string]float64{
		"dropout_input": l.DropoutInput,
		"noise":         l.Noise, "l1": l.L1, "dropout": l.Dropout, "beta": l.Beta, "clip_norm": l.ClipNorm,
		"patience": float64(p.Fit.Patience), "validation": p.share, "limit": float64(p.Limit),
	} {
		if v != 0 {
			m.Training.Parameters[name] = v
		}
	}
	p.noteWhere(m.Training.Parameters)
	if data.Drawn > 0 {
		m.Training.Parameters[parameterDrawn] = float64(data.Drawn)
	}
	if l.Variational {
		m.Training.Parameters["variational"] = true
	}
	if p.held != nil {
		m.Training.Parameters["validation_data"] = p.held.SHA256
	}
	if done.Stopped != "" {
		m.Training.Parameters["stopped"] = done.Stopped
	}
	if done.Diverged {
		m.Training.Parameters[parameterDiverged] = done.Stopped
	}
	if best.Held.N > 0 {
		m.Training.Metrics["val_loss"], m.Training.Metrics["val_mse"] = best.Held.Loss, best.Held.MSE
		m.Training.Metrics["validation_images"] = float64(best.Held.N)
		if p.Head != "" {
			delete(m.Training.Metrics, "val_mse")
		}
	}
	return m
}
