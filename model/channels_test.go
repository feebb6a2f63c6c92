package model

import (
	"fmt"
	"testing"
	"time"

	"exemplar/model/internal/kernel"
)

// TestFewChannelsHaveNoGaps: images of up to 15 channels are multiplied as they are,
// without numbers that only fill up, and so are what last layers of up to 5 make.
func TestFewChannelsHaveNoGaps(t *testing.T) {
	for channels := 1; channels <= 15; channels++ {
		a := Arch{Family: FamilyConv, Input: Input{Height: 20, Width: 16, Channels: channels, Bits: 8}, Latent: 3, Filters: []int{16}, ConvsPerStage: 1}.withDefaults()
		p, err := Compile(randomModel(a, 1))
		if err != nil {
			t.Fatal(err)
		}
		first, ok := p.encoder.before[0].steps[0].op.(*directOp)
		if !ok || first.matrix.K() != 9*channels {
			t.Errorf("%d channels: first layer %T, of %d products, want %d", channels, p.encoder.before[0].steps[0].op, first.matrix.K(), 9*channels)
		}
		last := p.decoder.after[len(p.decoder.after)-1].last()
		if want := kernel.Up16(channels); channels > lastChannels && last.stride != want || channels <= lastChannels && last.stride != channels {
			t.Errorf("%d channels: pixels of the last layer are %d numbers", channels, last.stride)
		}
	}
}

// timedChannels are the numbers of channels whose layers are timed.
var timedChannels = []int{1, 2, 3, 4, 5, 6, 8, 12, 16}

// BenchmarkChannels times first and last layers of images, and the latter with the
// sigmoid and the image that comes of it. It reports GFLOP/s of the least time, and as
// ratio what that is of one channel's, timed in turn: so other work on the machine
// matters little.
func BenchmarkChannels(b *testing.B) {
	for _, set := range kernel.All() {
		if set.Name() == "generic" {
			continue
		}
		for _, side := range []struct{ height, width, filters int }{{16, 256, 16}, {28, 28, 16}, {28, 28, 32}} {
			for _, last := range []bool{false, true} {
				one := newChannelStep(set, side.height, side.width, side.filters, 1, last)
				for _, channels := range timedChannels {
					many := newChannelStep(set, side.height, side.width, side.filters, channels, last)
					layer := map[bool]string{false: "first", true: "last"}[last]
					name := fmt.Sprintf("%s/%s/%dx%d, %d filters/%d channels", set.Name(), layer, side.height, side.width, side.filters, channels)
					b.Run(name, func(b *testing.B) {
						one.least, many.least = time.Hour, time.Hour
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

// channelStep is a first or last layer at work.
type channelStep struct {
	set      *kernel.Set
	op       planeOp
	src, dst plane
	scratch  []float32
	image    []float32 // that a last layer makes
	act      string    // of these
	flops    float64
	least    time.Duration
}

func newChannelStep(set *kernel.Set, height, width, filters, channels int, last bool) *channelStep {
	cin, cout := channels, filters
	if last {
		cin, cout = filters, channels
	}
	l, weights := convolutionLayer(KindConv, height, width, cin, cout)
	s := &channelStep{set: set, flops: 18 * float64(height*width*cin*cout)}
	in, out := cin, kernel.Up16(cout)
	if last {
		l.Name, l.Activation = outputLayer, ActSigmoid
		weights[0].Name, weights[1].Name = "output.kernel", "output.bias"
		s.image = make([]float32, l.Out.Size())
		if in = kernel.Up16(cin); leavesActivation([]Layer{l}, 0) {
			s.act, l.Activation = l.Activation, ActLinear
		}
	}
	s.op = compiler{set: set, weights: weights}.planeOp(l, in)
	if _, ok := s.op.(*narrowOp); ok {
		out = cout
	}
	s.src.data, s.dst.data = make([]float32, planeSize(l.In, in)), make([]float32, planeSize(l.Out, out))
	x := make([]float32, l.In.Size())
	for i := range x {
		x[i] = float32(i%13) / 13
	}
	s.src.load(l.In, in, x)
	s.dst.reset(l.Out, out)
	s.scratch = make([]float32, s.op.scratch())
	return s
}

func (s *channelStep) run() {
	start := time.Now()
	s.op.run(&s.dst, &s.src, 0, s.dst.shape.Height, s.scratch)
	if s.image != nil {
		s.dst.store(s.image)
		activate(s.set, s.image, len(s.image), len(s.image), s.act)
	}
	s.least = min(s.least, time.Since(start))
}

// speed returns the GFLOP/s of the least time, counted as direct convolution.
func (s *channelStep) speed() float64 { return s.flops / float64(s.least.Nanoseconds()) }
