package linear

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"

	"exemplar/model"
	"exemplar/schemas"
)

// Defaults of Config.
const (
	DefaultLatent  = 64
	DefaultWorking = 32 // height and width of the pooled image, at most
	DefaultPasses  = 4
	DefaultCache   = 256 << 20
)

// Config says what to train.
type Config struct {
	Input   model.Input // of every image
	Working model.Size  // of the pooled image; zero: the input's, at most DefaultWorking each way
	Latent  int         // components; 0: DefaultLatent
	Seed    uint64      // of the random start

	// Oversample is the number of basis columns beyond Latent, which the accuracy
	// of the last components lives on. 0: half of Latent, 16 at least.
	Oversample int
	// Passes over the images after the one for the mean. 0: DefaultPasses.
	Passes int
	// Cache is the memory for pooled images, in bytes. 0: DefaultCache.
	Cache int64
}

func (c Config) withDefaults() Config {
	if c.Working == (model.Size{}) {
		c.Working = model.Size{
			Height: min(DefaultWorking, c.Input.Height),
			Width:  min(DefaultWorking, c.Input.Width),
		}
	}
	c.Latent = cmp.Or(c.Latent, DefaultLatent)
	c.Oversample = cmp.Or(c.Oversample, max(16, c.Latent/2))
	c.Passes = cmp.Or(c.Passes, DefaultPasses)
	c.Cache = cmp.Or(c.Cache, DefaultCache)
	return c
}

// size returns the numbers of a pooled image.
func (c Config) size() int { return c.Working.Height * c.Working.Width * c.Input.Channels }

// Exact reports whether one pass behind that for the mean gives the principal components
// themselves, so that Passes decides nothing.
func (c Config) Exact() bool {
	c = c.withDefaults()
	return c.Latent+c.Oversample >= c.size()
}

// arch returns the architecture of the model that the configuration makes.
func (c Config) arch() model.Arch {
	return model.Arch{
		Family: model.FamilyLinear, Input: c.Input, Latent: c.Latent,
		Working: c.Working, Upsample: model.UpsampleBilinear,
		Activations: model.Activations{
			Hidden: model.ActLinear, Latent: model.ActLinear, Expand: model.ActLinear, Output: model.ActLinear,
		},
	}
}

// Validate reports the first field that cannot be; zero fields have their
// defaults.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Input.Scale == model.ScaleSymmetric || c.Input.Scale == model.ScaleByte:
		return fmt.Errorf("principal components are the same for pixels in [0,1] and %s: use scale unit", c.Input.Range())
	case c.Oversample < 1 || c.Passes < 1 || c.Cache < 1:
		return fmt.Errorf("oversample %d, passes %d, cache %d: must be positive", c.Oversample, c.Passes, c.Cache)
	case c.Latent > c.size() && c.Working.Height > 0 && c.Working.Width > 0:
		return fmt.Errorf("%d latent dimensions of a working image of %d numbers: choose at most that many, or a larger working size", c.Latent, c.size())
	}
	return c.arch().Validate()
}

// Source is a collection of images in shards. It is read several times, shards
// at the same time, and gives the same images every time.
type Source interface {
	// Shards returns the number of shards.
	Shards() int
	// Images yields the raw pixels of each image of a shard, in order: bytes as
	// in model.Input, valid until the next. An error ends the sequence.
	Images(ctx context.Context, shard int) iter.Seq2[[]byte, error]
}

// Summary says how the training went. Variances are of pooled images with
// pixels in [0,1], summed over the pooled pixels, divided by the images.
type Summary struct {
	Images   int64
	Size     int // numbers of a pooled image
	Rank     int // components with a variance above rounding, at most Latent
	Variance float64
	// Components is the variance along each latent dimension, falling; 0 beyond
	// the rank.
	Components []float64
	Passes     int // over all images, the one for the mean included
}

// Explained returns the share of the variance that the components hold.
func (s Summary) Explained() float64 {
	sum := 0.0
	for _, v := range s.Components {
		sum += v
	}
	return sum / s.Variance
}

// ErrNothingToLearn says that there is no image, or that all are the same.
var ErrNothingToLearn = errors.New("nothing to learn")

// Train computes the model. Where the images span fewer dimensions than Latent
// (always with fewer images than that), the components beyond are zero, and so
// are those numbers of every latent: Summary.Rank says how many are not. The
// error is ErrNothingToLearn for no images, or only equal ones.
func Train(ctx context.Context, c Config, src Source) (*model.Model, Summary, error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, Summary{}, err
	}
	t := newTrainer(c, src)
	if err := t.findMean(ctx); err != nil {
		return nil, Summary{}, err
	}
	basis, variances, err := t.findComponents(ctx)
	if err != nil {
		return nil, Summary{}, err
	}
	s := Summary{
		Images: t.images, Size: t.size, Variance: t.variance,
		Components: variances, Passes: t.passes,
	}
	for _, v := range variances {
		if v > 0 {
			s.Rank++
		}
	}
	if s.Rank == 0 {
		if s.Images == 1 {
			return nil, s, fmt.Errorf("%w: there is only 1 image", ErrNothingToLearn)
		}
		return nil, s, fmt.Errorf("%w: the %d images are all the same at the working size %dx%d",
			ErrNothingToLearn, s.Images, c.Working.Height, c.Working.Width)
	}
	m := t.model(basis, s)
	return m, s, m.Validate()
}

// model packs the components, one per column of basis, into weights.
func (t *trainer) model(basis []float64, s Summary) *model.Model {
	d, k := t.size, t.cfg.Latent
	forward, back := make([]float32, d*k), make([]float32, d*k)
	bias := make([]float32, k)
	for j := range k {
		shift := 0.0
		for i := range d {
			w := float32(basis[i*k+j])
			forward[i*k+j], back[j*d+i] = w, w
			shift -= float64(float64(w) * t.mean[i])
		}
		bias[j] = float32(shift) + 0 // -0 becomes 0
	}
	mean := make([]float32, d)
	for i, v := range t.mean {
		mean[i] = float32(v)
	}
	arch := t.cfg.arch()
	return &model.Model{
		Arch:       arch,
		Encoder:    weights(arch.EncoderWeights(), forward, bias),
		Decoder:    weights(arch.DecoderWeights(), back, mean),
		Provenance: model.Provenance{Tool: "train", Version: schemas.CodeVersion},
		Training:   t.training(s),
	}
}

// weights names a kernel and a bias as the architecture does.
func weights(specs []model.TensorSpec, data ...[]float32) model.Weights {
	w := make(model.Weights, len(specs))
	for i, s := range specs {
		w[i] = model.Tensor{Name: s.Name, Shape: s.Shape, Data: data[i]}
	}
	return w
}

// training returns the summary that model.json keeps.
func (t *trainer) training(s Summary) *model.Training {
	metrics := map[string]float64{
		"explained_variance_ratio": s.Explained(),
		"total_variance":           s.Variance,
		"rank":                     float64(s.Rank),
	}
	for i, v := range s.Components {
		metrics[fmt.Sprintf("variance_%04d", i)] = v
	}
	return &model.Training{
		Method: "pca", Images: s.Images, Seed: t.cfg.Seed, Metrics: metrics,
		Parameters: map[string]any{"oversample": float64(t.cfg.Oversample), "passes": float64(s.Passes)},
	}
}
