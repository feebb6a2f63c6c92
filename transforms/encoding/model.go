package encoding

import (
	"context"
	"fmt"
	"sync"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
)

// encoder is a compiled model with runners that wait for work. One is shared by
// all of a process.
type encoder struct {
	plan    *model.Plan
	sha     string
	names   []schemas.Channel
	learned *schemas.Learned // in training; nil where that is not known

	runners *model.Runners
}

// compiled holds the encoder of the process: the model is read and its weights
// are packed once, whatever the number of DoFn instances.
var compiled struct {
	sync.Mutex
	encoder *encoder
	decodes bool
}

// loadEncoder returns the encoder of the model directory, with its decoder when
// decodes. A model other than sha (hex; "" takes any) is an error.
func loadEncoder(ctx context.Context, dir, sha string, decodes bool) (*encoder, error) {
	c := &compiled
	c.Lock()
	defer c.Unlock()
	if c.encoder != nil && sha != "" && c.encoder.sha == sha && c.decodes == decodes {
		return c.encoder, nil
	}
	m, found, err := modeldir.Read(ctx, dir, decodes)
	if err != nil {
		return nil, err
	}
	if sha != "" && found != sha {
		return nil, fmt.Errorf("model %s changed while the job was running: run the same command again", dir)
	}
	if decodes && m.Head != nil {
		return nil, fmt.Errorf("model %s has a head (training.Config.Head) in place of a decoder, and so makes no reconstructions: encode without Config.Reconstruct", dir)
	}
	if decodes && len(m.Decoder) == 0 {
		return nil, fmt.Errorf("model %s has no decoder: encode without Config.Reconstruct, or import the decoder too", dir)
	}
	c.encoder = nil // lets go of the old weights first
	plan, err := model.Compile(m)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	c.encoder, c.decodes = &encoder{plan: plan, sha: found, runners: plan.NewRunners(DefaultBatch)}, decodes
	c.encoder.names = m.Channels
	if m.Training != nil {
		c.encoder.learned = schemas.LearnedOf(m.Training.Metrics)
	}
	return c.encoder, nil
}

// latents describes the files that the encoder makes.
func (e *encoder) latents(o Options, meta *metadata) schemas.LatentsSpec {
	return schemas.LatentsSpec{
		Dimension: e.plan.Latent(), Layout: o.Layout, Metadata: meta.Columns, Reconstruct: o.Reconstruct, ObjectFraction: o.ObjectFraction, Format: o.Format,
		Channels: o.Channels, FullScale: o.FullScale,
		ModelSHA256: e.sha, Preprocessing: e.plan.Input().Preprocessing(), Kernel: e.plan.Kernel(),
		ModelFullScale: e.plan.Input().FullScale,
	}
}
