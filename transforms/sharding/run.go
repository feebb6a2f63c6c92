package sharding

import (
	"bytes"
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.ShardsManifest
	// Made is the number of shards that this run wrote; 0 says that nothing was to do.
	Made int
	// Told says that shards.json tells other things of the pixels than before, of shards that stay.
	Told bool
	// Notes are lines for the console: what was passed over, what the patterns found,
	// which images do not fit, and whether the samples use their range.
	Notes []string
}

// Run shards a collection. On success the output folder holds every shard,
// collection.json, errors.jsonl and, written last, shards.json, and listed =
// written + rejected.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, run, true)
	})
	if err != nil {
		return nil, err
	}
	b := p.before
	told := b != nil && (b.MicronsPerPixel != m.MicronsPerPixel || b.FullScale != m.FullScale || b.FullScaleFrom != m.FullScaleFrom)
	return &Result{Manifest: m, Made: made, Told: told, Notes: p.notes()}, nil
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.ShardsManifest, made int) {
	j.Count("listed", m.Listed)
	j.Count("written", m.Written)
	j.Count("rejected", m.Rejected)
	j.Count("shards_made", int64(made))
	j.Count("shards_resumed", int64(len(m.Shards)-made))
	j.Rejected(m.RejectedByReason)
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error { return c.output().Claim(ctx) }

func (c Config) output() outdir.Output { return output(c.Output).Reading(c.Listing.Inputs...) }

func output(dir string) outdir.Output {
	return outdir.Output{Dir: dir, Manifest: schemas.ShardsFile, Owns: owns}
}

// owns tells the files of this step.
func owns(name string) bool {
	if name == schemas.CollectionFile || name == schemas.ErrorsFile {
		return true
	}
	prefix, _, _, ext, ok := schemas.ParseName(name)
	return ok && prefix == partStep && (ext == "tfrecords" || ext == "tfrecords.gz")
}

// write writes collection.json and the name lists of the shards to make.
func (p *plan) write(ctx context.Context, specs []ShardSpec) error {
	for _, s := range specs {
		if err := store.WriteFile(ctx, p.folder.List(s.Shard), p.lists[s.Shard]); err != nil {
			return err
		}
		delete(p.old, s.Shard)
	}
	if err := p.renew(ctx); err != nil {
		return err
	}
	collection := schemas.Collection{
		Format: schemas.CollectionFormat, CodeVersion: schemas.CodeVersion,
		Inputs: redact.Names(p.found.Inputs), Root: p.found.Given, Listed: p.listed(), Bytes: p.found.Bytes,
		Shards: p.params.Shards, Ignored: p.found.Ignored, Channels: p.channels.Of,
	}
	for _, list := range p.lists {
		collection.ListSHA256 = append(collection.ListSHA256, outdir.SHA256(list))
	}
	var err error
	if collection.PlacesSHA256, err = outdir.SealPlaces(collection); err != nil {
		return err
	}
	return outdir.WriteJSON(ctx, p.folder.File(schemas.CollectionFile), collection)
}

func (p *plan) listed() int64 { return int64(len(p.found.Entries) + len(p.found.Rejected)) }

// execute runs the pipeline over the missing shards.
func (p *plan) execute(ctx context.Context, specs []ShardSpec, run beamrun.Runner) error {
	images := int64(0)
	for _, s := range specs {
		images += int64(bytes.Count(p.lists[s.Shard], []byte{'\n'}))
	}
	meter := progress.Start(Step, images, "images")
	defer meter.Stop()

	pipeline, scope := beam.NewPipelineWithRoot()
	stats := WriteShards(scope, *p.options(), beam.CreateList(scope, specs))
	beamrun.Sink(scope, stats)
	return beamrun.Run(ctx, run, pipeline, p.folder.Dir)
}
