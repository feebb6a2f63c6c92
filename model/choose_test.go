package model

import (
	"fmt"
	"testing"

	"exemplar/model/internal/kernel"
)

// convolutionLayer is a layer with weights that are not zero.
func convolutionLayer(kind string, height, width, cin, cout int) (Layer, Weights) {
	l := Layer{Kind: kind, Name: "conv", In: Shape{height, width, cin}, Out: Shape{height, width, cout}, Activation: ActReLU}
	if kind == KindConvT {
		l.Out.Height, l.Out.Width = 2*height, 2*width
	}
	w := Weights{{"conv.kernel", l.KernelShape(), make([]float32, 9*cin*cout)}, {"conv.bias", []int{cout}, make([]float32, cout)}}
	for i := range w[0].Data {
		w[0].Data[i] = float32(i%7) - 3
	}
	return l, w
}

// way names how a step convolves.
func way(op planeOp) string {
	switch op := op.(type) {
	case *directOp, *transposedOp:
		return "direct"
	case *narrowOp:
		return "narrow"
	case *winogradOp:
		return fmt.Sprint("tiles of ", op.conv.Result())
	}
	return fmt.Sprintf("%T", op)
}

// TestChoice: each way of convolution is taken for the shapes that suit it,
// with every implementation of the kernels.
func TestChoice(t *testing.T) {
	for _, set := range kernel.All() {
		for _, c := range []struct {
			kind                     string
			height, width, cin, cout int
			want                     string
		}{
			{KindConv, 256, 256, 16, 16, "tiles of 4"},
			{KindConv, 14, 14, 16, 32, "tiles of 4"},
			{KindConv, 9, 9, 20, 5, "tiles of 4"},
			{KindConv, 6, 6, 32, 32, "tiles of 2"},
			{KindConv, 2, 3, 128, 128, "tiles of 2"},
			{KindConv, 1, 1, 128, 128, "direct"},
			{KindConv, 1, 9, 16, 16, "direct"},
			{KindConv, 256, 256, 16, 1, "narrow"},
			{KindConv, 1, 1, 7, 3, "narrow"},
			{KindConvT, 128, 128, 32, 16, "tiles of 8"},
			{KindConvT, 14, 14, 32, 16, "tiles of 8"},
			{KindConvT, 7, 7, 32, 32, "direct"},
			{KindConvT, 1, 1, 1, 1, "direct"},
		} {
			l, w := convolutionLayer(c.kind, c.height, c.width, c.cin, c.cout)
			if got := way(compiler{set: set, weights: w}.planeOp(l, kernel.Up16(c.cin))); got != c.want {
				t.Errorf("%s: %s of %v to %v: %s, want %s", set.Name(), c.kind, l.In, l.Out, got, c.want)
			}
		}
		for channels := 1; channels <= 16; channels++ { // of an image
			first, w := convolutionLayer(KindConv, 256, 256, channels, 16)
			want := "direct"
			if channels == 16 {
				want = "tiles of 4"
			}
			if got := way(compiler{set: set, weights: w}.planeOp(first, channels)); got != want {
				t.Errorf("%s: convolution of an image of %d channels: %s, want %s", set.Name(), channels, got, want)
			}
			last, w := convolutionLayer(KindConv, 256, 256, 16, channels)
			for name, most := range map[string]int{"conv": narrowChannels, outputLayer: lastChannels} {
				last.Name, w[0].Name, w[1].Name = name, name+".kernel", name+".bias"
				if want = "tiles of 4"; channels <= most {
					want = "narrow"
				}
				if got := way(compiler{set: set, weights: w}.planeOp(last, 16)); got != want {
					t.Errorf("%s: layer %q to %d channels: %s, want %s", set.Name(), name, channels, got, want)
				}
			}
		}
	}
}

// BenchmarkConvolutions times all ways of convolution on typical layers, from
// which the rules of convolution and transposedConvolution were made.
func BenchmarkConvolutions(b *testing.B) {
	for _, set := range kernel.All() {
		if set.Portable() {
			continue
		}
		for _, channels := range [][2]int{{5, 5}, {16, 3}, {16, 16}, {32, 16}, {32, 32}, {128, 128}} {
			for _, side := range []int{1, 2, 4, 6, 7, 8, 14, 28} {
				cin, cout := channels[0], channels[1]
				stride := kernel.Up16(cin)
				l, weights := convolutionLayer(KindConv, side, side, cin, cout)
				c := compiler{set: set, weights: weights}
				w, bias := c.tensors(l)
				ops := []planeOp{
					c.winograd(l, kernel.NewWinograd(w, bias, cin, 4)),
					c.winograd(l, kernel.NewWinograd(w, bias, cin, 2)),
					c.direct(l, stride), c.narrow(l),
				}
				up, weights := convolutionLayer(KindConvT, side, side, cin, cout)
				c.weights = weights
				w, bias = c.tensors(up)
				ops = append(ops, c.winograd(up, kernel.NewTransposed(w, bias, cin)), c.transposed(up, stride))
				for i, op := range ops {
					if i == 3 && cout >= 16 {
						continue
					}
					out := l.Out
					if i > 3 {
						out = up.Out
					}
					name := fmt.Sprintf("%s/%s %d to %d/%dx%d/%s", set.Name(), []string{KindConv, KindConvT}[i/4], cin, cout, side, side, way(op))
					b.Run(name, func(b *testing.B) { benchmarkStep(b, op, l.In, stride, out) })
				}
			}
		}
	}
}

func benchmarkStep(b *testing.B, op planeOp, in Shape, stride int, out Shape) {
	src := plane{data: make([]float32, planeSize(in, stride))}
	for i := range src.data {
		src.data[i] = float32(i % 13)
	}
	src.reset(in, stride)
	stride = kernel.Up16(out.Channels)
	dst := plane{data: make([]float32, planeSize(out, stride))}
	if _, ok := op.(*narrowOp); ok {
		stride = out.Channels
	}
	dst.reset(out, stride)
	scratch := make([]float32, op.scratch())
	for b.Loop() {
		op.run(&dst, &src, 0, out.Height, scratch)
	}
}
