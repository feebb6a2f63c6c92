package sharding

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/step"
)

// plan is everything a run decides before the pipeline starts.
type plan struct {
	folder   outdir.Folder
	checksum bool // reports whether images changed
	sized    bool // the user chose the size of the images
	counted  bool // and the number of shards

	found       *listing.Result
	shape       schemas.ImageShape
	channels    images.Channels
	survey      *survey                  // nil where the shape is that of a finished folder
	grows       bool                     // its shape is that of a finished folder
	metadata    func() ([]string, error) // what the pattern finds in the names
	params      schemas.ShardParameters
	groups      [][]schemas.ListEntry     // of each shard
	lists       [][]byte                  // of each shard, as written to the state folder
	specs       []ShardSpec               // all
	fingerprint string                    // of the whole output
	v0          *earlier                  // see there; nil where it was not needed
	old         map[int]schemas.ShardPart // parts of version 0.1.0 that stand

	given    Config                  // what the user chose
	before   *schemas.ShardsManifest // of a finished folder of the same collection; nil where there is none, or all is made again
	final    scale
	deciders string // which images decided the size

	seen     seen
	disputed map[int]bool // shards of which shards.json and their part say different things
}

// work is the plan as package step carries it out.
type work = step.Work[ShardSpec, schemas.ShardPart, schemas.ShardsManifest]

// gcPercent is how much garbage may lie beside what is in use while a run is
// planned, in percent.
const gcPercent = 30

// makePlan lists the collection and decides the shape, the shards and what
// their fingerprints are; where not the whole work is to be done, by a sample of the images.
func makePlan(ctx context.Context, c Config, run beamrun.Runner, whole bool) (*plan, *work, error) {
	// A million entries stay; without this as much garbage would pile up beside them.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	l := c.Listing
	l.Exclude = append(slices.Clone(l.Exclude), c.Output)
	found, err := listing.List(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	if c.Accept != nil {
		if err := c.Accept(int64(len(found.Entries))); err != nil {
			return nil, nil, err
		}
	}
	shards := c.Shards
	if shards == 0 {
		shards = defaultShards(len(found.Entries))
	}
	p := &plan{found: found, given: c, checksum: l.Checksum, sized: c.Size.Height > 0, counted: c.Shards > 0, params: c.parameters(shards),
		folder: outdir.Folder{Dir: c.Output, Kind: partStep, Parts: shards}, old: map[int]schemas.ShardPart{}}
	p.params.Labels = found.LabelsSHA256
	p.params.ListMetadata = strings.Join(found.Account.Metadata, ",")
	p.metadata = sync.OnceValues(p.patterns)
	if err := p.decideShape(ctx, c.Overwrite); err != nil {
		return nil, nil, err
	}
	if err := p.decideScale(ctx, whole); err != nil {
		return nil, nil, err
	}
	if err := p.alignable(); err != nil {
		return nil, nil, err
	}
	if err := p.cut(); err != nil {
		return nil, nil, err
	}
	return p, &work{
		Output: p.output(), Folder: p.folder, Resume: c.Resume, Overwrite: c.Overwrite,
		Parts: p.specs, Fingerprint: func(s ShardSpec) string { return s.Fingerprint },
		Finished: p.finished, Refusal: p.refusal, Ready: p.ready, Replaces: p.replaces, Need: p.need,
		Prepare: p.write, Merge: p.merge, Account: account,
		Execute: func(ctx context.Context, missing []ShardSpec) error { return p.execute(ctx, missing, run) },
		Absent: func(s ShardSpec) error {
			return fmt.Errorf("shard %d of %d was not written: run the same command again to continue", s.Shard, shards)
		},
	}, nil
}

// parameters are the choices that decide what is written, without what the images decide.
func (c Config) parameters(shards int) schemas.ShardParameters {
	return schemas.ShardParameters{
		Shards: shards, Compression: c.Compression, Height: c.Size.Height, Width: c.Size.Width,
		Fit: c.Fit, BitsMode: c.Bits, MaxPixels: c.MaxPixels,
		LabelPattern: c.Listing.LabelPattern, MetadataPattern: c.MetadataPattern,
		Project: c.Projection, Range: rangeOf(c.Range), Align: alignOf(c.Align),
		Channels: c.Listing.Channels, ChannelPattern: c.Listing.ChannelPattern,
	}
}

// rangeOf is a range as it is recorded; what is none is refused elsewhere.
func rangeOf(given string) string {
	if r, err := images.ParseRange(given); err == nil {
		return r.String()
	}
	return given
}

// cut puts every image into its shard.
func (p *plan) cut() error {
	p.lists, p.specs = nil, nil
	p.groups = listing.Group(p.found.Entries, p.params.Shards)
	fingerprints, err := p.fingerprints(listing.WriteList, func(list []byte) { p.lists = append(p.lists, bytes.Clone(list)) })
	if err != nil {
		return err
	}
	for i, fingerprint := range fingerprints {
		p.specs = append(p.specs, ShardSpec{Shard: i, Fingerprint: fingerprint, Stamps: listing.Stamps(p.groups[i])})
	}
	p.fingerprint, err = listing.Fingerprint(fingerprints, p.found.Rejected)
	return err
}

// fingerprints returns those of all shards, whose name lists write writes; keep gets
// each list, which the next one overwrites.
func (p *plan) fingerprints(write func(io.Writer, []schemas.ListEntry) error, keep func(list []byte)) (all []string, err error) {
	var list bytes.Buffer
	for _, entries := range p.groups {
		list.Reset()
		if err := write(&list, entries); err != nil {
			return nil, err
		}
		fingerprint, err := listing.ShardFingerprint(p.params, p.shape, p.channels.Of, outdir.SHA256(list.Bytes()))
		if err != nil {
			return nil, err
		}
		keep(list.Bytes())
		all = append(all, fingerprint)
	}
	return all, nil
}

// output is the folder with the choices of this run.
func (p *plan) output() outdir.Output {
	o := output(p.folder.Dir)
	o.Parameters = p.choices(p.params)
	return o
}

// choices returns what the user chose, and what the data decided instead.
func (p *plan) choices(of schemas.ShardParameters) []outdir.Parameter {
	return []outdir.Parameter{
		outdir.Chosen("fit", of.Fit), outdir.Chosen("bits", of.BitsMode),
		outdir.Chosen("size", fmt.Sprintf("%dx%d", of.Height, of.Width)).DerivedIf(!p.sized),
		outdir.Chosen("shards", of.Shards).DerivedIf(!p.counted),
		outdir.Chosen("align", cmp.Or(of.Align, schemas.AlignNone)), outdir.Chosen("compression", of.Compression), outdir.Chosen("max_pixels", of.MaxPixels),
		outdir.Chosen("label_pattern", of.LabelPattern), outdir.Given("labels", of.Labels),
		outdir.Chosen("metadata_pattern", of.MetadataPattern), outdir.Chosen("channels", of.Channels), outdir.Chosen("channel_pattern", of.ChannelPattern),
		outdir.Chosen("project", of.Project).Of("Config.Projection"), outdir.Chosen("range", of.Range), outdir.Chosen("full_scale", of.FullScale).DerivedIf(p.given.FullScale == 0),
		outdir.Chosen("list_metadata", of.ListMetadata).Of("the metadata of Config.InputList"), outdir.Chosen("checksum", p.checksum),
	}
}
