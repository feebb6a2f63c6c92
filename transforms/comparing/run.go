package comparing

import (
	"context"
	"iter"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/comparing/codecs"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// Result is what a run found.
type Result struct {
	Manifest *schemas.CompareManifest
	Made     bool // false: the output held this comparison already
	// What follows is empty where nothing was made.
	Models []Model
	Rates  []Rate
	Angles []Angle
	Reason string // what is wrong with the first record that is no usable image
}

// plan is a comparison before anything is written, and then what it found.
type plan struct {
	config   Config
	in       *input
	dct      *codecs.DCT // nil without
	manifest schemas.CompareManifest

	found    *survey
	anomaly  []bool // of each image; nil without a condition
	measured *measures
	moments  []*moments // of each model, as are rocs
	rocs     []*roc
	models   []Model
	rates    []Rate
	angles   []Angle
	files    map[string][]byte // what is written but errors.parquet
	sums     map[string]schemas.FileInfo
}

// work is the plan as package step carries it out.
type work = step.Work[struct{}, step.Whole, schemas.CompareManifest]

// makePlan reads the models, and decides what stands for the comparison.
func (c Config) makePlan(ctx context.Context) (*plan, *work, error) {
	inputs, err := outdir.ReadInputs(ctx, c.Output, c.Overwrite)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{config: c, files: map[string][]byte{}, sums: map[string]schemas.FileInfo{}}
	if p.in, err = c.open(ctx, inputs); err != nil {
		return nil, nil, err
	}
	f := p.in.folder
	p.manifest = schemas.CompareManifest{Format: schemas.CompareFormat, CodeVersion: schemas.CodeVersion, Shards: f.SHA256, Image: f.Shape, FullScale: p.in.models[0].plan.Input().FullScale,
		DrawnFrom: p.in.drawn.From(), Parameters: c.parameters()}
	m := &p.manifest
	for _, of := range p.in.models {
		m.Models = append(m.Models, of.ComparedModel)
	}
	for _, of := range []struct {
		codec string
		why   func(schemas.ImageShape) string
	}{{schemas.CodecJPEG, codecs.WhyNoJPEG}, {schemas.CodecDCT, codecs.WhyNoDCT}} {
		if why := of.why(f.Shape); why != "" && m.Has(of.codec) {
			m.LeftOut = append(m.LeftOut, schemas.LeftOut{Codec: of.codec, Why: why})
		}
	}
	if m.Has(schemas.CodecDCT) {
		p.dct = codecs.NewDCT(f.Shape)
	}
	if m.Fingerprint, err = Fingerprint(m); err != nil {
		return nil, nil, err
	}
	out := c.output()
	out.Parameters, out.Inputs = choices(m.Parameters), inputs
	return p, &work{
		Output: out, Resume: true, Overwrite: c.Overwrite, Finished: p.finished, Replaces: p.replaces,
		Need: func([]struct{}) int64 { return p.need() }, Compute: p.compute, Execute: p.execute, Merge: p.merge, Account: account,
	}, nil
}

// Fingerprint stands for everything that decides the files of a comparison but the time that
// trainings took.
func Fingerprint(m *schemas.CompareManifest) (string, error) {
	var models []string
	for _, of := range m.Models {
		models = append(models, of.SHA256, of.Kernel)
	}
	return outdir.Fingerprint(schemas.CompareFormat, m.Shards, m.Image, m.Parameters, models)
}

// need returns about how many bytes are written.
func (p *plan) need() int64 {
	bytes := int64(1 << 20)
	for _, m := range p.in.models {
		d := int64(m.Dimensions)
		bytes += 20*d*d + 200*d + 32*p.in.images()
	}
	return bytes
}

// compute measures the models and makes all files in memory but errors.parquet.
func (p *plan) compute(ctx context.Context) (err error) {
	meter := progress.Start(Step, 2*p.in.images(), "images, twice")
	defer meter.Stop()
	if p.found, err = p.in.survey(ctx, p.dct); err != nil {
		return err
	}
	m := &p.manifest
	m.Images, m.Rejected = int64(len(p.found.ids)), p.found.rejected
	m.Variance = p.found.pixels.Within() / float64(m.Images)
	if p.anomaly, err = p.found.anomalies(m); err != nil {
		return err
	}
	if p.measured, err = p.in.measure(ctx, p.found, m.Has(schemas.CodecJPEG), p.dct); err != nil {
		return err
	}
	p.results()
	if err := p.tables(); err != nil {
		return err
	}
	return p.draw()
}

// execute writes the files.
func (p *plan) execute(ctx context.Context, _ []struct{}) error {
	for _, name := range p.manifest.Names() {
		out, err := outdir.Create(ctx, store.Join(p.config.Output, name))
		if err != nil {
			return err
		}
		if name == schemas.ErrorsParquet {
			err = p.writeErrors(out)
		} else {
			_, err = out.Write(p.files[name])
		}
		if err != nil {
			out.Abort()
			return err
		}
		info := schemas.FileInfo{File: name}
		if info.Bytes, info.SHA256, err = out.Commit(); err != nil {
			return err
		}
		p.sums[name] = info
	}
	return nil
}

// merge lists the files in the manifest and seals it.
func (p *plan) merge(context.Context, iter.Seq2[step.Whole, error]) (*schemas.CompareManifest, error) {
	m := &p.manifest
	for _, name := range m.Names() {
		m.Files = append(m.Files, p.sums[name])
	}
	var err error
	m.SHA256, err = outdir.SealComparison(*m)
	return m, err
}

// account tells of a comparison in its journal.
func account(j *runlog.Step, m *schemas.CompareManifest, _ int) {
	j.Count("images", m.Images)
	j.Count("models", int64(len(m.Models)))
	j.Count("rejected", m.Rejected)
}

// Plan says what Run would do, and refuses what it would refuse before it reads the images. It
// changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, _, done, err := step.Check(ctx, c.output(), c.makePlan)
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: c.Output + " already holds this comparison."}, nil
	}
	m, text := &p.manifest, &preflight.Plan{Memory: runlog.PeakMemory() + p.memory()}
	count := "the images"
	if n := p.in.images(); n > 0 {
		count = words.Plural(n, "image", "images")
	}
	text.Reading("%s of %s, twice, in %s", count, m.Image, c.Input)
	var with []string
	for _, codec := range m.Parameters.Codecs {
		if m.Has(codec) {
			with = append(with, codec)
		}
	}
	beside := ""
	if len(with) > 0 {
		beside = " beside " + words.And(with)
	}
	text.Writing("%s%s: %s, about %s, in %s%s", words.Plural(len(m.Models), "model", "models"), beside, strings.Join(m.Names(), ", "), progress.Bytes(p.need()), c.Output, preflight.Free(c.Output))
	for _, l := range m.LeftOut {
		text.Note("%s is left out: %s", l.Codec, l.Why)
	}
	return text, nil
}

// memory returns about what a run holds beyond the models: the errors and names of all images,
// and batches with the sums of each.
func (p *plan) memory() int64 {
	s := p.in.folder.Shape
	values := int64(s.Height * s.Width * s.Channels)
	bytes := p.in.images() * 100
	batch := int64(batchSize(s)) * values * 32
	for _, m := range p.in.models {
		d := int64(m.Dimensions)
		bytes += 16*p.in.images() + 40*d*d
		batch += 4 * d * d
		if affineDecoder(m.model.Arch) {
			bytes += 24 * d * values
		}
	}
	return bytes + int64(2*ahead()+2)*batch
}

// Run compares the models. On success the output folder holds every file that compare.json
// lists, and compare.json, written last.
func Run(ctx context.Context, c Config) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, c.makePlan)
	if err != nil {
		return nil, err
	}
	r := &Result{Manifest: m, Made: made > 0, Models: p.models, Rates: p.rates, Angles: p.angles}
	if p.found != nil {
		r.Reason = p.found.reason
	}
	return r, nil
}
