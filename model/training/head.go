package training

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// headLayer is the dense layer of a head, which gives a number for each class.
func headLayer(cfg Config) model.Layer {
	return model.Layer{Name: "head", Kind: model.KindDense, Activation: model.ActLinear,
		In: model.Shape{Height: 1, Width: 1, Channels: cfg.Arch.Latent}, Out: model.Shape{Height: 1, Width: 1, Channels: cfg.Classes}}
}

// headOf returns a head whose classes have no names yet.
func headOf(kernel, bias []float32, shape []int) *model.Head {
	return &model.Head{Weights: model.Weights{
		{Name: model.HeadKernel, Shape: shape, Data: kernel}, {Name: model.HeadBias, Shape: []int{len(bias)}, Data: bias}}}
}

// classification is the loss of a head: the cross-entropy of the softmax of its numbers and the
// class of each image, the mean over the batch, in nats.
type classification struct {
	*run
	from   layout
	labels []int // the class of each image at hand, and of those that follow
	sums   []float64
	right  []bool
	value  *gorgonia.F32
}

func newClassification(r *run, in layout) *classification {
	r.reserve(in.shape.Size(), 0)
	return &classification{run: r, from: in, sums: make([]float64, r.batch), right: make([]bool, r.batch), value: gorgonia.NewF32(0)}
}

// Classify says what the classes of the images of the next Step or Evaluate are, of a trainer
// with a head: numbers below Config.Classes.
func (t *Trainer) Classify(labels []int) error {
	if t.net.head == nil {
		return fmt.Errorf("training: classes of images, and there is no head")
	}
	for i, c := range labels {
		if c < 0 || c >= t.cfg.Classes {
			return fmt.Errorf("training: image %d is of class %d: must be below %d", i, c, t.cfg.Classes)
		}
	}
	t.net.head.labels = append([]int(nil), labels...)
	return nil
}

// labeled checks that there is a class for each of so many images, where there is a head.
func (t *Trainer) labeled(images int) error {
	if h := t.net.head; h != nil && len(h.labels) != images {
		return fmt.Errorf("training: classes of %d images, and there are %d", len(h.labels), images)
	}
	return nil
}

func (c *classification) on(x signal) (*gorgonia.Node, error) {
	name := fmt.Sprintf("%s %v, batch %d", LossCrossEntropy, c.from, c.batch)
	return c.apply(x, c.from, name, c.value, false, c.forward,
		func(dx, x []float32, g gorgonia.Value, _ bool) { c.backward(dx, x, scalar(g)) })
}

// mean returns the mean loss of the batch at hand, and the share of images whose number is
// largest for their class.
func (c *classification) mean() (loss, right float64) {
	for i, s := range c.sums[:c.images] {
		loss += s
		if c.right[i] {
			right++
		}
	}
	return loss / float64(c.images), right / float64(c.images)
}

func (c *classification) forward(x []float32) {
	n := c.from.shape.Size()
	c.each(c.images, func(w, i int) {
		out := c.scratch[w][:n]
		c.from.gather(out, x, i, c.from.shape)
		largest, sum := norm(out)
		c.sums[i] = kernel.Log(sum) - (float64(out[c.labels[i]]) - float64(out[largest]))
		c.right[i] = largest == c.labels[i]
	})
	loss, _ := c.mean()
	*c.value = gorgonia.F32(loss)
}

// norm returns the place of the largest of some numbers, the first of equals, and the sum of
// their exponentials over its own.
func norm(x []float32) (largest int, sum float64) {
	for j, v := range x {
		if v > x[largest] {
			largest = j
		}
	}
	for _, v := range x {
		sum += kernel.Exp(float64(v) - float64(x[largest]))
	}
	return largest, sum
}

// backward computes the probability of each class, less 1 for the true one, over the images.
func (c *classification) backward(dx, x []float32, g float32) {
	n := c.from.shape.Size()
	clear(dx) // of images that are not at hand
	scale := float64(g) / float64(c.images)
	c.each(c.images, func(w, i int) {
		out := c.scratch[w][:n]
		c.from.gather(out, x, i, c.from.shape)
		largest, sum := norm(out)
		top := float64(out[largest])
		for j, v := range out {
			p := kernel.Exp(float64(v)-top) / sum
			if j == c.labels[i] {
				p -= 1
			}
			out[j] = float32(p * scale)
		}
		c.from.scatter(dx, out, i, c.from.shape)
	})
}
