package decoding

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.DecodedManifest
	// Made is the number of parts that this run decoded, of Parts; 0 says that nothing was
	// to do.
	Made, Parts int
	// Formulas are image ids of images.csv that spreadsheet programs may take for formulas.
	Formulas Formulas
	// Shown says in which color and range the contact sheet that this run drew shows each channel;
	// "" of gray and RGB images.
	Shown string
}

// Run decodes latent vectors. On success the output folder holds the images, images.csv,
// the contact sheet, errors.jsonl and, written last, decode.json, and vectors = images +
// rejected.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, run)
	})
	if err != nil {
		return nil, err
	}
	f, err := findFormulas(ctx, c.Output)
	if made == 0 {
		err = nil // what is damaged since is for verify to say
	}
	return &Result{m, made, len(p.parts), f, p.shown}, err
}

// Hold does work that belongs to decoded images, and its Run within, while no other run
// writes the output.
func Hold(ctx context.Context, c Config, work func(ctx context.Context) (*Result, error)) (*Result, error) {
	return outdir.Held(ctx, c.output(), Step, work)
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.DecodedManifest, made int) {
	j.Count("vectors", m.Vectors)
	j.Count("images", m.Images)
	j.Count("rejected", m.Rejected)
	j.Count("parts_made", int64(made))
}

func (c Config) output() outdir.Output {
	o := outdir.Output{Dir: c.Output, Manifest: schemas.DecodedFile, Owns: owns}
	if c.Shards != "" {
		o.Owns = ownsBoth
	}
	return o.Reading(c.Input, c.Shards, c.Model)
}

// execute runs the pipeline over the missing parts.
func (p *plan) execute(ctx context.Context, parts []Part, run beamrun.Runner) error {
	total := int64(0)
	for _, part := range parts {
		total += part.Images
	}
	if !outdir.DryRun(ctx) {
		if err := p.shareNames(ctx); err != nil {
			return err
		}
	}
	meter := progress.Start(Step, total, "images")
	defer meter.Stop()

	pipeline, scope := beam.NewPipelineWithRoot()
	beamrun.Sink(scope, DecodeLatents(scope, p.options, beam.CreateList(scope, parts)))
	return beamrun.Run(ctx, run, pipeline, p.options.Folder.Dir)
}
