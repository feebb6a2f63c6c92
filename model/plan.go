package model

import (
	"fmt"

	"exemplar/model/internal/kernel"
)

// numerics names the order of every operation, and so the bits of the latents.
// It does not say which processor's kernels computed: they all give the same.
const numerics = "winograd-f32/2"

// Plan computes a model: weights packed for the kernels, steps in order. It is
// immutable, and goroutines share it.
type Plan struct {
	set     *kernel.Set
	arch    Arch
	encoder network
	decoder network
	hasDec  bool
}

// network is a list of steps: on planes, then dense ones on vectors, then on
// planes again. Dense steps take many images at once, the others one.
type network struct {
	before  []stage
	dense   []denseOp
	after   []stage
	reshape Shape  // from the last dense step to the first of after
	stride  int    // numbers per pixel of that shape
	act     string // that is left to do to what the last of after stores, see leavesActivation
}

// Compile checks the model and packs its weights for this processor.
func Compile(m *Model) (*Plan, error) { return compile(m, kernel.Best()) }

func compile(m *Model, set *kernel.Set) (*Plan, error) { return compileChained(m, set, inCache) }

func compileChained(m *Model, set *kernel.Set, chain chaining) (*Plan, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	p := &Plan{set: set, arch: m.Arch, hasDec: len(m.Decoder) > 0}
	p.encoder = compiler{set, m.Encoder, chain}.network(m.Arch.EncoderLayers())
	if p.hasDec {
		p.decoder = compiler{set, m.Decoder, chain}.network(m.Arch.DecoderLayers())
	}
	return p, nil
}

// Latent returns the dimensions of a latent vector.
func (p *Plan) Latent() int { return p.arch.Latent }

// Input returns the image that the model takes.
func (p *Plan) Input() Input { return p.arch.Input }

// Kernel names the code that computes: plans with the same model and the same
// kernel give the same bits, on any processor.
func (p *Plan) Kernel() string { return numerics }

// Kernels returns the kernel of every plan of this program, and the name of the routines
// that compute it on this processor.
func Kernels() (kernels, routines string) { return numerics, kernel.Best().Name() }

// CheckKernels says what is wrong with the environment variable that forces routines, for
// tests, by the name that Kernels returns: EXEMPLAR_KERNEL=avx2.
func CheckKernels() error { return kernel.Err() }

// Portable reports whether the routines are those in Go, a hundred times slower than
// assembly.
func Portable() bool { return kernel.Best().Portable() }
