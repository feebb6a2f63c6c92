package encoding

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.LatentsManifest
	// Made is the number of shards that this run encoded; 0 says that nothing was
	// to do.
	Made int
	// Matched is the number of images with a row in the metadata table.
	Matched int64
	// Unmatched is the number of rows of the metadata table that are of no image, of a
	// run that encoded something, and FirstUnmatched what the first of them names.
	Unmatched      int64
	FirstUnmatched string
	Empty          int // shards of another program without records

	// Notes say what a pattern found in the names, of a run that encoded something.
	Notes []string
}

// plan is everything a run decides before the pipeline starts.
type plan struct {
	in           *input
	options      Options
	spec         schemas.LatentsSpec
	fingerprints []string // of each shard
	fingerprint  string   // of the whole output

	learnt *schemas.Learnt // by the model in training; nil where that is not known

	meta *metadata

	inputs *outdir.Inputs // what is remembered of foreign shards; nil where none was hashed

	disputed map[int]bool // files of which _latents.json and their part say different things
}

// Run encodes the image shards. On success the output folder holds a latents
// file a shard, _errors.jsonl and, written last, _latents.json, and images =
// encoded + rejected. A damaged shard is an error naming file, record and
// offset; the other shards are encoded nevertheless, and kept for a rerun.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	return outdir.Held(ctx, c.output(), "encode", func(ctx context.Context) (*Result, error) { return c.run(ctx, run) })
}

// run encodes image shards into a folder that nobody else writes.
func (c Config) run(ctx context.Context, run beamrun.Runner) (*Result, error) {
	p, err := makePlan(ctx, c)
	if err != nil {
		return nil, err
	}
	if !c.Overwrite {
		if m, err := finished(ctx, c, p); err != nil {
			return nil, err
		} else if m != nil {
			return &Result{Manifest: m}, p.inputs.Save(ctx)
		}
	}
	out := c.output()
	out.Parameters, out.Inputs = p.choices(c), p.inputs
	if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil {
		return nil, err
	}
	if err := p.replaces(ctx, c, out); err != nil {
		return nil, err
	}
	notes, err := p.patterns(ctx, c)
	if err != nil {
		return nil, err
	}
	specs, err := prepare(ctx, c, out, p)
	if err != nil {
		return nil, err
	}
	if len(specs) > 0 {
		if err := encodeShards(ctx, p, specs, run); err != nil {
			return nil, err
		}
	}
	r, err := merge(ctx, c, p, len(specs))
	if err != nil {
		return nil, err
	}
	r.Notes = notes
	account(ctx, r)
	return r, nil
}

// account tells of a run in its journal.
func account(ctx context.Context, r *Result) {
	j, m := runlog.From(ctx), r.Manifest
	j.Count("records", m.Records)
	j.Count("encoded", m.Rows)
	j.Count("rejected", m.Rejected)
	j.Count("files_made", int64(r.Made))
	j.Count("files_resumed", int64(len(m.Files)-r.Made))
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error { return c.output().Claim(ctx) }

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.LatentsFile, Owns: owns}
}

// owns tells the files of this step.
func owns(name string) bool {
	prefix, _, _, ext, ok := schemas.ParseName(name)
	return name == schemas.LatentsErrorsFile || ok && prefix == "latents" && ext == "parquet"
}

// makePlan reads manifest, model and metadata, checks that they fit together,
// and computes the fingerprints.
func makePlan(ctx context.Context, c Config) (*plan, error) {
	in, err := openInput(ctx, c.Shards)
	if err != nil {
		return nil, err
	}
	enc, err := loadEncoder(ctx, c.Model, "", c.Reconstruct)
	if err != nil {
		return nil, err
	}
	shape := inputShape(enc.plan.Input())
	if err := in.checkShape(c, shape); err != nil {
		return nil, err
	}
	if c.MetadataPattern == "" && in.manifest != nil {
		c.MetadataPattern = in.manifest.Parameters.MetadataPattern
	}
	meta, err := loadMetadata(ctx, c.MetadataPattern, c.MetadataCSV)
	if err != nil {
		return nil, err
	}
	p := &plan{in: in, meta: meta, learnt: enc.learnt, options: Options{
		Output: c.Output, Shards: len(in.shards), Model: c.Model, ModelSHA256: enc.sha, Image: shape,
		Layout: c.Layout, Reconstruct: c.Reconstruct, Batch: c.Batch,
		ImageFeature: c.ImageFeature, NameFeature: c.NameFeature,
		MetadataPattern: c.MetadataPattern, MetadataCSV: c.MetadataCSV, MetadataSHA256: meta.SHA256,
	}}
	if err := p.joins(ctx, c); err != nil {
		return nil, err
	}
	p.spec = schemas.LatentsSpec{
		Dimension: enc.plan.Latent(), Layout: c.Layout, Metadata: meta.Columns, Reconstruct: c.Reconstruct,
		ModelSHA256: enc.sha, Preprocessing: enc.plan.Input().Preprocessing(), Kernel: enc.plan.Kernel(),
	}
	if err := p.spec.Validate(); err != nil {
		return nil, err
	}
	if in.foreign == nil {
		return p, p.setFingerprints()
	}
	return p, p.identify(ctx, c)
}

// identify computes the fingerprints of shards of another program. Those of version
// 0.1.0 held the modification times: they are kept where the output is finished by
// them, and nothing is read then.
func (p *plan) identify(ctx context.Context, c Config) (err error) {
	if !c.Overwrite {
		if err := p.setFingerprints(); err != nil {
			return err
		}
		if m, err := finished(ctx, c, p); m != nil || err != nil {
			return err
		}
	}
	if p.inputs, err = outdir.ReadInputs(ctx, c.Output, c.Overwrite); err != nil {
		return err
	}
	if err := p.in.hash(ctx, p.inputs); err != nil {
		return err
	}
	return p.setFingerprints()
}

// setFingerprints hashes, for each shard, everything that decides its bytes.
func (p *plan) setFingerprints() error {
	p.fingerprints, p.disputed = nil, nil
	for i, s := range p.in.shards {
		fingerprint, err := outdir.Fingerprint(schemas.LatentsFormat, schemas.FingerprintVersion, i, len(p.in.shards), s.Identity, p.spec,
			p.options.ImageFeature, p.options.NameFeature, p.options.MetadataPattern, p.options.MetadataSHA256)
		if err != nil {
			return err
		}
		p.fingerprints = append(p.fingerprints, fingerprint)
	}
	var err error
	p.fingerprint, err = outdir.Fingerprint(p.in.sha, p.fingerprints)
	return err
}

// finished returns the manifest of the output if it stands for this plan and
// every file is there with its size and is that of its part.
func finished(ctx context.Context, c Config, p *plan) (*schemas.LatentsManifest, error) {
	m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, store.Join(c.Output, schemas.LatentsFile))
	if err != nil || !ok || m.Validate() != nil || m.Fingerprint != p.fingerprint {
		return nil, err // without an error: missing, damaged or of other inputs
	}
	ok, p.disputed, err = outdir.LatentsStand(ctx, outdir.Folder{Dir: c.Output, Kind: partStep, Parts: len(m.Files)}, &m)
	if !ok || err != nil {
		return nil, err
	}
	return &m, nil
}

// missing returns the shards that are still to be encoded, and tells which files of
// the others stay.
func missing(ctx context.Context, c Config, p *plan) (specs []ShardSpec, stays func(name string) bool, err error) {
	keep := map[string]bool{}
	for i, s := range p.in.shards {
		part, ok, err := readPart(ctx, c, p, i)
		if err != nil {
			return nil, nil, err
		}
		if ok && part.Failure == "" && !p.disputed[i] && c.Resume && !c.Overwrite {
			ok, err = outdir.HasSize(ctx, store.Join(c.Output, part.Info.File), part.Info.Bytes)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				keep[part.Info.File] = true
				keep[schemas.StateDir+"/"+schemas.PartName(partStep, i, len(p.in.shards))] = true
				continue
			}
		}
		specs = append(specs, ShardSpec{i, s.Name, s.File, s.Records, s.Bytes, s.SHA256, p.fingerprints[i]})
	}
	return specs, func(name string) bool { return keep[name] }, p.there(ctx, c.Shards, specs)
}

// there returns an error where shards that are to be encoded are missing.
func (p *plan) there(ctx context.Context, dir string, specs []ShardSpec) error {
	if p.in.manifest == nil {
		return nil // they were listed
	}
	var files []string
	for _, s := range specs {
		files = append(files, s.File)
	}
	return outdir.There(ctx, dir, schemas.ShardsFile, files, outdir.ShardsAgain)
}

// prepare brings the output folder to the state that the pipeline starts from
// and returns the shards that are still to be encoded.
func prepare(ctx context.Context, c Config, out outdir.Output, p *plan) ([]ShardSpec, error) {
	specs, stays, err := missing(ctx, c, p)
	if err != nil {
		return nil, err
	}
	out.Need, out.Missing, out.Overwrite = p.need(specs), len(specs), c.Overwrite
	return specs, out.Clean(ctx, stays)
}

func readPart(ctx context.Context, c Config, p *plan, i int) (schemas.LatentsPart, bool, error) {
	name := store.Join(c.Output, schemas.StateDir, schemas.PartName(partStep, i, len(p.in.shards)))
	return outdir.ReadPart(ctx, name, p.fingerprints[i], func(p schemas.LatentsPart) string { return p.Fingerprint })
}

// encodeShards runs the pipeline over the missing shards.
func encodeShards(ctx context.Context, p *plan, specs []ShardSpec, run beamrun.Runner) error {
	total := int64(0)
	for _, s := range specs {
		total += max(0, s.Records)
	}
	meter := progress.Start(Step, total, "images")
	defer meter.Stop()

	pipeline, scope := beam.NewPipelineWithRoot()
	stats := EncodeShards(scope, p.options, beam.CreateList(scope, specs))
	beamrun.Sink(scope, stats)
	return beamrun.Run(ctx, run, pipeline, p.options.Output)
}
