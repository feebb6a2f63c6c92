package training

import (
	"context"

	"exemplar/model"
	"exemplar/model/linear"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/run/progress"
)

// MetricBaseline is the metric of model.json that Config.Baseline asks for,
// beside val_mse, which it is compared with.
const MetricBaseline = "linear_val_mse"

// measureBaseline trains the linear autoencoder on the images for training and returns
// its mean squared error on those for validation, pixels in [0,1].
func (p *plan) measureBaseline(ctx context.Context, data *dataset.Set) (float64, error) {
	src := newShards(p.folder, data.SampleOf())
	if p.held == nil {
		src.member = func(id string) bool { return !dataset.Held(id, p.share) }
	}
	meter := progress.Start(Step, 0, "images, over all passes")
	m, _, err := linear.Train(ctx, p.linear, src)
	meter.Stop()
	if err != nil {
		return 0, err
	}
	plan, err := model.Compile(m)
	if err != nil {
		return 0, err
	}
	const batch = 32
	runner := plan.NewRunner(batch)
	z, mse := make([]float32, batch*plan.Latent()), make([]float64, batch)
	sum := 0.0
	for images, err := range dataset.Batches(data.Validation(ctx), batch, 1) {
		if err != nil {
			return 0, err
		}
		px := make([][]byte, len(images))
		for i, im := range images {
			px[i] = im.Pixels
		}
		n := len(px)
		runner.Encode(z[:n*plan.Latent()], px)
		runner.MSE(mse[:n], z[:n*plan.Latent()], px)
		for _, v := range mse[:n] {
			sum += v
		}
	}
	return sum / float64(data.Held), nil
}
