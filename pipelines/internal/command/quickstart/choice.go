package quickstart

import (
	"fmt"

	"exemplar/model"
	trainer "exemplar/model/training"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/training"
	"exemplar/transforms/training/fit"
)

// archConv is the value of --arch that asks for a convolutional autoencoder.
const archConv = "conv"

// What the convolutional autoencoder is trained on, and how long. The cost of an
// image is that of its pixels and of fixedCost more.
const (
	budget     = 10_000 * (256*256 + fixedCost) // five epochs of the sample
	fixedCost  = 2048
	maxEpochs  = 50
	validation = 0.1

	fewest  = 100     // images, for some to be held out
	minSide = 8       // pixels, for two stages of pooling or one
	maxArea = 1 << 20 // pixels of an image: a batch of them takes 2 GiB
)

// convolutional returns the training of a small convolutional autoencoder of so
// many images of a shape, with the linear one as its baseline. Epochs is 0 for as
// many as fit into the budget. Where none can be trained, it says why.
func convolutional(c training.Config, shape schemas.ImageShape, images int64, epochs int) (training.Config, error) {
	switch {
	case images < fewest:
		return c, fmt.Errorf("%s too few to hold some back for validation", words.Plural(images, "image is", "images are"))
	case min(shape.Height, shape.Width) < minSide:
		return c, fmt.Errorf("images of %s are too small for convolutions", shape)
	case shape.Height*shape.Width*wide(shape) > maxArea:
		return c, fmt.Errorf("images of %s are too large for this machine's memory to be trained on eight at a time", shape)
	}
	c.Arch = "ae1m"
	// The output is linear: through a sigmoid, the black background alone takes
	// longer to learn than there is time.
	c.Change = training.Change{
		Filters: filters(shape), ConvsPerStage: 1,
		Activations: model.Activations{Output: model.ActLinear},
	}
	c.Learner = trainer.Config{Loss: trainer.LossMSE}
	c.Fit = fit.Config{Epochs: epochs, Batch: 8, LR: 2e-3, Schedule: fit.Cosine}
	c.Validation, c.Buffer, c.Baseline = validation, dataset.DefaultBuffer, true
	affordable := int64(budget / (shape.Height*shape.Width*wide(shape)*wide(shape) + fixedCost))
	if images > affordable {
		c.Limit = affordable
	}
	if epochs == 0 {
		c.Fit.Epochs = int(max(1, min(maxEpochs, affordable/images)))
	}
	return c, nil
}

// filters returns the filters of each stage: three of them or, for smaller images,
// as many as make the longer side at most 32 pixels, but two if they leave the
// shorter side 4. In the few steps there are, deeper ones learn nothing, and neither
// do those with fewer filters than the image has channels, of some seeds.
func filters(shape schemas.ImageShape) []int {
	w := wide(shape)
	all := []int{4 * w, 8 * w, 8 * w}
	n := 2
	for max(shape.Height, shape.Width)>>n > 32 && n < len(all) {
		n++
	}
	for min(shape.Height, shape.Width)>>n < 4 && n > 1 {
		n--
	}
	return all[:n]
}

// wide returns how many times as many filters images of several channels have as gray ones
// and RGB.
func wide(shape schemas.ImageShape) int {
	switch {
	case shape.Channels <= 3:
		return 1
	case shape.Channels <= 8:
		return 2
	}
	return 4
}
