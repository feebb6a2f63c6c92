package decoding

import (
	"context"
	"fmt"
	"io"

	"exemplar/schemas"
	"exemplar/transforms/data/keyed"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// plan is everything a run decides before the pipeline starts.
type plan struct {
	config      Config
	decoder     *decoder
	kernel      string // numerics of the decoder
	options     Options
	latents     *schemas.LatentsManifest // nil where none are read
	sha         string                   // of _latents.json
	shared      []uint64                 // see namer
	ids         []string                 // of Config.IDs, sorted; nil for all
	traversed   *schemas.Traversed
	parts       []Part // all
	fingerprint string // of the whole output
	standing    standing
	shown       string // how the contact sheet shows channels, once it is drawn
}

// work is the plan as package step carries it out.
type work = step.Work[Part, schemas.DecodedPart, schemas.DecodedManifest]

// latents is the folder of the latents that are read.
func (c Config) latents() string {
	if c.Shards != "" {
		return store.Join(c.Output, schemas.LatentsDir)
	}
	return c.Input
}

// parameters returns what decides what is decoded; ids are those of Config.IDs.
func (c Config) parameters(ids []string) schemas.DecodeParameters {
	p := schemas.DecodeParameters{Mode: c.mode(), Format: c.Format, Images: c.made(), Steps: c.steps(), Samples: c.Sample}
	if ids != nil {
		p.IDs = sumOf(ids)
	}
	switch p.Mode {
	case schemas.DecodeTraverse:
		p.Dimension = &c.Traverse
	case schemas.DecodeSample:
		p.Seed = &c.Seed
	}
	return p
}

// makePlan reads latents and model, checks that they fit together, and computes the
// fingerprints.
func makePlan(ctx context.Context, c Config, run beamrun.Runner) (*plan, *work, error) {
	p := &plan{config: c}
	ids, err := p.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	p.ids = ids
	d := p.decoder
	if n := d.image.Channels; c.Format == schemas.DecodedPNG && n != 1 && n != 3 {
		return nil, nil, fmt.Errorf("Config.Format=%s: holds gray and RGB images, and the model %s makes images of %d channels: use Config.Format=%s", c.Format, c.Model, n, schemas.DecodedTIFF)
	}
	p.kernel = d.plan.Kernel()
	p.options = Options{Model: c.Model, ModelSHA256: d.sha, Dimension: d.plan.Latent(), Image: d.image,
		MSE: p.latents != nil && p.latents.Spec.Reconstruct, Parameters: c.parameters(ids), IDs: c.IDs}
	if err := p.divide(ctx, ids); err != nil {
		return nil, nil, err
	}
	p.options.Folder = outdir.Folder{Dir: c.Output, Kind: schemas.DecodedParts, Parts: len(p.parts)}
	if err := p.setFingerprints(); err != nil {
		return nil, nil, err
	}
	if err := checkOwn(ctx, c.Output, p.planned); err != nil {
		return nil, nil, err
	}
	p.standing = standing{ctx: ctx, folder: p.options.Folder}
	out := c.output()
	out.Parameters = choices(p.options.Parameters, d.sha)
	return p, &work{
		Output: out, Folder: p.options.Folder, Resume: c.Resume, Overwrite: c.Overwrite,
		Parts: p.parts, Fingerprint: func(part Part) string { return part.Fingerprint },
		Finished: p.finished, Ready: p.ready, Replaces: p.replaces, Keep: p.keeps, Need: p.need, Merge: p.merge, Account: account,
		Precheck: func(ctx context.Context, missing []Part) error {
			if p.latents == nil {
				return nil
			}
			return outdir.LatentsThere(ctx, c.latents(), p.latents)
		},
		Prepare: p.writeNames,
		Execute: func(ctx context.Context, missing []Part) error { return p.execute(ctx, missing, run) },
		Absent: func(part Part) error {
			return fmt.Errorf("part %d of %d was not decoded: run the same command again to continue", part.Number, len(p.parts))
		},
	}, nil
}

// before reads what model and list of ids say, and refuses what these do not allow.
func (p *plan) before(ctx context.Context) (ids []string, err error) {
	if p.decoder, err = loadDecoder(ctx, p.config.Model, ""); err != nil {
		return nil, err
	}
	if err := p.decoder.fits(p.config); err != nil {
		return nil, err
	}
	return keyed.IDs(ctx, "Config.IDs", p.config.IDs)
}

// read reads what model, latents and list of ids say.
func (p *plan) read(ctx context.Context) (ids []string, err error) {
	c := p.config
	if ids, err = p.before(ctx); err != nil || c.mode() == schemas.DecodeSample {
		return ids, err
	}
	m, data, err := outdir.ReadFinished[schemas.LatentsManifest](ctx, c.latents(), schemas.LatentsFile, "name a folder that encode has finished")
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", store.Join(c.latents(), schemas.LatentsFile), err)
	}
	if m.Spec.Foreign() {
		return nil, fmt.Errorf("the vectors in %s are of another program (%s), and no model of this one made them: decode latents of exemplar encode", c.latents(), m.Spec.Source)
	}
	if m.Spec.ModelSHA256 != p.decoder.sha {
		return nil, fmt.Errorf("the latents in %s were made by the model %.12s, and Config.Model=%s is %.12s: name the model that made them, or encode again", c.latents(), m.Spec.ModelSHA256, c.Model, p.decoder.sha)
	}
	if m.Spec.Dimension != p.decoder.plan.Latent() {
		return nil, fmt.Errorf("%s says that the latents have %d dimensions, those of the model %s have %d: encode again", store.Join(c.latents(), schemas.LatentsFile), m.Spec.Dimension, c.Model, p.decoder.plan.Latent())
	}
	p.latents, p.sha = &m, outdir.SHA256(data)
	return ids, nil
}

// drawsPerPart is the number of draws of a part.
const drawsPerPart = 1024

// divide cuts the work into parts.
func (p *plan) divide(ctx context.Context, ids []string) error {
	c, q := p.config, &p.options.Parameters
	var from, to []float32
	var err error
	switch q.Mode {
	case schemas.DecodeSample:
		for first := 0; first < c.Sample; first += drawsPerPart {
			p.parts = append(p.parts, Part{Number: len(p.parts), First: int64(first), Images: int64(min(drawsPerPart, c.Sample-first))})
		}
		return nil
	case schemas.DecodeLatents:
		s, err := surveyed(ctx, c, p.latents, ids)
		if err != nil {
			return err
		}
		p.shared = s.shared
		for i, f := range p.latents.Files {
			p.parts = append(p.parts, Part{Number: i, Images: s.rows[i], Name: store.Join(c.latents(), f.File), SHA256: f.SHA256})
		}
		return nil
	case schemas.DecodeBetween:
		q.Between, from, to, err = ends(ctx, c, p.latents)
	case schemas.DecodeTraverse:
		p.traversed, from, to, err = traversal(ctx, c, p.latents)
	}
	p.parts = []Part{{Images: int64(q.Steps), From: from, To: to}}
	return err
}

// setFingerprints hashes, for each part, everything that decides its bytes.
func (p *plan) setFingerprints() error {
	o := &p.options
	made := o.Parameters
	made.Images = "" // says what latents are of, which their bytes hold
	names, err := outdir.Fingerprint(p.shared)
	if err != nil {
		return err
	}
	var all []string
	for i := range p.parts {
		part := &p.parts[i]
		part.Fingerprint, err = outdir.Fingerprint(schemas.DecodedFormat, i, len(p.parts), part.Images, part.SHA256, part.From, part.To, part.First,
			o.ModelSHA256, p.kernel, o.Image, o.MSE, made, names)
		if err != nil {
			return err
		}
		all = append(all, part.Fingerprint)
	}
	p.fingerprint, err = outdir.Fingerprint(o.Parameters, p.sha, all)
	return err
}

// choices returns what the user chose.
func choices(p schemas.DecodeParameters, model string) []outdir.Parameter {
	list := []outdir.Parameter{
		outdir.Chosen("model", fmt.Sprintf("%.12s", model)), outdir.Chosen("format", p.Format),
		outdir.Chosen("reconstruct", p.Images == schemas.DecodeReconstruct), outdir.Chosen("denoise", p.Images == schemas.DecodeDenoise),
		outdir.Chosen("between", p.Between), outdir.Chosen("traverse", ""), outdir.Chosen("steps", p.Steps),
		outdir.Chosen("sample", p.Samples), outdir.Chosen("seed", ""), outdir.Chosen("ids", fmt.Sprintf("%.12s", p.IDs)),
	}
	for i := range list {
		switch {
		case list[i].Name == "traverse" && p.Dimension != nil:
			list[i].Value = fmt.Sprint(*p.Dimension)
		case list[i].Name == "seed" && p.Seed != nil:
			list[i].Value = fmt.Sprint(*p.Seed)
		}
	}
	return list
}

// shareNames puts the names that several images would have where workers find them.
func (p *plan) shareNames(ctx context.Context) (err error) {
	p.options.Shared, err = spill.Put(ctx, p.state(), "names", func(w io.Writer) error { return spill.Write(w, p.shared) })
	return err
}

func (p *plan) state() string { return store.Join(p.config.Output, schemas.StateDir) }
