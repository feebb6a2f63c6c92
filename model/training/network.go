package training

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"exemplar/model"
	"exemplar/model/internal/kernel"
	"exemplar/model/normal"
)

// step is a step of a network on signals.
type step interface {
	on(x signal) (signal, error)
}

// network is an autoencoder: its steps, the memory that they share, and the
// terms of its loss.
type network struct {
	*run
	cfg     Config
	input   layout
	x       []float32 // the batch of images, noisy in training
	steps   []step
	code    int // steps before the code
	heads   int // steps before what newKL takes
	weights []*weights
	last    int             // index of the encoder's last weights
	latent  *weights        // these
	loss    *reconstruction // nil with a head
	head    *classification // nil without one
	l1, kl  *penalty
	planes  int // numbers of the largest plane's gradients

	shape  model.Shape // of the images
	target []float32   // these, one after the other
}

func newNetwork(r *run, cfg Config) *network {
	in := cfg.Arch.Input
	shape := model.Shape{Height: in.Height, Width: in.Width, Channels: in.Channels}
	n := &network{run: r, cfg: cfg, input: planes(shape, in.Channels), shape: shape}
	encoder, decoder := cfg.Arch.EncoderLayers(), cfg.Arch.DecoderLayers()
	if encoder[0].Kind == model.KindDense {
		n.input = r.vectors(shape.Size())
	}
	n.x = make([]float32, n.input.size(r.batch))

	at := n.input
	latent := &encoder[len(encoder)-1]
	if cfg.Variational {
		latent.Out.Channels *= 2
	}
	for i, l := range encoder {
		at = n.layer("encoder.", l, at, i > 0)
	}
	n.last = len(n.weights) - 1
	n.latent = n.weights[n.last]
	n.heads = len(n.steps)
	if cfg.Variational {
		n.kl = newKL(r, cfg.Beta/float64(shape.Size()), at)
		at = n.add(newSampling(r, at), r.vectors(cfg.Arch.Latent))
	}
	n.code = len(n.steps)
	if cfg.L1 > 0 {
		n.l1 = newL1(r, cfg.L1, at)
	}
	if cfg.Classes > 0 {
		at = n.layer("head.", headLayer(cfg), at, false)
		n.head, n.target = newClassification(r, at), make([]float32, r.batch*shape.Size())
		r.reserve(2*shape.Size(), 0)
	} else {
		if output := lastWeights(decoder); cfg.Loss == LossBCE {
			output.Activation = model.ActLinear // the loss applies it
		}
		for i, l := range decoder {
			at = n.layer("decoder.", l, at, i > 0)
		}
		n.loss = newReconstruction(r, cfg.Loss, at, shape)
		n.target = n.loss.target
	}
	for i := range r.slots {
		r.slots[i] = allocate(n.planes)
	}
	return n
}

// lastWeights returns the last layer that has weights.
func lastWeights(layers []model.Layer) *model.Layer {
	for i := len(layers) - 1; ; i-- {
		if layers[i].KernelShape() != nil {
			return &layers[i]
		}
	}
}

// add appends a step whose results have a layout.
func (n *network) add(s step, out layout) layout {
	n.steps = append(n.steps, s)
	if out.lead == 0 {
		n.planes = max(n.planes, out.size(n.batch))
	}
	return out
}

// layer appends the steps of a layer. Hidden says that its input is neither the
// image nor the code.
func (n *network) layer(prefix string, l model.Layer, at layout, hidden bool) layout {
	var made layer
	switch l.Kind {
	case model.KindPool:
		p := newPooling(n.run, l)
		return n.add(p, p.to)
	case model.KindReshape:
		if to := planes(l.Out, kernel.Up16(l.Out.Channels)); len(n.cfg.Arch.Filters) > 0 {
			return n.add(newReshaping(n.run, at, to), to)
		}
		return at
	case model.KindCrop: // the loss does it
		return at
	case model.KindDense:
		if at.lead == 0 {
			flat := n.vectors(at.shape.Size())
			at = n.add(newReshaping(n.run, at, flat), flat)
		}
		if hidden && n.cfg.Dropout > 0 {
			at = n.add(newDropout(n.run, len(n.steps), n.cfg.Dropout, at), at)
		}
		made = newDense(n.run, l)
	case model.KindConv:
		made = newConv(n.run, l, at, l.Name == "output")
	case model.KindConvT:
		made = newTransposed(n.run, l, at)
	default:
		panic("training: no step for layer kind " + l.Kind)
	}
	w := newWeights(prefix+l.Name, l, made.size(), n.cfg.Optimizer != OptimizerSGD)
	n.weights = append(n.weights, w)
	return n.add(newWeighted(n.run, made, l, w, len(n.steps) > 0), made.out())
}

// tape builds the graph, with gradients of all weights if they are wanted.
func (n *network) tape(gradients bool) (*tape, error) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewVector(g, tensor.Float32, gorgonia.WithShape(len(n.x)), gorgonia.WithName("images"), gorgonia.WithValue(vector(n.x)))
	at := signal{x, n.input}
	var terms []*gorgonia.Node
	for i := 0; i <= len(n.steps); i++ {
		var err error
		var term *gorgonia.Node
		if n.kl != nil && i == n.heads {
			if term, err = n.kl.on(at); err != nil {
				return nil, err
			}
			terms = append(terms, term)
		}
		if n.l1 != nil && i == n.code {
			if term, err = n.l1.on(at); err != nil {
				return nil, err
			}
			terms = append(terms, term)
		}
		if i < len(n.steps) {
			if at, err = n.steps[i].on(at); err != nil {
				return nil, err
			}
		}
	}
	var cost *gorgonia.Node
	var err error
	if n.head != nil {
		cost, err = n.head.on(at)
	} else {
		cost, err = n.loss.on(at)
	}
	for _, t := range terms {
		if err == nil {
			cost, err = gorgonia.Add(cost, t)
		}
	}
	if err != nil {
		return nil, err
	}
	if gradients {
		var of gorgonia.Nodes
		for _, w := range n.trained() {
			of = append(of, w.node(g))
		}
		if _, err := gorgonia.Grad(cost, of...); err != nil {
			return nil, err
		}
	}
	return newTape(g), nil
}

// trained returns the weights that steps change.
func (n *network) trained() []*weights {
	if n.cfg.Frozen {
		return n.weights[n.last+1:]
	}
	return n.weights
}

// load makes a batch of raw pixels the input and the target.
func (n *network) load(pixels [][]byte) error {
	in := n.cfg.Arch.Input
	for i, p := range pixels {
		if len(p) != in.Bytes() {
			return fmt.Errorf("training: image %d of the batch has %d bytes, want %d", i, len(p), in.Bytes())
		}
	}
	size, shape := in.Values(), n.shape
	n.each(len(pixels), func(w, i int) {
		target := n.target[i*size : (i+1)*size]
		if in.Rows() {
			model.LoadRow(target, pixels[i])
		} else {
			n.set.ScalePixels(target, pixels[i], in.Bits, in.Full())
		}
		x := target
		if n.training && n.cfg.Noise > 0 {
			rng := n.random(purposeNoise, i)
			x = n.scratch[w][:size]
			for j, v := range target {
				x[j] = v + float32(n.cfg.Noise*normal.Draw(rng))
				if !in.Rows() {
					x[j] = min(max(x[j], 0), 1)
				}
			}
			n.rescale(x)
		}
		if in.Scale == model.ScaleByte {
			kernel.BytePixels(target, pixels[i], in.Bits, in.Full()) // what the encoder takes, to the last bit
		} else {
			n.rescale(target)
		}
		if n.training && n.cfg.DropoutInput > 0 {
			copy(n.scratch[w], x)
			x = n.scratch[w][:size]
			n.leaveOut(x, i)
		}
		n.input.scatter(n.x, x, i, shape)
	})
	if n.input.lead > 0 { // images that are not at hand
		for i := 0; i < len(n.x) && len(pixels) < n.lead; i += n.lead {
			clear(n.x[i+len(pixels) : i+n.lead])
		}
	}
	return nil
}

// leaveOut zeroes numbers of an image with the probability of Config.DropoutInput, and
// divides the others by that of staying.
func (n *network) leaveOut(x []float32, image int) {
	rate := n.cfg.DropoutInput
	stay, threshold := float32(1/(1-rate)), uint32(rate*(1<<32))
	rng := n.random(purposeDropout, image) // of no layer: the first whose input may drop out is behind another
	for i := range x {
		if rng.Uint32() >= threshold {
			x[i] *= stay
		} else {
			x[i] = 0
		}
	}
}

// rescale brings pixels in [0,1] to the scale of the layers.
func (n *network) rescale(x []float32) {
	switch n.cfg.Arch.Input.Scale {
	case model.ScaleSymmetric:
		kernel.ToSymmetric(x)
	case model.ScaleByte:
		kernel.ToByte(x)
	}
}

// losses returns those of the last pass.
func (n *network) losses() Losses {
	l := Losses{N: n.images}
	if n.head != nil {
		l.Classified = true
		l.Loss, l.Right = n.head.mean()
	} else {
		l.Loss, l.MSE = n.loss.mean()
		span := n.cfg.Arch.Input.Span()
		l.MSE /= span * span // of differences in [0,1]
	}
	if n.kl != nil {
		l.KL = n.kl.mean
		l.Loss += float64(n.kl.factor * l.KL)
	}
	if n.l1 != nil {
		l.L1 = n.l1.mean
		l.Loss += float64(n.l1.factor * l.L1)
	}
	return l
}
