package training

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gorgonia.org/gorgonia"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// ErrNotFinite says that a gradient is not finite. The weights are those before
// the step.
var ErrNotFinite = errors.New("training: the gradient is not finite; use a lower learning rate or gradient clipping")

// Losses describe images under the weights that computed them: means over N
// images.
type Losses struct {
	N        int
	Loss     float64 // the objective, in units of the pixels' scale: for [-1,1] its squared errors are 4 times those of [0,1], for [0,255] 65025 times
	MSE      float64 // mean squared error of pixels in [0,1], with every scale
	KL       float64 // of variational models, in nats an image
	L1       float64 // sum of absolute numbers of the code, where Config.L1 is set
	Right    float64 // with Classified, of a head: the share of images whose class it finds; these have no MSE
	GradNorm float64 // of all gradients together, before clipping; of Step only

	Classified bool
}

// add takes the losses of more images into account.
func (l *Losses) add(o Losses) {
	n := float64(l.N + o.N)
	mean := func(a *float64, b float64) { *a = (float64(*a*float64(l.N)) + float64(b*float64(o.N))) / n }
	mean(&l.Loss, o.Loss)
	mean(&l.MSE, o.MSE)
	mean(&l.KL, o.KL)
	mean(&l.L1, o.L1)
	mean(&l.Right, o.Right)
	l.N += o.N
	l.Classified = l.Classified || o.Classified
}

// Trainer holds weights and what changes them. Its methods are for one goroutine
// at a time.
type Trainer struct {
	*run
	cfg     Config
	net     *network
	weights []*weights
	solver  *solver
	train   *tape
	eval    *tape
}

// building serializes the building of graphs, in which Gorgonia counts nodes
// without a lock.
var building sync.Mutex

// New returns a trainer with first weights drawn from the seed: kernels from
// Glorot's uniform distribution, biases zero, as Keras does, or as Config.InitNormal says.
func New(cfg Config) (*Trainer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	return newTrainer(cfg, kernel.Best())
}

func newTrainer(cfg Config, set *kernel.Set) (*Trainer, error) {
	workers := cfg.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	r := &run{crew: crew{workers: workers}, set: set, batch: cfg.Batch, lead: kernel.Up16(cfg.Batch), seed: cfg.Seed, scratch: make([][]float32, workers)}
	t := &Trainer{run: r, cfg: cfg, net: newNetwork(r, cfg), solver: newSolver(r, cfg)}
	t.weights = t.net.weights
	for i, w := range t.weights {
		heads := 1
		if w == t.net.latent && cfg.Variational {
			heads = 2
		}
		rng := generator(cfg.Seed, purposeWeights, uint64(i))
		if cfg.InitNormal > 0 {
			w.initializeNormal(rng, cfg.InitNormal)
		} else {
			w.initialize(rng, heads)
		}
	}
	building.Lock()
	defer building.Unlock()
	var err error
	if t.train, err = t.net.tape(true); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if t.eval, err = t.net.tape(false); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	return t, nil
}

// Step does one step of the optimizer on at most Config.Batch images, raw pixels as in
// the image shards, and returns their losses before it. On ErrNotFinite the
// losses are valid too.
func (t *Trainer) Step(rate float64, pixels [][]byte) (Losses, error) {
	if len(pixels) < 1 || len(pixels) > t.batch {
		return Losses{}, fmt.Errorf("training: a step of %d images: must be 1 to %d", len(pixels), t.batch)
	}
	if !(rate >= 0 && rate <= math.MaxFloat32) {
		return Losses{}, fmt.Errorf("training: learning rate %g: must be 0 or more", rate)
	}
	if err := t.labeled(len(pixels)); err != nil {
		return Losses{}, err
	}
	t.begin()
	defer t.end()
	losses, err := t.pass(t.train, true, pixels)
	if err != nil {
		return Losses{}, err
	}
	var grads []gorgonia.ValueGrad
	for _, w := range t.net.trained() {
		grads = append(grads, w)
	}
	t.solver.rate = rate
	err = t.solver.Step(grads)
	losses.GradNorm = t.solver.norm
	t.step = t.solver.steps
	return losses, err
}

// Evaluate returns the losses of any number of images, without noise, dropout
// and sampling.
func (t *Trainer) Evaluate(pixels [][]byte) (total Losses, err error) {
	if err := t.labeled(len(pixels)); err != nil {
		return Losses{}, err
	}
	t.begin()
	defer t.end()
	for len(pixels) > 0 {
		n := min(len(pixels), t.batch)
		l, err := t.pass(t.eval, false, pixels[:n])
		if err != nil {
			return Losses{}, err
		}
		total.add(l)
		pixels = pixels[n:]
		if t.net.head != nil {
			t.net.head.labels = t.net.head.labels[n:]
		}
	}
	return total, nil
}

// pass runs a graph on a batch.
func (t *Trainer) pass(graph *tape, training bool, pixels [][]byte) (Losses, error) {
	t.images, t.training = len(pixels), training
	if err := t.net.load(pixels); err != nil {
		return Losses{}, err
	}
	if err := graph.run(); err != nil {
		return Losses{}, err
	}
	return t.net.losses(), nil
}

// Model returns a copy of the weights as they are.
func (t *Trainer) Model() *model.Model {
	m := &model.Model{Arch: t.cfg.Arch}
	for i, w := range t.weights {
		kernel, bias := w.unpack(w.w)
		shape := w.layer.KernelShape()
		if w == t.net.latent && t.cfg.Variational { // only the means
			kernel, shape = leftHalf(kernel, shape[0], shape[1])
			bias = bias[:shape[1]]
		}
		if i > t.net.last && t.net.head != nil {
			m.Head = headOf(kernel, bias, shape)
			break
		}
		to := &m.Encoder
		if i > t.net.last {
			to = &m.Decoder
		}
		*to = append(*to, model.Tensor{Name: w.layer.Name + ".kernel", Shape: shape, Data: kernel},
			model.Tensor{Name: w.layer.Name + ".bias", Shape: []int{len(bias)}, Data: bias})
	}
	return m
}

// SetWeights makes the weights of a model of the same layers the present ones, of a head the
// encoder's alone; its
// activations and pixels may be others. A variational trainer takes none: a model holds the
// means alone.
func (t *Trainer) SetWeights(m *model.Model) error {
	if t.cfg.Variational {
		return errors.New("training: a model has no weights for the variances")
	}
	var packed [][]float32
	for i, w := range t.weights {
		if i > t.net.last && t.net.head != nil {
			break // the head begins anew
		}
		from := m.Encoder
		if i > t.net.last {
			from = m.Decoder
		}
		kernel, bias := from.Get(w.layer.Name+".kernel"), from.Get(w.layer.Name+".bias")
		if kernel == nil || bias == nil || !slices.Equal(kernel.Shape, w.layer.KernelShape()) || len(bias.Data) != w.layer.Out.Channels {
			return fmt.Errorf("training: the model has no weights of %s of shape %v", w.name, w.layer.KernelShape())
		}
		to := make([]float32, len(w.w))
		w.pack(to, kernel.Data, bias.Data)
		packed = append(packed, to)
	}
	for i, p := range packed {
		copy(t.weights[i].w, p)
	}
	return nil
}

// leftHalf returns the left half of the columns of a matrix.
func leftHalf(x []float32, rows, cols int) (half []float32, shape []int) {
	for i := range rows {
		half = append(half, x[i*cols:][:cols/2]...)
	}
	return half, []int{rows, cols / 2}
}

// Close releases what the trainer holds.
func (t *Trainer) Close() error { return errors.Join(t.train.vm.Close(), t.eval.vm.Close()) }
