package encoding

import (
	"context"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/step"
)

// plan is everything a run decides before the pipeline starts.
type plan struct {
	in          *input
	options     Options
	spec        schemas.LatentsSpec
	specs       []ShardSpec       // all
	fingerprint string            // of the whole output
	learned     *schemas.Learned  // by the model in training; nil where that is not known
	channels    string            // what is to be said of the channels' names; may be empty
	modelNames  []schemas.Channel // of the model's channels
	meta        *metadata
	pattern     string         // of the metadata, given to this step
	derived     bool           // the model follows from the shards
	inputs      *outdir.Inputs // what is remembered of foreign shards; nil where none was hashed
	disputed    map[int]bool   // files of which _latents.json and their part say different things
	result      Result
}

// work is the plan as package step carries it out.
type work = step.Work[ShardSpec, schemas.LatentsPart, schemas.LatentsManifest]

// makePlan reads manifest, model and metadata, checks that they fit together,
// and computes the fingerprints.
func makePlan(ctx context.Context, c Config, run beamrun.Runner) (*plan, *work, error) {
	in, err := openInput(ctx, c.Shards)
	if err != nil {
		return nil, nil, err
	}
	enc, err := loadEncoder(ctx, c.Model, "", c.Reconstruct)
	if err != nil {
		return nil, nil, err
	}
	if enc.plan.Input().Rows() {
		return nil, nil, fmt.Errorf("the model %s is one of the rows of a table, and %s holds images: encode the table by it, or train a model on the images", c.Model, c.Shards)
	}
	shape := enc.plan.Input().Shape()
	if err := in.checkShape(c.Size, c.Model, shape); err != nil {
		return nil, nil, err
	}
	said, err := modeldir.FitsChannels(c.Model, enc.names, in.dir, in.described())
	if err != nil {
		return nil, nil, err
	}
	pattern := c.MetadataPattern
	if pattern == "" && in.manifest != nil {
		pattern = in.manifest.Parameters.MetadataPattern
	}
	listed := in.listMetadata()
	meta, err := loadMetadata(ctx, pattern, c.MetadataCSV, listed)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{in: in, meta: meta, learned: enc.learned, channels: said, modelNames: enc.names, pattern: c.MetadataPattern, derived: c.ModelDerived, options: Options{
		Folder: outdir.Folder{Dir: c.Output, Kind: partStep, Parts: len(in.shards)},
		Model:  c.Model, ModelSHA256: enc.sha, Image: shape,
		Layout: c.Layout, Reconstruct: c.Reconstruct, Batch: c.Batch,
		Channels: in.channels(), FullScale: in.fullScale(),
		ImageFeature: c.ImageFeature, NameFeature: c.NameFeature,
		MetadataPattern: pattern, MetadataCSV: c.MetadataCSV, MetadataSHA256: meta.SHA256, ListMetadata: listed,
	}}
	if err := p.joins(ctx); err != nil {
		return nil, nil, err
	}
	p.spec = enc.latents(p.options, meta)
	if err := p.spec.Validate(); err != nil {
		return nil, nil, err
	}
	if err := p.identify(ctx, c.Resume, c.Overwrite); err != nil {
		return nil, nil, err
	}
	return p, p.work(c.Resume, c.Overwrite, run), nil
}

func (p *plan) work(resume, overwrite bool, run beamrun.Runner) *work {
	return &work{
		Output: p.output(), Folder: p.options.Folder, Resume: resume, Overwrite: overwrite,
		Parts: p.specs, Fingerprint: func(s ShardSpec) string { return s.Fingerprint },
		Finished: p.finished, Ready: p.ready, Replaces: p.replaces, Need: p.need, Merge: p.merge, Account: account,
		Precheck: func(ctx context.Context, missing []ShardSpec) (err error) {
			if p.result.Notes, err = p.patterns(ctx); err != nil {
				return err
			}
			p.result.Notes = append(p.result.Notes, p.columnNote()...)
			p.result.Notes = append(p.result.Notes, p.scaleNote()...)
			if p.channels != "" {
				p.result.Notes = append(p.result.Notes, p.channels)
			}
			return p.there(ctx, missing)
		},
		Execute: func(ctx context.Context, missing []ShardSpec) error { return p.execute(ctx, missing, run) },
		Absent: func(s ShardSpec) error {
			return fmt.Errorf("shard %s was not encoded: run the same command again to continue", s.File)
		},
	}
}

// identify computes the fingerprints. Those of shards of another program held the
// modification times in version 0.1.0: they are kept where the output is finished by
// them, and nothing is read then.
func (p *plan) identify(ctx context.Context, resume, again bool) (err error) {
	if err := p.settle(ctx, resume, again); p.in.foreign == nil || err != nil {
		return err
	}
	if !again {
		m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, p.options.Folder.File(schemas.LatentsFile))
		if ok = ok && m.Validate() == nil; ok {
			ok, err = p.finished(ctx, &m)
		}
		if ok || err != nil {
			return err
		}
	}
	if p.inputs, err = outdir.ReadInputs(ctx, p.options.Folder.Dir, again); err != nil {
		return err
	}
	if err := p.in.hash(ctx, p.inputs); err != nil {
		return err
	}
	return p.settle(ctx, resume, again)
}

// setFingerprints hashes, for each shard, everything that decides its bytes.
func (p *plan) setFingerprints() error {
	p.specs, p.disputed = nil, nil
	var fingerprints []string
	for i, s := range p.in.shards {
		fingerprint, err := outdir.Fingerprint(p.spec.FileFormat(), schemas.FingerprintVersion, i, len(p.in.shards), s.Identity, p.spec,
			p.options.ImageFeature, p.options.NameFeature, p.options.MetadataPattern, p.options.MetadataSHA256)
		if err != nil {
			return err
		}
		spec := p.in.spec(i)
		spec.Fingerprint = fingerprint
		p.specs = append(p.specs, spec)
		fingerprints = append(fingerprints, fingerprint)
	}
	var err error
	p.fingerprint, err = outdir.Fingerprint(p.in.sha, fingerprints)
	return err
}

// scaleNote says that the model counts another pixel as full scale than the collection.
func (p *plan) scaleNote() []string {
	model := schemas.FullScale(p.spec.ModelFullScale, p.options.Image.Bits)
	images := schemas.FullScale(p.options.FullScale, p.options.Image.Bits)
	if p.in.manifest == nil || model == images {
		return nil
	}
	return []string{fmt.Sprintf("full scale: the model %s was trained with %s as 1, and counts so here; of these images it is %s, by which saturation is judged",
		p.options.Model, words.Count(int64(model)), words.Count(int64(images)))}
}

// channelsBy is schemas.LatentsManifest.ChannelsBy.
func (p *plan) channelsBy() string {
	switch {
	case p.channels != "":
		return "order"
	case strings.Join(schemas.NamesOf(p.modelNames), "") != "":
		return "names"
	}
	return ""
}

// output is the folder with the choices of this run.
func (p *plan) output() outdir.Output {
	o := output(p.options.Folder.Dir)
	o.Parameters, o.Inputs = p.choices(p.options), p.inputs
	return o
}

// choices returns what the user chose, and what the data decided instead.
func (p *plan) choices(o Options) []outdir.Parameter {
	return []outdir.Parameter{
		outdir.Chosen("model", fmt.Sprintf("%.12s", o.ModelSHA256)).DerivedIf(p.derived),
		outdir.Chosen("layout", o.Layout), outdir.Chosen("reconstruct", o.Reconstruct),
		outdir.Chosen("metadata_pattern", o.MetadataPattern).DerivedIf(p.pattern == ""),
		outdir.Given("metadata_csv", o.MetadataCSV),
		outdir.Chosen("image_feature", o.ImageFeature), outdir.Chosen("name_feature", o.NameFeature),
	}
}
