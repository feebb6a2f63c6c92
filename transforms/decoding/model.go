package decoding

import (
	"context"
	"fmt"
	"sync"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/modeldir"
)

// decoder is a compiled model with runners that wait for work. One is shared by all of a
// process.
type decoder struct {
	dir         string
	plan        *model.Plan
	sha         string
	image       schemas.ImageShape
	view        composite.View // of what it makes, by the whole range
	described   imagefile.Described
	noise       bool // it was trained with noise
	variational bool

	runners *model.Runners
}

// compiled holds the decoder of the process: the model is read and its weights are packed
// once, whatever the number of DoFn instances.
var compiled struct {
	sync.Mutex
	decoder *decoder
}

// loadDecoder returns the decoder of the model directory. A model other than sha (hex; ""
// takes any) is an error.
func loadDecoder(ctx context.Context, dir, sha string) (*decoder, error) {
	c := &compiled
	c.Lock()
	defer c.Unlock()
	if c.decoder != nil && sha != "" && c.decoder.sha == sha {
		return c.decoder, nil
	}
	m, found, err := modeldir.Read(ctx, dir, true)
	if err != nil {
		return nil, err
	}
	if sha != "" && found != sha {
		return nil, fmt.Errorf("model %s changed while the job was running: run the same command again", dir)
	}
	if m.Arch.Input.Rows() {
		return nil, fmt.Errorf("the model %s is one of the rows of a table, which are no images: exemplar encode with Config.Reconstruct gives the error of each row", dir)
	}
	if m.Head != nil {
		return nil, fmt.Errorf("model %s has a head (training.Config.Head) in place of a decoder, and so makes no images of latents: use the autoencoder that it began with", dir)
	}
	if len(m.Decoder) == 0 {
		return nil, fmt.Errorf("model %s has no decoder (%s), which makes images of latents: import the decoder too, with importing.Config.Decoder, or use a model of exemplar train", dir, schemas.DecoderFile)
	}
	c.decoder = nil // lets go of the old weights first
	plan, err := model.Compile(m)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	in := plan.Input()
	d := &decoder{dir: dir, plan: plan, runners: plan.NewRunners(maxBatch), sha: found, image: in.Shape(), view: composite.Of(in.Shape(), m.Channels, in.FullScale)}
	d.described = imagefile.Described{Channels: m.Channels, FullScale: in.FullScale}
	if m.Training != nil {
		noise, _ := m.Training.Parameters["noise"].(float64)
		d.noise = noise > 0
		d.variational, _ = m.Training.Parameters["variational"].(bool)
	}
	c.decoder = d
	return d, nil
}

// fits refuses what the training of the model does not allow.
func (d *decoder) fits(c Config) error {
	switch {
	case c.Denoise && !d.noise:
		return fmt.Errorf("Config.Denoise: the model %s was trained without noise, and gives back the noise that it is shown as well as it can: train one with training.Config.Learner.Noise, or use Config.Reconstruct", d.dir)
	case c.Sample > 0 && !d.variational:
		return fmt.Errorf("Config.Sample=%d: the model %s is not variational, so its latents have no prior to draw from: train one with training.Config.Learner.Variational, or decode Config.Between or along Config.Traverse", c.Sample, d.dir)
	case c.Traverse >= d.plan.Latent():
		return fmt.Errorf("Config.Traverse=%d: the model %s has dimensions 0 to %d", c.Traverse, d.dir, d.plan.Latent()-1)
	}
	return nil
}
