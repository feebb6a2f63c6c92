package encoding

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

// Run encodes the image shards. On success the output folder holds a latents
// file a shard, _errors.jsonl and, written last, _latents.json, and images =
// encoded + rejected. A damaged shard is an error naming file, record and
// offset; the other shards are encoded nevertheless, and kept for a rerun.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, run)
	})
	if err != nil {
		return nil, err
	}
	p.result.Manifest, p.result.Made = m, made
	return &p.result, nil
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.LatentsManifest, made int) {
	j.Count("records", m.Records)
	j.Count("encoded", m.Rows)
	j.Count("rejected", m.Rejected)
	j.Count("files_made", int64(made))
	j.Count("files_resumed", int64(len(m.Files)-made))
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error { return c.output().Claim(ctx) }

func (c Config) output() outdir.Output { return output(c.Output).Reading(c.Shards, c.Model) }

func output(dir string) outdir.Output {
	return outdir.Output{Dir: dir, Manifest: schemas.LatentsFile, Owns: outdir.OwnsLatents}
}

// there returns an error where shards that are to be encoded are missing.
func (p *plan) there(ctx context.Context, specs []ShardSpec) error {
	if p.in.manifest == nil {
		return nil // they were listed
	}
	var files []string
	for _, s := range specs {
		files = append(files, s.File)
	}
	return outdir.There(ctx, p.in.dir, schemas.ShardsFile, files, outdir.ShardsAgain)
}

// execute runs the pipeline over the missing shards.
func (p *plan) execute(ctx context.Context, specs []ShardSpec, run beamrun.Runner) error {
	total := int64(0)
	for _, s := range specs {
		total += max(0, s.Records)
	}
	meter := progress.Start(Step, total, "images")
	defer meter.Stop()

	pipeline, scope := beam.NewPipelineWithRoot()
	stats := EncodeShards(scope, p.options, beam.CreateList(scope, specs))
	beamrun.Sink(scope, stats)
	return beamrun.Run(ctx, run, pipeline, p.options.Folder.Dir)
}
