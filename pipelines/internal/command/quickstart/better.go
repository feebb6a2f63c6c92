package quickstart

import (
	"context"
	"fmt"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

// contest holds the mean squared errors of two models of equal dimension on the same
// images, which were held out from the training of both.
type contest struct{ convolutional, linear float64 }

// contestOf returns the errors that the training of the convolutional model recorded.
func contestOf(metrics map[string]float64) contest {
	return contest{metrics["val_mse"], metrics[training.MetricBaseline]}
}

// linearWins reports whether the linear model is the better one: of equal ones it is,
// which is the simpler.
func (c contest) linearWins() bool { return !(c.convolutional < c.linear) }

// why says what decided.
func (c contest) why() string {
	better, worse := min(c.convolutional, c.linear), max(c.convolutional, c.linear)
	if !(better < worse) {
		return "its error on the images held out is as small, and it is the simpler one"
	}
	return fmt.Sprintf("its error on the images held out is %s smaller", words.Percent(1-better/worse, 2))
}

// trainingIn returns the training of the linear model with another output.
func (r *workflow) trainingIn(dir string) training.Config {
	c := r.training
	c.Output = dir
	return c
}

// convolutionalFolder returns where the convolutional model is, or is to be trained: in
// the model's folder, but where the linear one, which was better, is there, beside.
func (r *workflow) convolutionalFolder(ctx context.Context) (string, error) {
	_, trained, err := modeldir.ReadHead(ctx, r.compared)
	if err != nil || trained {
		return r.compared, err
	}
	there, ok, err := modeldir.ReadHead(ctx, r.training.Output)
	if err != nil || !ok || there.Architecture.Family != model.FamilyLinear {
		return r.training.Output, err
	}
	for _, err := range store.ListThere(ctx, r.compared, true) { // of a training that was interrupted
		return r.compared, err
	}
	return r.training.Output, nil
}

// takeBetter makes the better of the two models the one in the model's folder, and says in
// a sentence which it is and why. The linear one is trained on all images that the other
// had for training and validation. Finished latents that an earlier version made by the
// worse one stay.
func (r *workflow) takeBetter(ctx context.Context, c training.Config, conv *training.Result) (string, error) {
	errors := contestOf(conv.Training.Metrics)
	if !errors.linearWins() {
		line := "the convolutional autoencoder is used: " + errors.why() + warning(schemas.LearnedOf(conv.Training.Metrics))
		if c.Output == r.compared { // the linear one was better
			return line, training.Move(ctx, r.compared, r.training.Output)
		}
		return line, nil
	}
	if c.Output != r.compared {
		stay, err := r.encodedBy(ctx, conv.SHA256)
		if err != nil {
			return "", err
		}
		if stay {
			return fmt.Sprintf("the linear autoencoder is better: %s; the finished latents are of the convolutional one and stay, --overwrite makes all again with the better one%s",
				errors.why(), warning(schemas.LearnedOf(conv.Training.Metrics))), nil
		}
	}
	return r.takeLinear(ctx, c, errors.why())
}

// takeLinear makes the linear model the one in the model's folder, and moves the convolutional one beside.
func (r *workflow) takeLinear(ctx context.Context, c training.Config, why string) (string, error) {
	if c.Output != r.compared {
		if err := training.Move(ctx, c.Output, r.compared); err != nil {
			return "", err
		}
	}
	result, err := r.trainLinear(ctx, c.Limit)
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("the linear autoencoder is used: %s; the convolutional one is in %s", why, r.compared)
	if result.Made {
		line += warning(&result.Linear.Learned)
	}
	return line, nil
}

// trainLinear trains the linear model, in the place of a convolutional one.
func (r *workflow) trainLinear(ctx context.Context, limit int64) (*training.Result, error) {
	c := r.training
	c.Limit = limit
	there, ok, err := modeldir.ReadHead(ctx, c.Output)
	if err != nil {
		return nil, err
	}
	if !ok || there.Architecture.Family != model.FamilyLinear {
		c.Overwrite = true // what was trained is kept beside
	}
	return training.Run(ctx, c)
}

// encodedBy reports whether there are finished latents of a model. Those of an
// interrupted run are no reason to keep a worse one.
func (r *workflow) encodedBy(ctx context.Context, sha256 string) (bool, error) {
	if r.encoding.Overwrite {
		return false, nil
	}
	m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, store.Join(r.encoding.Output, schemas.LatentsFile))
	return ok && m.Spec.ModelSHA256 == sha256, err
}

// worseThere reports whether a convolutional model is in the model's folder and the linear
// one, which is better, is to take its place.
func (r *workflow) worseThere(ctx context.Context) (bool, error) {
	m, ok, err := modeldir.ReadHead(ctx, r.training.Output)
	if err != nil || !ok || m.Training == nil || m.Architecture.Family == model.FamilyLinear ||
		training.Diverged(m.Training) == "" && !contestOf(m.Training.Metrics).linearWins() {
		return false, err
	}
	files, err := modeldir.ReadFiles(ctx, modeldir.In(r.training.Output))
	if err != nil {
		return false, err
	}
	stays, err := r.encodedBy(ctx, files.SHA256())
	return !stays, err
}
