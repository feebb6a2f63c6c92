package model

import "fmt"

// kernelGeneric names the portable kernels in a plan's Kernel: their order of
// summation, and so the bits of the latents, changes only with this name.
const kernelGeneric = "generic-f32/1"

// Plan computes a model: weights packed for the kernels, steps in order. It is
// immutable, and goroutines share it.
type Plan struct {
	arch    Arch
	encoder network
	decoder network
	hasDec  bool
}

// network is a list of steps: on planes, then dense ones on vectors, then on
// planes again. Dense steps take many images at once, the others one.
type network struct {
	before  []planeStep
	dense   []denseOp
	after   []planeStep
	reshape Shape // from the last dense step to the first of after
}

type planeStep struct {
	op  planeOp
	out Shape
}

// Compile checks the model and packs its weights.
func Compile(m *Model) (*Plan, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	p := &Plan{arch: m.Arch, hasDec: len(m.Decoder) > 0}
	p.encoder = compile(m.Arch.EncoderLayers(), m.Encoder)
	if p.hasDec {
		p.decoder = compile(m.Arch.DecoderLayers(), m.Decoder)
	}
	return p, nil
}

func compile(layers []Layer, w Weights) network {
	var n network
	for _, l := range layers {
		var kernel, bias []float32
		if l.Name != "" {
			kernel, bias = w.Get(l.Name+".kernel").Data, w.Get(l.Name+".bias").Data
		}
		switch l.Kind {
		case KindDense:
			n.dense = append(n.dense, newDenseOp(l, kernel, bias))
			n.reshape = l.Out
		case KindReshape:
			n.reshape = l.Out
		default:
			step := planeStep{newPlaneOp(l, kernel, bias), l.Out}
			if len(n.dense) == 0 {
				n.before = append(n.before, step)
			} else {
				n.after = append(n.after, step)
			}
		}
	}
	return n
}

// Latent returns the dimensions of a latent vector.
func (p *Plan) Latent() int { return p.arch.Latent }

// Input returns the image that the model takes.
func (p *Plan) Input() Input { return p.arch.Input }

// HasDecoder says whether Decode and MSE may be called.
func (p *Plan) HasDecoder() bool { return p.hasDec }

// Kernel names the code that computes: plans with the same model and the same
// kernel give the same bits.
func (p *Plan) Kernel() string { return kernelGeneric }
