package sharding

import (
	"context"
	"fmt"
	"iter"
	"reflect"
	"runtime"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Step names this step and its progress counter.
const Step = "shard"

// partStep begins the names of its shards and of their results.
const partStep = "images"

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*writeShardFn]())
	beamrun.RegisterElement(reflect.TypeFor[ShardSpec]())
	beamrun.RegisterElement(reflect.TypeFor[ShardStat]())
}

// ShardSpec is one shard to write. Its images are in the name list
// _state/list-SSSSS-of-NNNNN.jsonl of the output folder.
type ShardSpec struct {
	Shard       int
	Fingerprint string
	Stamps      string // of its images
}

// ShardStat is what a finished shard contributes to the counts.
type ShardStat struct {
	Shard, Written, Rejected, Bytes int64
}

// Options are the choices that every shard of a run shares.
type Options struct {
	Folder     outdir.Folder
	Root       string // names are relative to it
	Given      string // what details of rejected images call it
	Image      schemas.ImageShape
	Parameters schemas.ShardParameters
	FullScale  int // samples above it are counted; 0: none are
	Channels   images.Channels
	Metadata   []string // columns of the list that records have as features
	Parts      int      // files of an image; 0 stands for one
}

// converter returns what turns images into records, the same wherever images are looked at.
func (o *Options) converter() (*converter, error) {
	p := o.Parameters
	decode, err := images.OptionsFor(p)
	if err != nil {
		return nil, err
	}
	return &converter{root: o.Root, images: decode, metadata: o.Metadata, align: p.Align, full: o.FullScale,
		fit: images.Fit{Shape: o.Image, Mode: p.Fit, Bits: p.BitsMode, Full: p.FullScale, Channels: o.Channels}}, nil
}

// WriteShards writes the given shards, each as one TFRecord file and one part
// file, both atomic. It takes PCollection<ShardSpec> and returns
// PCollection<ShardStat>, one element a shard.
func WriteShards(s beam.Scope, o Options, specs beam.PCollection) beam.PCollection {
	s = s.Scope("sharding.WriteShards")
	// First the specs are spread over the workers: one bundle may hold them all.
	specs = beam.Reshuffle(s, specs)
	// Then each shard is read, decoded and written inside one DoFn.
	return beam.ParDo(s, &writeShardFn{Options: o}, specs)
}

// shardSlots bounds the shards that the process works on at once, over all bundles:
// the records of a shard are hashed and written by one goroutine.
var shardSlots = beamrun.NewSlots(max(4, runtime.GOMAXPROCS(0)/2))

type writeShardFn struct {
	Options Options
	bundle  beamrun.Bundle[ShardStat]
}

// ProcessElement starts to write one shard, and emits what earlier ones of the bundle
// gave. What is wrong with an image is counted, only a failure to write is an error.
func (f *writeShardFn) ProcessElement(ctx context.Context, spec ShardSpec, emit func(ShardStat)) error {
	return f.bundle.Start(ctx, shardSlots, emit, func(ctx context.Context) (ShardStat, error) {
		part, err := f.writeShard(ctx, spec)
		if err == nil {
			runlog.Log(ctx, "shard written", "file", part.Info.File, "images", part.Info.Records, "rejected", part.Info.Rejected, "bytes", part.Info.Bytes)
		}
		return ShardStat{int64(spec.Shard), part.Info.Records, part.Info.Rejected, part.Info.Bytes}, err
	})
}

// FinishBundle waits for the shards of the bundle and emits the rest.
func (f *writeShardFn) FinishBundle(_ context.Context, emit func(ShardStat)) error {
	return f.bundle.Finish(emit)
}

// lookAhead is the number of images in flight: enough to hide the latency of an
// object store, and a few a core where files are near. The files of an image are read at once.
func lookAhead(root string, parts int) int {
	if store.IsRemote(root) {
		return max(64/max(1, parts), 2*runtime.GOMAXPROCS(0))
	}
	return max(4*runtime.GOMAXPROCS(0)/max(1, parts), 2*runtime.GOMAXPROCS(0))
}

func (f *writeShardFn) writeShard(ctx context.Context, spec ShardSpec) (schemas.ShardPart, error) {
	o := f.Options
	part := schemas.ShardPart{Fingerprint: spec.Fingerprint, Shard: spec.Shard, Stamps: spec.Stamps}
	part.Info.File = schemas.ShardName(spec.Shard, o.Folder.Parts, o.Parameters.Compression)

	index := records.NewIndex()
	out, err := outdir.Create(ctx, o.Folder.File(part.Info.File))
	if err != nil {
		return part, err
	}
	defer out.Abort()
	w := tfrecord.NewWriter(out, tfrecord.WriterOptions{Gzip: o.Parameters.Compression == schemas.CompressionGzip})

	conv, err := o.converter()
	if err != nil {
		return part, err
	}
	part.Excess = conv.excess()
	sources := conv.sources(ctx, f.entries(ctx, spec))
	for result, err := range parallel.Map(ctx, sources, lookAhead(o.Root, o.Parts), conv.convert) {
		if err != nil {
			return part, err
		}
		part.Listed++
		if result.reject != nil {
			part.Info.Rejected++
			result.reject.Detail = listing.InWords(result.reject.Detail, o.Root, o.Given)
			part.Errors = append(part.Errors, *result.reject)
		} else {
			if _, err := w.Write(result.record); err != nil {
				return part, err
			}
			index.Add(result.name, len(result.record))
			result.count(&part)
		}
		progress.Add(Step, 1)
	}
	if err := w.Close(); err != nil {
		return part, err
	}
	if part.Info.Bytes, part.Info.SHA256, err = out.Commit(); err != nil {
		return part, err
	}
	if part.IndexSHA256, err = o.writeIndex(ctx, index, spec.Shard, part.Info); err != nil {
		return part, err
	}
	return part, outdir.WriteJSON(ctx, o.Folder.Part(spec.Shard), part)
}

// writeIndex writes where the images of a finished shard are, and returns the sha256
// of what it wrote. The shard's part comes after it: a shard that counts as made has one.
func (o *Options) writeIndex(ctx context.Context, index *records.Index, shard int, info schemas.ShardInfo) (sum string, err error) {
	data, err := index.File(info)
	if err != nil {
		return "", err
	}
	return outdir.SHA256(data), store.WriteFile(ctx, o.Folder.Index(shard), data)
}

// entries streams the name list of a shard.
func (f *writeShardFn) entries(ctx context.Context, spec ShardSpec) iter.Seq2[schemas.ListEntry, error] {
	return seq.From(func(yield func(schemas.ListEntry, error) bool) error {
		r, err := store.Open(ctx, f.Options.Folder.List(spec.Shard))
		if err != nil {
			return err
		}
		defer r.Close()
		for e, err := range listing.ReadList(r) {
			if n := len(e.Metadata); err == nil && n > 0 && n != len(f.Options.Metadata) {
				err = fmt.Errorf("%w: %s has the values of %d columns, not of %d", listing.ErrList, e.Name, n, len(f.Options.Metadata))
			}
			if !yield(e, err) || err != nil {
				return nil
			}
		}
		return nil
	})
}
