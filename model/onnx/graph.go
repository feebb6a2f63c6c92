package onnx

import (
	"fmt"

	"exemplar/model"
)

// builder adds the operators of layers to a graph.
type builder struct {
	graph
	weights model.Weights // of the layers that are being added
	prefix  string        // of the names of their operators and weights
	last    string        // value that the last operator gave
	shape   model.Shape   // of one image of it
	layout  layout
}

// layout is how the numbers of a value are ordered.
type layout int

const (
	vectors       layout = iota // [N, numbers]
	channelsLast                // [N, row, column, channel], the model's order
	channelsFirst               // [N, channel, row, column], what operators on planes take
)

var operators = map[string]string{model.ActReLU: "Relu", model.ActSigmoid: "Sigmoid", model.ActTanh: "Tanh"}

// add appends an operator on the last value, with constants as further inputs.
func (b *builder) add(op, name string, constants []string, attributes ...attribute) {
	name = b.prefix + name
	b.nodes = append(b.nodes, node{op, name, append([]string{b.last}, constants...), name, attributes})
	b.last = name
}

// floats adds an array of weights and returns its name.
func (b *builder) floats(name string, shape []int, x []float32) string {
	name = b.prefix + name
	b.arrays = append(b.arrays, floats(name, shape, x))
	return name
}

// integers adds an array that tells an operator its sizes and returns its name.
func (b *builder) integers(name string, x ...int64) string {
	name = b.prefix + name
	b.arrays = append(b.arrays, integers(name, x))
	return name
}

// encoder adds everything from raw pixels to latent vectors.
func (b *builder) encoder(m *model.Model) {
	in := m.Arch.Input
	kind := int64(typeUint8)
	if in.Bits == 16 {
		kind = typeUint16
	}
	b.inputs = append(b.inputs, value{imageName, kind, []int{in.Height, in.Width, in.Channels}, "raw pixels"})
	b.prefix, b.weights, b.last = "encoder/", m.Encoder, imageName
	b.shape, b.layout = model.Shape{Height: in.Height, Width: in.Width, Channels: in.Channels}, channelsLast
	b.add("Cast", "numbers", nil, integer("to", typeFloat))
	largest := float32(in.Full())
	switch in.Scale {
	case model.ScaleSymmetric:
		// The same bits as 2x-1: halves are exact.
		b.add("Div", "halves", []string{b.floats("half", nil, []float32{largest / 2})})
		b.add("Sub", "scaled", []string{b.floats("one", nil, []float32{1})})
	case model.ScaleByte:
		b.add("Div", "scaled", []string{b.floats("step", nil, []float32{largest / 255})}) // by 1 or 257, where the type has no other full scale
	default:
		b.add("Div", "scaled", []string{b.floats("largest", nil, []float32{largest})})
	}
	b.layers(m.Arch.EncoderLayers())
	b.output(value{embeddingName, typeFloat, []int{m.Arch.Latent}, "latent vectors"})
}

// decoder adds everything from latent vectors, the last value, to pixels.
func (b *builder) decoder(m *model.Model) {
	in := m.Arch.Input
	b.prefix, b.weights, b.last = "decoder/", m.Decoder, embeddingName
	b.shape, b.layout = model.Shape{Height: 1, Width: 1, Channels: m.Arch.Latent}, vectors
	b.layers(m.Arch.DecoderLayers())
	b.planes(channelsLast, "image")
	switch in.Scale {
	case model.ScaleByte:
		b.add("Div", "unit", []string{b.floats("full", nil, []float32{255})})
	case model.ScaleSymmetric:
		b.add("Add", "positive", []string{b.floats("one", nil, []float32{1})})
		b.add("Div", "unit", []string{b.floats("two", nil, []float32{2})})
	}
	one := "the largest value of their type"
	if in.FullScale != 0 {
		one = fmt.Sprint(in.FullScale)
	}
	b.output(value{reconstructionName, typeFloat, []int{in.Height, in.Width, in.Channels}, "pixels, 1 is " + one})
}

// output makes the last value an output of the graph.
func (b *builder) output(v value) {
	b.nodes[len(b.nodes)-1].output = v.name
	b.outputs = append(b.outputs, v)
	b.last = v.name
}

// layers adds layers in their order.
func (b *builder) layers(layers []model.Layer) {
	for i, l := range layers {
		name := l.Name
		if name == "" {
			name = fmt.Sprintf("%s%d", l.Kind, i)
		}
		switch l.Kind {
		case model.KindDense:
			b.dense(l, planeAfter(layers[i+1:]))
		case model.KindReshape:
			b.reshape(l, name, planeAfter(layers[i:]) != nil)
		case model.KindConv:
			b.convolve(l, "Conv", integerList("pads", 1, 1, 1, 1))
		case model.KindConvT:
			// The full result is one row and one column more than twice the input;
			// Keras drops the last ones.
			b.convolve(l, "ConvTranspose", integerList("strides", 2, 2), integerList("pads", 0, 0, 1, 1))
		case model.KindPool:
			b.planes(channelsFirst, name)
			b.add("AveragePool", name, nil, integerList("kernel_shape", 2, 2), integerList("strides", 2, 2))
		case model.KindCrop:
			b.crop(l, name)
		case model.KindArea, model.KindUpsample:
			b.resample(l, name)
		default:
			panic("onnx: no operator for layer kind " + l.Kind)
		}
		b.shape = l.Out
	}
}

// planeAfter returns the plane that layers begin with, where they begin with a
// vector's change into one and operators on planes follow.
func planeAfter(layers []model.Layer) *model.Shape {
	if len(layers) < 2 || layers[0].Kind != model.KindReshape {
		return nil
	}
	return &layers[0].Out
}

// planes brings planes into a layout.
func (b *builder) planes(to layout, before string) {
	perm := integerList("perm", 0, 3, 1, 2)
	if to == channelsLast {
		perm = integerList("perm", 0, 2, 3, 1)
	}
	if b.layout != to {
		b.add("Transpose", before+"/transposed", nil, perm)
		b.layout = to
	}
}

// activate adds an activation.
func (b *builder) activate(l model.Layer) {
	if op := operators[l.Activation]; op != "" {
		b.add(op, l.Name+"/"+l.Activation, nil)
	}
}

// tensors returns a layer's weights in the model's order.
func (b *builder) tensors(l model.Layer) (kernel, bias []float32) {
	return b.weights.Get(l.Name + ".kernel").Data, b.weights.Get(l.Name + ".bias").Data
}

// dense adds a dense layer. Its weights are permuted where its input is a plane
// with the channels first, and where its output becomes one.
func (b *builder) dense(l model.Layer, becomes *model.Shape) {
	kernel, bias := b.tensors(l)
	in, out := l.In.Size(), l.Out.Size()
	if b.layout == channelsFirst {
		kernel = permute(kernel, []int{l.In.Height, l.In.Width, l.In.Channels, out}, 2, 0, 1, 3)
	}
	if b.layout != vectors {
		b.add("Flatten", l.Name+"/vectors", nil, integer("axis", 1))
		b.layout = vectors
	}
	if p := becomes; p != nil {
		kernel = permute(kernel, []int{in, p.Height, p.Width, p.Channels}, 0, 3, 1, 2)
		bias = permute(bias, []int{p.Height, p.Width, p.Channels}, 2, 0, 1)
	}
	b.add("Gemm", l.Name, []string{
		b.floats(l.Name+".kernel", []int{in, out}, kernel),
		b.floats(l.Name+".bias", []int{out}, bias),
	})
	b.activate(l)
}

// reshape makes planes of vectors.
func (b *builder) reshape(l model.Layer, name string, planesFollow bool) {
	h, w, c := int64(l.Out.Height), int64(l.Out.Width), int64(l.Out.Channels)
	shape := []int64{0, h, w, c} // 0 keeps the batch
	b.layout = channelsLast
	if planesFollow {
		shape, b.layout = []int64{0, c, h, w}, channelsFirst
	}
	b.add("Reshape", name, []string{b.integers(name+".shape", shape...)})
}

// convolve adds a convolution 3x3 or a transposed one. Keras' kernels are
// (3, 3, in, out) and (3, 3, out, in), those of the operators (out, in, 3, 3)
// and (in, out, 3, 3).
func (b *builder) convolve(l model.Layer, op string, attributes ...attribute) {
	b.planes(channelsFirst, l.Name)
	kernel, bias := b.tensors(l)
	s := l.KernelShape()
	b.add(op, l.Name, []string{
		b.floats(l.Name+".kernel", []int{s[3], s[2], 3, 3}, permute(kernel, s, 3, 2, 0, 1)),
		b.floats(l.Name+".bias", []int{len(bias)}, bias),
	}, append(attributes, integerList("kernel_shape", 3, 3))...)
	b.activate(l)
}

// crop keeps the top left.
func (b *builder) crop(l model.Layer, name string) {
	b.planes(channelsFirst, name)
	b.add("Slice", name, []string{
		b.integers(name+".starts", 0, 0),
		b.integers(name+".ends", int64(l.Out.Height), int64(l.Out.Width)),
		b.integers(name+".axes", 2, 3),
	})
}

// resample changes the size of planes by two matrix products.
func (b *builder) resample(l model.Layer, name string) {
	b.planes(channelsFirst, name)
	rows, columns := l.Resampling()
	b.add("MatMul", name+"/columns", []string{
		b.floats(name+".columns", []int{l.In.Width, l.Out.Width}, permute(columns, []int{l.Out.Width, l.In.Width}, 1, 0)),
	})
	// The matrix is the left operand, so add does not fit.
	matrix := b.floats(name+".rows", []int{l.Out.Height, l.In.Height}, rows)
	output := b.prefix + name
	b.nodes = append(b.nodes, node{"MatMul", output, []string{matrix, b.last}, output, nil})
	b.last = output
}

// permute returns an array's numbers with its axes in another order: axis i of
// the result is axis axes[i] of x.
func permute(x []float32, shape []int, axes ...int) []float32 {
	steps := make([]int, len(shape)) // of each axis, in x
	for i, n := len(shape)-1, 1; i >= 0; i-- {
		steps[i], n = n, n*shape[i]
	}
	out := make([]float32, 0, len(x))
	var walk func(axis, at int)
	walk = func(axis, at int) {
		if axis == len(axes) {
			out = append(out, x[at])
			return
		}
		for i := range shape[axes[axis]] {
			walk(axis+1, at+i*steps[axes[axis]])
		}
	}
	walk(0, 0)
	return out
}
