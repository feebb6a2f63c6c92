package training

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// BenchmarkChannels times what training computes in first and last layers of images:
// the results, the gradient of the weights, and of last layers also the loss and the
// gradient of the input. It reports the GFLOP/s of a pass by the least times, and as ratio what
// that is of one channel's, timed in turn: so other work on the machine matters little.
func BenchmarkChannels(b *testing.B) {
	for _, set := range kernel.All() {
		if set.Name() == "generic" {
			continue
		}
		for _, side := range []struct{ height, width, filters int }{{16, 256, 16}, {28, 28, 16}, {28, 28, 32}} {
			for _, last := range []bool{false, true} {
				one := newChannelLayer(set, side.height, side.width, side.filters, 1, last)
				for _, channels := range []int{1, 2, 3, 4, 5, 6, 8, 12, 16} {
					many := newChannelLayer(set, side.height, side.width, side.filters, channels, last)
					layer := map[bool]string{false: "first", true: "last"}[last]
					name := fmt.Sprintf("%s/%s/%dx%d, %d filters/%d channels", set.Name(), layer, side.height, side.width, side.filters, channels)
					b.Run(name, func(b *testing.B) {
						one.reset()
						many.reset()
						for b.Loop() {
							one.run()
							many.run()
						}
						b.ReportMetric(many.speed(), "GFLOP/s")
						b.ReportMetric(many.speed()/one.speed(), "ratio")
					})
				}
			}
		}
	}
}

// channelLayer is a first or last layer in training.
type channelLayer struct {
	parts []func()
	least []time.Duration // of each part
	flops float64         // of all
}

func newChannelLayer(set *kernel.Set, height, width, filters, channels int, last bool) *channelLayer {
	const batch = sliceImages
	b := bench{&run{crew: crew{workers: 1}, set: set, batch: batch, lead: 16, scratch: make([][]float32, 1), images: batch, training: true}, rand.New(rand.NewPCG(1, 2))}
	image := model.Shape{Height: height, Width: width, Channels: channels}
	hidden := model.Shape{Height: height, Width: width, Channels: filters}
	c := &channelLayer{flops: 2 * batch * 18 * float64(image.Size()*filters)}
	l, in := model.Layer{Kind: model.KindConv, Name: "first", In: image, Out: hidden, Activation: model.ActReLU}, planes(image, channels)
	if last {
		l, in = model.Layer{Kind: model.KindConv, Name: "output", In: hidden, Out: image, Activation: model.ActSigmoid}, planes(hidden, kernel.Up16(filters))
		c.flops *= 1.5
	}
	made := newConv(b.run, l, in, last)
	w := b.weighted(made, l)
	x, _ := b.values(in)
	g, _ := b.values(made.out())
	y := numbers(w.y)
	c.parts = []func(){func() { made.forward(y, x, w.weights.w) }, func() { made.backwardWeights(w.weights.gradient, x, g) }}
	if last {
		loss, dx := newReconstruction(b.run, LossMSE, made.out(), image), allocate(len(x))
		c.parts = append(c.parts, func() { loss.forward(y) }, func() { loss.backward(g, y, 1) }, func() { w.deactivate(g, y) },
			func() { made.backwardInput(dx, g, w.weights.w, x) })
	}
	c.least = make([]time.Duration, len(c.parts))
	return c
}

func (c *channelLayer) reset() {
	for i := range c.least {
		c.least[i] = time.Hour
	}
}

func (c *channelLayer) run() {
	for i, f := range c.parts {
		start := time.Now()
		f()
		c.least[i] = min(c.least[i], time.Since(start))
	}
}

// speed returns the GFLOP/s of all parts, counted as direct convolution.
func (c *channelLayer) speed() float64 {
	var sum time.Duration
	for _, t := range c.least {
		sum += t
	}
	return c.flops / float64(sum.Nanoseconds())
}
