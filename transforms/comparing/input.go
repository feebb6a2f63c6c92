package comparing

import (
	"context"
	"fmt"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// input is the images and the models.
type input struct {
	folder *dataset.Folder
	drawn  *dataset.Sample // of Config.Limit; nil: all
	models []*compared
	full   int // the pixel that counts as 1 for all of them
}

// compared is a model that is compared.
type compared struct {
	schemas.ComparedModel
	model   *model.Model
	plan    *model.Plan
	runners *model.Runners
	firsts  []int // of a linear model: so many components are measured by themselves, too
}

// open finds the images, and reads the models, which must fit them.
func (c Config) open(ctx context.Context, inputs *outdir.Inputs) (in *input, err error) {
	in = &input{}
	if in.folder, err = dataset.Open(ctx, c.Input); err != nil {
		return nil, err
	}
	if err := outdir.ShardsThere(ctx, c.Input); err != nil {
		return nil, err
	}
	if err := in.folder.Twice(ctx); err != nil {
		return nil, err
	}
	for _, name := range c.parameters().Models {
		m, err := c.read(ctx, name, in.folder.Shape, in.folder.Channels)
		if err != nil {
			return nil, err
		}
		in.models = append(in.models, m)
		if full := m.plan.Input().Full(); in.full == 0 {
			in.full = full
		} else if full != in.full {
			return nil, fmt.Errorf("the model %s counts %d as full scale, and %s %d: their errors are in other units; leave one of them out of Config.Models", in.models[0].Folder, in.full, name, full)
		}
	}
	if err := in.folder.Identify(ctx, Step, inputs); err != nil {
		return nil, err
	}
	in.drawn, err = in.folder.Draw(ctx, c.Limit, c.Seed)
	return in, err
}

// read reads a model for images of a shape.
func (c Config) read(ctx context.Context, dir string, of schemas.ImageShape, channels []schemas.Channel) (*compared, error) {
	m, sum, err := modeldir.Read(ctx, dir, true)
	if err != nil {
		return nil, err
	}
	if m.Table != nil {
		return nil, fmt.Errorf("model %s is one of the rows of a table, and models are compared on images: leave it out of Config.Models", dir)
	}
	a := m.Arch.Input
	takes := a.Shape()
	if err := modeldir.Fits(dir, takes, c.Input, of); err != nil {
		return nil, err
	}
	if _, err := modeldir.FitsChannels(dir, m.Channels, c.Input, channels); err != nil {
		return nil, err
	}
	if m.Head != nil {
		return nil, fmt.Errorf("model %s has a head (training.Config.Head) in place of a decoder, and so makes no reconstructions to compare: leave it out of Config.Models", dir)
	}
	if len(m.Decoder) == 0 {
		return nil, fmt.Errorf("model %s has no decoder, without which there is no reconstruction to compare: import the decoder too, or leave it out of Config.Models", dir)
	}
	plan, err := model.Compile(m)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", dir, err)
	}
	p := &compared{model: m, plan: plan, runners: plan.NewRunners(mostBatch)}
	p.ComparedModel = schemas.ComparedModel{Folder: dir, SHA256: sum, Kernel: plan.Kernel(), Kind: kindOf(m), Dimensions: plan.Latent()}
	p.Encoder, p.Decoder = m.Arch.Parameters()
	if m.Arch.Family == model.FamilyLinear {
		p.firsts = upTo(plan.Latent())
	}
	if m.Training != nil {
		p.Images = m.Training.Images
		p.Seconds, err = trained(ctx, dir)
	}
	return p, err
}

// trained returns how long the latest run of the training took, by its record; 0 where there
// is none.
func trained(ctx context.Context, dir string) (float64, error) {
	run, ok, err := outdir.ReadManifest[schemas.Run](ctx, store.Join(dir, schemas.RunFile))
	if err != nil || !ok || run.Step != "train" || run.State != schemas.RunComplete {
		return 0, err
	}
	return run.Seconds, nil
}

// images returns how many there are to read; 0 where that is not known.
func (in *input) images() int64 { return in.folder.Records(in.drawn) }
