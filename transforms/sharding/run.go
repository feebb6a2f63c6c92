package sharding

import (
	"bytes"
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.ShardsManifest
	// Made is the number of shards that this run wrote; 0 says that nothing was to do.
	Made int
	// Notes are lines for the console: what was passed over, what the patterns found,
	// which images do not fit, and whether the samples use their range.
	Notes []string
}

// plan is everything a run decides before the pipeline starts.
type plan struct {
	found        *listing.Result
	shape        schemas.ImageShape
	survey       *survey                  // nil where the shape is that of a finished folder
	grows        bool                     // its shape is that of a finished folder
	metadata     func() ([]string, error) // what the pattern finds in the names
	params       schemas.ShardParameters
	groups       [][]schemas.ListEntry     // of each shard
	lists        [][]byte                  // of each shard, as written to the state folder
	stamps       []string                  // of each shard, see listing.Stamps
	v0           *earlier                  // see there; nil where it was not needed
	old          map[int]schemas.ShardPart // parts of version 0.1.0 that stand
	fingerprints []string                  // of each shard
	fingerprint  string                    // of the whole output

	mu   sync.Mutex
	rows []schemas.ErrorRow // of the parts of a finished folder
	top  peak               // of their images

	disputed map[int]bool // shards of which shards.json and their part say different things
}

// Run shards a collection. On success the output folder holds every shard,
// collection.json, errors.jsonl and, written last, shards.json, and listed =
// written + rejected.
func Run(ctx context.Context, c Config, run beamrun.Runner) (*Result, error) {
	return outdir.Held(ctx, c.output(), "shard", func(ctx context.Context) (*Result, error) { return c.run(ctx, run) })
}

// run shards a collection into a folder that nobody else writes.
func (c Config) run(ctx context.Context, run beamrun.Runner) (*Result, error) {
	p, err := makePlan(ctx, c)
	if err != nil {
		return nil, err
	}
	if !c.Overwrite {
		m, err := finished(ctx, c, p)
		if err != nil {
			return nil, err
		}
		if m != nil {
			return &Result{Manifest: m, Notes: p.notes(c, p.rows, p.top)}, nil
		}
	}
	if err := p.refusal(ctx, c); err != nil {
		return nil, err
	}
	out := c.output()
	out.Parameters = c.choices(p.params)
	if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil {
		return nil, err
	}
	if err := c.replaces(ctx, out, p); err != nil {
		return nil, err
	}
	specs, err := prepare(ctx, c, out, p)
	if err != nil {
		return nil, err
	}
	if len(specs) > 0 {
		if err := writeShards(ctx, c, p, specs, run); err != nil {
			return nil, err
		}
	}
	m, notes, err := merge(ctx, c, p)
	if err != nil {
		return nil, err
	}
	account(ctx, m, len(specs))
	return &Result{Manifest: m, Made: len(specs), Notes: notes}, nil
}

// account tells of a run in its journal.
func account(ctx context.Context, m *schemas.ShardsManifest, made int) {
	j := runlog.From(ctx)
	j.Count("listed", m.Listed)
	j.Count("written", m.Written)
	j.Count("rejected", m.Rejected)
	j.Count("shards_made", int64(made))
	j.Count("shards_resumed", int64(len(m.Shards)-made))
	j.Rejected(m.RejectedByReason)
}

// Claim returns the error that Run would end with because of what lies in its output.
func Claim(ctx context.Context, c Config) error { return c.output().Claim(ctx) }

func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.ShardsFile, Owns: owns}
}

// owns tells the files of this step.
func owns(name string) bool {
	if name == schemas.CollectionFile || name == schemas.ErrorsFile {
		return true
	}
	prefix, _, _, ext, ok := schemas.ParseName(name)
	return ok && prefix == "images" && (ext == "tfrecords" || ext == "tfrecords.gz")
}

// gcPercent is how much garbage may lie beside what is in use while a run is
// planned, in percent.
const gcPercent = 30

// makePlan lists the collection and decides the shape, the shards and what
// their fingerprints are.
func makePlan(ctx context.Context, c Config) (*plan, error) {
	// A million entries stay; without this as much garbage would pile up beside them.
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	c.Listing.Exclude = append(slices.Clone(c.Listing.Exclude), c.Output)
	found, err := listing.List(ctx, c.Listing)
	if err != nil {
		return nil, err
	}
	p := &plan{found: found}
	p.metadata = sync.OnceValues(func() ([]string, error) { return p.patterns(c) })
	if c.Accept != nil {
		if err := c.Accept(int64(len(found.Entries))); err != nil {
			return nil, err
		}
	}
	if c.Shards == 0 {
		c.Shards = defaultShards(len(found.Entries))
	}
	if p.shape, p.survey, err = c.collectionShape(ctx, found); err != nil {
		return nil, err
	}
	p.params = c.parameters(c.Shards)
	p.params.Height, p.params.Width = p.shape.Height, p.shape.Width
	p.params.Labels = found.LabelsSHA256

	var list bytes.Buffer
	p.groups = listing.Group(found.Entries, c.Shards)
	for _, entries := range p.groups {
		list.Reset()
		if err := listing.WriteList(&list, entries); err != nil {
			return nil, err
		}
		fingerprint, err := outdir.Fingerprint(schemas.ShardsFormat, p.params, p.shape, outdir.SHA256(list.Bytes()))
		if err != nil {
			return nil, err
		}
		p.lists = append(p.lists, bytes.Clone(list.Bytes()))
		p.stamps = append(p.stamps, listing.Stamps(entries))
		p.fingerprints = append(p.fingerprints, fingerprint)
	}
	p.fingerprint, err = Fingerprint(p.fingerprints, found.Rejected)
	return p, err
}

// Fingerprint returns the fingerprint of an output: one of those of its shards and
// of the images that were rejected at listing, whatever the words of the details.
func Fingerprint(shards []string, rejected []schemas.ErrorRow) (string, error) {
	rejected = slices.Clone(rejected)
	for i := range rejected {
		rejected[i].Detail = ""
	}
	return outdir.Fingerprint(shards, rejected)
}

// finished returns the manifest of the output if it stands for this plan, every
// shard is there with its size and is that of its part, no image changed since, and
// none is missing that could not be read: it may be by now, and its size and time
// say nothing about that.
func finished(ctx context.Context, c Config, p *plan) (*schemas.ShardsManifest, error) {
	m, ok, err := outdir.ReadManifest[schemas.ShardsManifest](ctx, store.Join(c.Output, schemas.ShardsFile))
	if err != nil || !ok || m.Validate() != nil || m.RejectedByReason[schemas.ReasonUnreadable] > 0 {
		return nil, err
	}
	var files []outdir.Listed
	for i, s := range m.Shards {
		files = append(files, outdir.Listed{File: s.File, Bytes: s.Bytes, Part: schemas.PartName("images", i, len(m.Shards))})
	}
	unchanged := func(i int, part schemas.ShardPart) bool { return part.Stamps == p.stamps[i] }
	if m.Fingerprint != p.fingerprint {
		e, err := p.earlier()
		if err != nil || m.Fingerprint != e.fingerprint {
			return nil, err
		}
		unchanged = func(int, schemas.ShardPart) bool { return true } // its fingerprint tells
	}
	var known atomic.Int64 // shards whose part tells of the images' times
	ok, p.disputed, err = outdir.Stands(ctx, c.Output, files, func(i int, part schemas.ShardPart) bool {
		known.Add(1)
		p.saw(part)
		return part.Info == m.Shards[i] && unchanged(i, part)
	})
	if !ok || err != nil {
		return nil, err
	}
	if lost := int64(len(files)) - known.Load(); lost > 0 && m.Fingerprint == p.fingerprint && !c.Listing.Checksum {
		runlog.Log(ctx, "shards are made again: the state folder, which tells whether images changed, is not there", "output", c.Output, "shards", lost)
		return nil, nil
	}
	return &m, nil
}

// saw keeps what the part of a finished shard says of its images.
func (p *plan) saw(part schemas.ShardPart) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = append(p.rows, part.Errors...)
	p.top.add(part)
}

// missing returns the shards that are still to be made, and tells which files of
// the others stay.
func missing(ctx context.Context, c Config, p *plan) (specs []ShardSpec, stays func(name string) bool, err error) {
	keep := map[string]bool{}
	p.old = map[int]schemas.ShardPart{}
	for i := range p.lists {
		done, err := partStands(ctx, c, p, i)
		if err != nil {
			return nil, nil, err
		}
		if done && !p.disputed[i] && c.Resume && !c.Overwrite {
			keep[schemas.ShardName(i, p.params.Shards, c.Compression)] = true
			keep[schemas.StateDir+"/"+schemas.PartName("images", i, p.params.Shards)] = true
			keep[schemas.StateDir+"/"+schemas.ListName(i, p.params.Shards)] = true
			keep[schemas.StateDir+"/"+schemas.IndexName(i, p.params.Shards)] = true
			continue
		}
		delete(p.old, i)
		specs = append(specs, ShardSpec{Shard: i, Fingerprint: p.fingerprints[i], Stamps: p.stamps[i]})
	}
	return specs, func(name string) bool { return keep[name] }, nil
}

// prepare brings the output folder to the state that the pipeline starts from
// and returns the shards that are still to be made.
func prepare(ctx context.Context, c Config, out outdir.Output, p *plan) ([]ShardSpec, error) {
	specs, stays, err := missing(ctx, c, p)
	if err != nil {
		return nil, err
	}
	out.Need, out.Missing, out.Overwrite = p.need(c, specs), len(specs), c.Overwrite
	if err := out.Clean(ctx, stays); err != nil {
		return nil, err
	}
	return specs, writePlan(ctx, c, p, specs)
}

// partStands tells whether shard i is complete and made from this plan, of images
// that could all be read.
func partStands(ctx context.Context, c Config, p *plan, i int) (bool, error) {
	part, ok, err := outdir.ReadManifest[schemas.ShardPart](ctx, partFile(c, p, i))
	if err != nil || !ok {
		return false, err
	}
	if part.Fingerprint != p.fingerprints[i] {
		e, err := p.earlier()
		if err != nil || part.Fingerprint != e.fingerprints[i] {
			return false, err
		}
		p.old[i] = part
	} else if part.Stamps != p.stamps[i] {
		return false, nil
	}
	if slices.ContainsFunc(part.Errors, func(row schemas.ErrorRow) bool { return row.Reason == schemas.ReasonUnreadable }) {
		return false, nil
	}
	return outdir.HasSize(ctx, store.Join(c.Output, part.Info.File), part.Info.Bytes)
}

func readPart(ctx context.Context, c Config, p *plan, i int) (schemas.ShardPart, bool, error) {
	return outdir.ReadPart(ctx, partFile(c, p, i), p.fingerprints[i], func(p schemas.ShardPart) string { return p.Fingerprint })
}

func partFile(c Config, p *plan, i int) string {
	return store.Join(c.Output, schemas.StateDir, schemas.PartName("images", i, p.params.Shards))
}

// writePlan writes collection.json and the name lists of the shards to make.
func writePlan(ctx context.Context, c Config, p *plan, specs []ShardSpec) error {
	if outdir.DryRun(ctx) {
		return nil
	}
	for _, s := range specs {
		name := store.Join(c.Output, schemas.StateDir, schemas.ListName(s.Shard, p.params.Shards))
		if err := store.WriteFile(ctx, name, p.lists[s.Shard]); err != nil {
			return err
		}
	}
	if err := p.renew(ctx, c); err != nil {
		return err
	}
	collection := schemas.Collection{
		Format: schemas.CollectionFormat, CodeVersion: schemas.CodeVersion,
		Inputs: redact.Names(p.found.Inputs), Root: p.found.Given, Listed: p.listed(), Bytes: p.found.Bytes,
		Shards: p.params.Shards, Ignored: p.found.Ignored,
	}
	for _, list := range p.lists {
		collection.ListSHA256 = append(collection.ListSHA256, outdir.SHA256(list))
	}
	var err error
	if collection.PlacesSHA256, err = outdir.SealPlaces(collection); err != nil {
		return err
	}
	return outdir.WriteJSON(ctx, store.Join(c.Output, schemas.CollectionFile), collection)
}

func (p *plan) listed() int64 { return int64(len(p.found.Entries) + len(p.found.Rejected)) }

// writeShards runs the pipeline over the missing shards.
func writeShards(ctx context.Context, c Config, p *plan, specs []ShardSpec, run beamrun.Runner) error {
	images := int64(0)
	for _, s := range specs {
		images += int64(bytes.Count(p.lists[s.Shard], []byte{'\n'}))
	}
	meter := progress.Start(Step, images, "images")
	defer meter.Stop()

	pipeline, scope := beam.NewPipelineWithRoot()
	stats := WriteShards(scope, Options{
		Root: p.found.Root, Given: p.found.Given, Output: c.Output, Shards: p.params.Shards, Compression: c.Compression,
		Image: p.shape, Fit: c.Fit, Bits: c.Bits, MaxPixels: c.MaxPixels,
	}, beam.CreateList(scope, specs))
	beamrun.Sink(scope, stats)
	return beamrun.Run(ctx, run, pipeline, c.Output)
}
