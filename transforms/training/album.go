package training

import (
	"context"
	"fmt"
	"time"

	"exemplar/model"
	"exemplar/model/training"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/store"
	"exemplar/transforms/training/fit"
	"exemplar/transforms/training/pictures"
)

// album writes the log and the pictures of a training.
type album struct {
	*plan
	data  *dataset.Set
	codes *schemas.Codes // of the weights that were drawn last
	// denoised is how well these take away the noise of the training; nil without one
	denoised *schemas.Denoised

	drawn time.Time     // when the pictures that are drawn over were drawn last
	took  time.Duration // what that took
}

func newAlbum(p *plan, data *dataset.Set) *album { return &album{plan: p, data: data} }

const (
	// codeImages is about the number of images whose codes are drawn.
	codeImages = 2000
	// Pictures that are drawn over are not drawn more often than this, nor for more
	// than this share of the time. They are drawn anew at the end, so that what is
	// left does not depend on it.
	drawEvery = 10 * time.Second
	drawShare = 20
)

// atEpoch writes what people look at after an epoch.
func (a *album) atEpoch(ctx context.Context, rows []fit.Row, m *model.Model) error {
	if err := store.WriteFile(ctx, store.Join(a.Output, schemas.TrainingLogFile), fit.CSV(rows)); err != nil {
		return err
	}
	plan, err := model.Compile(m)
	if err != nil {
		return err
	}
	if !plan.Input().Rows() && a.Head == "" { // a row is no picture, and a head reconstructs none
		if err := a.drawSample(ctx, plan, len(rows)); err != nil {
			return err
		}
	}
	if since := time.Since(a.drawn); since < drawEvery || since < drawShare*a.took {
		return nil
	}
	return a.drawOver(ctx, rows, plan)
}

// finish writes the reports and draws the pictures of the result.
func (a *album) finish(ctx context.Context, done *fit.Result) error {
	plan, err := model.Compile(done.Model)
	if err != nil {
		return err
	}
	if len(done.Reports) > 0 {
		if err := store.WriteFile(ctx, store.Join(a.Output, schemas.StepsLogFile), fit.ReportsCSV(done.Reports)); err != nil {
			return err
		}
	}
	return a.drawOver(ctx, done.Rows, plan)
}

// drawSample draws the reconstructions of the sample after an epoch, from 1.
func (a *album) drawSample(ctx context.Context, plan *model.Plan, epoch int) error {
	in := plan.Input()
	var originals [][]byte
	for _, im := range a.data.Sample {
		originals = append(originals, im.Pixels)
	}
	seen, with := originals, a.noisyAll(in, a.data.Sample)
	if len(with) > 0 {
		seen = with
	}
	runner := plan.NewRunner(len(originals))
	z, x := make([]float32, len(originals)*plan.Latent()), make([]float32, len(originals)*in.Values())
	runner.Encode(z, seen)
	runner.Decode(x, z)
	data, err := pictures.Reconstructions(in, originals, with, x)
	if err != nil {
		return err
	}
	return store.WriteFile(ctx, store.Join(a.Output, schemas.ReconstructionsName(epoch)), data)
}

// drawOver draws the losses so far and the codes of the present weights.
func (a *album) drawOver(ctx context.Context, rows []fit.Row, plan *model.Plan) error {
	began := time.Now()
	var training, held []float64
	for _, r := range rows {
		training = append(training, r.Train.Loss)
		if r.Held.N > 0 {
			held = append(held, r.Held.Loss)
		}
	}
	data, err := pictures.Loss(a.lossName(), training, held)
	if err != nil {
		return err
	}
	if err := store.WriteFile(ctx, store.Join(a.Output, schemas.LossPicture), data); err != nil {
		return err
	}
	if err := a.drawCodes(ctx, plan); err != nil {
		return err
	}
	a.drawn, a.took = time.Now(), time.Since(began)
	return nil
}

// drawCodes draws how the codes of some images for validation are distributed,
// and where they are, if they have two dimensions; and measures how well these
// images are denoised by a model that learned it.
func (a *album) drawCodes(ctx context.Context, plan *model.Plan) error {
	const batch = 32
	runner := plan.NewRunner(batch)
	d := plan.Latent()
	var z []float32
	var labels []string
	labeled := false
	noise := denoising{in: plan.Input()}
	for images, err := range dataset.Batches(a.data.Some(ctx, codeImages), batch, 1) {
		if err != nil {
			return err
		}
		var pixels [][]byte
		for _, im := range images {
			pixels, labels = append(pixels, im.Pixels), append(labels, im.Label)
			labeled = labeled || im.HasLabel
		}
		codes := make([]float32, len(images)*d)
		runner.Encode(codes, pixels)
		z = append(z, codes...)
		if with := a.noisyAll(noise.in, images); len(with) > 0 && a.Head == "" {
			runner.Encode(codes, with)
			noise.add(runner, codes, pixels, with)
		}
	}
	a.codes, a.denoised = schemas.CodesOf(z, d), noise.result(a.Learner.Noise)
	data, err := pictures.Histogram(z, d)
	if err != nil {
		return err
	}
	if err := store.WriteFile(ctx, store.Join(a.Output, schemas.CodesPicture), data); err != nil || d != 2 {
		return err
	}
	if !labeled {
		labels = nil
	}
	if data, err = pictures.Scatter(z, labels); err != nil {
		return err
	}
	return store.WriteFile(ctx, store.Join(a.Output, schemas.LatentsPicture), data)
}

// lossName says what the loss is, for the axis of its picture.
func (a *album) lossName() string {
	name := "mean squared error"
	switch a.learner.Loss {
	case training.LossMAE:
		name = "mean absolute error"
	case training.LossBCE:
		name = "binary cross-entropy"
	case training.LossCrossEntropy:
		name = "cross-entropy of the labels"
	}
	if in := a.learner.Arch.Input; a.Head != "" {
		// the loss is of labels
	} else if in.Rows() {
		name += " of " + map[string]string{model.ScaleZScore: "z-scores", model.ScaleUnit: "numbers in [0,1]", model.ScaleNone: "numbers"}[in.Scale]
	} else if in.Scale != model.ScaleUnit {
		name += " of pixels in " + in.Range()
	}
	if a.learner.Variational {
		of := "pixel"
		if a.Table != nil {
			of = "number"
		}
		name += fmt.Sprintf(" + %g KL/%s", a.learner.Beta, of)
	}
	if a.learner.L1 > 0 {
		name += fmt.Sprintf(" + %g L1", a.learner.L1)
	}
	return name
}
