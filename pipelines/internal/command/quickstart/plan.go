package quickstart

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/data/sample"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

// plan says what is to be done first: the plan of the first step that has work. What
// comes after it depends on what that finds.
func (r *workflow) plan(ctx context.Context, generated bool) (*preflight.Plan, error) {
	if err := r.keepsSample(ctx); err != nil {
		return nil, err
	}
	if err := r.claim(ctx); err != nil {
		return nil, err
	}
	if generated {
		if ok, err := store.Exists(ctx, store.Join(r.sharding.Output, schemas.ShardsFile)); err != nil {
			return nil, err
		} else if !ok {
			return r.planSample()
		}
	}
	steps := []struct {
		name, after string
		plan        func() (*preflight.Plan, error)
	}{
		{"shard", "train (" + r.takes() + "), encode, select, verify and report", func() (*preflight.Plan, error) { return sharding.Plan(ctx, r.sharding) }},
		{"train", "encode, select, verify and report", func() (*preflight.Plan, error) { return r.planModel(ctx) }},
		{"encode", "select, verify and report", func() (*preflight.Plan, error) { return encoding.Plan(ctx, r.encoding) }},
		{"select", "verify and report", func() (*preflight.Plan, error) { return selecting.Plan(ctx, r.selecting) }},
	}
	for _, s := range steps {
		p, err := s.plan()
		if err != nil {
			return nil, err
		}
		if p.Nothing == "" {
			p.Note("this is %s; %s come after it, and are planned when it is done", s.name, s.after)
			return p, nil
		}
	}
	return &preflight.Plan{Nothing: r.output + " already holds a selection; only verify and report are done again."}, nil
}

// workflowCopies is how many times the bytes of the images a workflow takes: as they are
// generated, as shards, and as what is made of them.
const workflowCopies = 2.2

// planSample is the plan of a workflow that begins with generating the images.
func (r *workflow) planSample() (*preflight.Plan, error) {
	bytes := int64(workflowCopies * float64(r.images) * sample.Size * sample.Size)
	if err := preflight.Room(r.output, bytes); err != nil {
		return nil, err
	}
	p := &preflight.Plan{}
	p.Reading("nothing: %s crops of %dx%d are generated", progress.Count(int64(r.images)), sample.Size, sample.Size)
	p.Writing("these, shards, a model, latents, a selection and its report, about %s, in %s%s", progress.Bytes(bytes), r.output, preflight.Free(r.output))
	p.Note("training takes %s; all else some seconds", r.takes())
	return p, nil
}

// keepsSample refuses to draw other images over a sample that shards were made of.
func (r *workflow) keepsSample(ctx context.Context) error {
	if !r.generated || r.sharding.Overwrite {
		return nil
	}
	made, err := store.Exists(ctx, store.Join(r.sharding.Output, schemas.ShardsFile))
	if !made || err != nil {
		return err
	}
	if err := sample.Keeps(ctx, store.Join(r.output, sampleDir), sample.Options{Images: r.images}); err != nil {
		return fmt.Errorf("%w; choose another --output, or --overwrite to make all anew", err)
	}
	return nil
}

// takes says how long the training takes.
func (r *workflow) takes() string {
	switch {
	case r.smaller():
		return "some seconds, for without assembly for this processor it is the linear autoencoder"
	case r.portable:
		return "a hundred times the one to three minutes of a processor with assembly, unless --arch=linear, which takes some seconds"
	}
	return "one to three minutes, unless --arch=linear, which takes a second"
}

// planModel plans the model only if there is none, and says which kind it will be. One
// that is there may still have to make room for a better one.
func (r *workflow) planModel(ctx context.Context) (*preflight.Plan, error) {
	d, err := r.decide(ctx)
	if err != nil {
		return nil, err
	}
	ok, err := store.Exists(ctx, store.Join(r.training.Output, schemas.ModelFile))
	if err != nil {
		return nil, err
	}
	if unfinished, _, err := training.BySteps(ctx, d.Output); err != nil {
		return nil, err
	} else if unfinished && !ok { // which training goes on with, or refuses
		p, err := training.Plan(ctx, d.Config)
		if err == nil {
			p.Note("%s", d)
		}
		return p, err
	}
	p := &preflight.Plan{}
	p.Reading("the shards in %s", r.training.Shards)
	if !ok {
		p.Writing("a model in %s%s", r.training.Output, preflight.Free(r.training.Output))
		p.Note("%s", d)
		p.Note("training takes %s", r.takes())
		return p, nil
	}
	worse, err := r.worseThere(ctx)
	if err != nil {
		return nil, err
	}
	if !worse {
		return &preflight.Plan{Nothing: "there is a model."}, nil
	}
	p.Writing("a linear model, which is better than the one that is there, in %s%s", r.training.Output, preflight.Free(r.training.Output))
	return p, nil
}
