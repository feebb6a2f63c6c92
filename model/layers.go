package model

import (
	"fmt"
	"slices"
)

// Kinds of layers.
const (
	KindConv     = "conv"     // convolution 3x3, stride 1, "same"
	KindConvT    = "convt"    // transposed convolution 3x3, stride 2, "same": twice the size
	KindPool     = "pool"     // average pooling 2x2, stride 2; an odd last row or column is dropped
	KindDense    = "dense"    // out = in · kernel + bias
	KindReshape  = "reshape"  // same numbers, other shape, C order
	KindCrop     = "crop"     // keeps the top left
	KindArea     = "area"     // average pooling to any smaller size, see Pool
	KindUpsample = "upsample" // enlarges by Interpolation
)

// outputLayer is the name of the last convolution of a decoder.
const outputLayer = "output"

// Shape is height, width and channels of a plane of activations, stored in that
// order (NHWC). Vectors are 1x1xN.
type Shape struct{ Height, Width, Channels int }

// Size returns the number of values.
func (s Shape) Size() int { return s.Height * s.Width * s.Channels }

// Layer is one step of an encoder or decoder.
type Layer struct {
	Kind       string
	Name       string // of its weights; empty for layers without
	In, Out    Shape
	Activation string // of layers with weights

	Interpolation string // of KindUpsample
}

// KernelShape returns the kernel's shape in Keras order, or nil for layers
// without weights: convolutions (3, 3, in, out), transposed convolutions
// (3, 3, out, in), dense layers (in, out). The bias has shape (out).
func (l Layer) KernelShape() []int {
	switch l.Kind {
	case KindConv:
		return []int{3, 3, l.In.Channels, l.Out.Channels}
	case KindConvT:
		return []int{3, 3, l.Out.Channels, l.In.Channels}
	case KindDense:
		return []int{l.In.Size(), l.Out.Size()}
	}
	return nil
}

// TensorSpec is the name and shape of one array of weights.
type TensorSpec struct {
	Name  string
	Shape []int
}

// EncoderWeights lists the arrays of the encoder in order.
func (a Arch) EncoderWeights() []TensorSpec { return specs(a.EncoderLayers()) }

// DecoderWeights lists the arrays of the decoder in order.
func (a Arch) DecoderWeights() []TensorSpec { return specs(a.DecoderLayers()) }

func specs(layers []Layer) []TensorSpec {
	var out []TensorSpec
	for _, l := range layers {
		if k := l.KernelShape(); k != nil {
			bias := l.Out.Channels
			out = append(out, TensorSpec{l.Name + ".kernel", k}, TensorSpec{l.Name + ".bias", []int{bias}})
		}
	}
	return out
}

// Parameters returns the number of weights of the encoder and the decoder.
func (a Arch) Parameters() (encoder, decoder int64) {
	count := func(specs []TensorSpec) (n int64) {
		for _, s := range specs {
			n += int64(sizeOf(s.Shape))
		}
		return n
	}
	return count(a.EncoderWeights()), count(a.DecoderWeights())
}

func sizeOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// EncoderLayers returns the steps from pixels of Input.Scale to the latent vector.
func (a Arch) EncoderLayers() []Layer {
	c := chain{at: Shape{a.Input.Height, a.Input.Width, a.Input.Channels}}
	switch a.Family {
	case FamilyConv:
		for _, filters := range a.Filters {
			for range a.ConvsPerStage {
				c.conv(c.next(KindConv), filters, a.Activations.Hidden)
			}
			c.to(KindPool, Shape{c.at.Height / 2, c.at.Width / 2, c.at.Channels})
		}
		c.dense("dense", a.Latent, a.Activations.Latent)
	case FamilyDense:
		for _, w := range a.Widths {
			c.dense(c.next(KindDense), w, a.Activations.Hidden)
		}
		c.dense(c.next(KindDense), a.Latent, a.Activations.Latent)
	case FamilyLinear:
		c.to(KindArea, Shape{a.Working.Height, a.Working.Width, a.Input.Channels})
		c.dense("dense", a.Latent, a.Activations.Latent)
	}
	return c.layers
}

// DecoderLayers returns the steps from the latent vector to pixels of Input.Scale.
func (a Arch) DecoderLayers() []Layer {
	c := chain{at: Shape{1, 1, a.Latent}}
	in := Shape{a.Input.Height, a.Input.Width, a.Input.Channels}
	switch a.Family {
	case FamilyConv:
		a.convDecoder(&c, in)
	case FamilyDense:
		for _, w := range slices.Backward(a.Widths) {
			c.dense(c.next(KindDense), w, a.Activations.Hidden)
		}
		c.dense(c.next(KindDense), in.Size(), a.Activations.Output)
		c.to(KindReshape, in)
	case FamilyLinear:
		work := Shape{a.Working.Height, a.Working.Width, a.Input.Channels}
		c.dense("dense", work.Size(), a.Activations.Output)
		c.to(KindReshape, work)
		c.to(KindUpsample, in)
		c.layers[len(c.layers)-1].Interpolation = a.Upsample
	}
	return c.layers
}

func (a Arch) convDecoder(c *chain, in Shape) {
	n := len(a.Filters)
	// The smallest plane that covers the input after n doublings.
	cover := func(side int) int { return (side + 1<<n - 1) >> n }
	first := Shape{cover(in.Height), cover(in.Width), a.Filters[n-1]}
	c.dense("dense", first.Size(), a.Activations.Expand)
	c.to(KindReshape, first)
	for _, filters := range slices.Backward(a.Filters) {
		up := Shape{2 * c.at.Height, 2 * c.at.Width, filters}
		c.add(Layer{Kind: KindConvT, Name: c.next(KindConvT), Out: up, Activation: a.Activations.Hidden})
		for range a.ConvsPerStage - 1 {
			c.conv(c.next(KindConv), filters, a.Activations.Hidden)
		}
	}
	c.conv(outputLayer, in.Channels, a.Activations.Output)
	if c.at != in {
		c.to(KindCrop, in)
	}
}

// chain builds a list of layers, each taking what the last one gave.
type chain struct {
	at     Shape
	layers []Layer
	count  map[string]int
}

func (c *chain) add(l Layer) {
	l.In, c.at = c.at, l.Out
	c.layers = append(c.layers, l)
}

func (c *chain) to(kind string, out Shape) { c.add(Layer{Kind: kind, Out: out}) }

func (c *chain) conv(name string, filters int, act string) {
	out := Shape{c.at.Height, c.at.Width, filters}
	c.add(Layer{Kind: KindConv, Name: name, Out: out, Activation: act})
}

func (c *chain) dense(name string, units int, act string) {
	c.add(Layer{Kind: KindDense, Name: name, Out: Shape{1, 1, units}, Activation: act})
}

// next returns the name of the next layer of a kind: conv0, conv1, …
func (c *chain) next(kind string) string {
	if c.count == nil {
		c.count = map[string]int{}
	}
	i := c.count[kind]
	c.count[kind]++
	return fmt.Sprintf("%s%d", kind, i)
}
