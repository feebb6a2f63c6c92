package encoding

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
)

// Step names this step and its progress counter.
const Step = "encode"

// partStep is the prefix of the names of its part files.
const partStep = "latents"

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*encodeFn]())
	beamrun.RegisterElement(reflect.TypeFor[ShardSpec]())
	beamrun.RegisterElement(reflect.TypeFor[ShardStat]())
}

// ShardSpec is one image shard to encode.
type ShardSpec struct {
	Shard       int    // number, also of the latents file
	Name        string // of the image shard, to be opened
	File        string // its name without the folder
	Records     int64  // that it holds; -1 where that is not known
	Bytes       int64  // its size; -1 where that is not known
	SHA256      string // of its file; "" where that is not known
	Fingerprint string
}

// ShardStat is what a finished shard contributes to the counts.
type ShardStat struct {
	Shard, Rows, Rejected, Bytes int64
}

// Options are the choices that every shard of a run shares.
type Options struct {
	Folder      outdir.Folder
	Model       string // model directory
	ModelSHA256 string
	Image       schemas.ImageShape // of every image, what the model takes
	Layout      string
	Reconstruct bool
	Batch       int

	Channels  []string // LatentsSpec.Channels
	FullScale int      // LatentsSpec.FullScale

	ObjectFraction bool   // there is the column object_fraction
	Format         string // LatentsSpec.Format

	ImageFeature, NameFeature string // "" for this project's

	MetadataPattern, MetadataCSV string
	MetadataSHA256               string   // of the table
	ListMetadata                 []string // columns of the records
}

// EncodeShards encodes the given image shards, each into one Parquet file and
// one part file, both atomic. It takes PCollection<ShardSpec> and returns
// PCollection<ShardStat>, one element a shard.
func EncodeShards(s beam.Scope, o Options, specs beam.PCollection) beam.PCollection {
	s = s.Scope("encoding.EncodeShards")
	// First the specs are spread over the workers: one bundle may hold them all.
	specs = beam.Reshuffle(s, specs)
	// Then each shard is read, encoded and written inside one DoFn.
	return beam.ParDo(s, &encodeFn{Options: o}, specs)
}

type encodeFn struct {
	Options Options
	bundle  beamrun.Bundle[ShardStat]
}

// ProcessElement starts the work on one shard, and emits what earlier ones of
// the bundle gave.
func (f *encodeFn) ProcessElement(ctx context.Context, spec ShardSpec, emit func(ShardStat)) error {
	return f.bundle.Start(ctx, shardSlots, emit, func(ctx context.Context) (ShardStat, error) { return f.work(ctx, spec) })
}

// FinishBundle waits for the shards of the bundle and emits the rest.
func (f *encodeFn) FinishBundle(_ context.Context, emit func(ShardStat)) error {
	return f.bundle.Finish(emit)
}

// work encodes one shard. A bad image is counted, and a damaged shard is recorded
// in its part for the driver to report, so that the other shards are encoded all
// the same; only a failure of the machine is an error.
func (f *encodeFn) work(ctx context.Context, spec ShardSpec) (ShardStat, error) {
	part, err := f.encodeShard(ctx, spec)
	if err == nil {
		err = outdir.WriteJSON(ctx, f.Options.Folder.Part(spec.Shard), part)
	}
	if err == nil {
		runlog.Log(ctx, "shard encoded", "file", part.Info.File, "images", part.Info.Rows, "rejected", part.Info.Rejected,
			"bytes", part.Info.Bytes, "failure", part.Failure)
	}
	return ShardStat{int64(spec.Shard), part.Info.Rows, part.Info.Rejected, part.Info.Bytes}, err
}
