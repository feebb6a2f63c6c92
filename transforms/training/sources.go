package training

import (
	"context"

	"exemplar/transforms/data/dataset"
	"exemplar/transforms/run/outdir"
)

// sources are the images of a training.
type sources struct {
	folder, held *dataset.Folder // held is nil where a share is held out
	inputs       *outdir.Inputs  // what is remembered of shards of another program; nil without any
}

func (c Config) open(ctx context.Context) (s sources, err error) {
	if s.folder, err = dataset.Open(ctx, c.Shards); err != nil || c.HeldShards == "" || c.Arch == ArchLinear {
		return s, err
	}
	s.held, err = dataset.Open(ctx, c.HeldShards)
	return s, err
}

func (s sources) foreign() bool { return s.folder.Foreign() || s.held != nil && s.held.Foreign() }

// each calls f for every folder.
func (s sources) each(f func(*dataset.Folder) error) error {
	err := f(s.folder)
	if err == nil && s.held != nil {
		err = f(s.held)
	}
	return err
}

// identify hashes shards of another program. Where the output holds the model that
// version 0.1.0 trained on them, which knew them by their modification times, that
// is returned, and nothing is read.
func (c Config) identify(ctx context.Context, s *sources) (*Result, error) {
	if !s.foreign() {
		return nil, nil
	}
	if !c.Overwrite {
		if r, err := c.finishedEarlier(ctx, *s); r != nil || err != nil {
			return r, err
		}
	}
	var err error
	if s.inputs, err = outdir.ReadInputs(ctx, c.Output, c.Overwrite); err != nil {
		return nil, err
	}
	return nil, s.each(func(f *dataset.Folder) error { return f.Identify(ctx, Step, s.inputs) })
}

// finishedEarlier returns the result of a run of version 0.1.0.
func (c Config) finishedEarlier(ctx context.Context, s sources) (*Result, error) {
	if err := c.output().Claim(ctx); err != nil {
		return nil, err
	}
	if err := s.each((*dataset.Folder).IdentifyEarlier); err != nil {
		return nil, err
	}
	fingerprints, err := c.fingerprints(ctx, s)
	if err != nil {
		return nil, err
	}
	return c.finished(ctx, fingerprints...)
}

// fingerprints returns the fingerprints of the model of images that are identified.
func (c Config) fingerprints(ctx context.Context, s sources) ([]string, error) {
	if c.Arch == ArchLinear {
		_, fingerprints, err := c.linearRun(s.folder)
		return fingerprints, err
	}
	p, err := c.plan(ctx, s)
	if err != nil {
		return nil, err
	}
	return []string{p.fingerprint, p.earlier}, nil
}

// remember notes the hashes of shards of another program down, in a folder that
// needs nothing else.
func (s sources) remember(ctx context.Context, r *Result, err error) (*Result, error) {
	if r != nil && err == nil && !r.Made {
		err = s.inputs.Save(ctx)
	}
	return r, err
}
