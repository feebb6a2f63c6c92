package encoding

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"time"

	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// rowBytes is about what a row has beside its embedding: compressed, a checksum is
// 32 bytes, and the others as many again.
const rowBytes = 64

// need returns about how many bytes the latents of the given shards will have; the
// records of a foreign shard are not known, and count as none.
func (p *plan) need(specs []ShardSpec) (bytes int64) {
	for _, s := range specs {
		bytes += max(0, s.Records) * int64(3*p.spec.Dimension+rowBytes) // floats compress by a tenth and more
	}
	return bytes
}

// Plan says what Run would do, from a sample of the images, and refuses what it
// would refuse. It changes nothing; shards of another program are
// hashed.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, specs, done, err := step.Check(ctx, c.output(), func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, nil)
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: p.options.Folder.Dir + " already holds the latents of these shards."}, nil
	}
	if err := p.twice(ctx); err != nil {
		return nil, err
	}
	s, err := p.try(ctx, specs)
	if err != nil {
		return nil, err
	}
	text := p.describe(specs, s)
	for _, note := range p.result.Notes {
		text.Note("%s", note)
	}
	return text, nil
}

// describe puts the plan into words.
func (p *plan) describe(specs []ShardSpec, s *trial) *preflight.Plan {
	text := &preflight.Plan{}
	var images, bytes int64
	known := true
	for _, spec := range specs {
		images += max(0, spec.Records)
		bytes += max(0, spec.Bytes)
		known = known && spec.Records >= 0
	}
	if known {
		text.Reading("%s of %s in %s, %s, in %s", words.Plural(images, "image", "images"), p.options.Image, words.Plural(len(specs), "shard", "shards"), progress.Bytes(bytes), p.in.dir)
	} else {
		text.Reading("%s of another program, whose images are counted when they are read, in %s", words.Plural(len(specs), "shard", "shards"), p.in.dir)
	}
	text.Reading("the model %s (%.12s), which takes such images: %s", p.options.Model, p.options.ModelSHA256, words.Plural(p.spec.Dimension, "dimension", "dimensions"))
	if p.options.MetadataCSV != "" {
		text.Reading("the columns of %s: of the sample, %d of %d images have a row", p.options.MetadataCSV, s.matched, s.time.Items())
	}
	perRow := float64(s.bytes-s.empty) / float64(max(1, s.rows))
	written := int64(perRow*float64(images)) + s.empty*int64(len(specs))
	about := ""
	if known {
		about = ", about " + progress.Bytes(written)
	}
	text.Writing("%s of latents, layout %s%s, in %s%s", words.Plural(len(specs), "file", "files"), p.spec.Layout, about, p.options.Folder.Dir, preflight.Free(p.options.Folder.Dir))
	if n := len(p.in.shards) - len(specs); n > 0 {
		text.Writing("%d others are there already", n)
	}
	text.Tried("%s images, drawn by the hash of their names, in %s: %.0f/s", progress.Count(s.time.Items()), preflight.Duration(s.time.Elapsed()), s.time.PerSecond())
	if s.rejected == 0 {
		text.Tried("none of them would be rejected")
	} else {
		text.Tried("%d of them would be rejected, the first: %s", s.rejected, s.first)
	}
	text.Memory = runlog.PeakMemory() + sinkBytes
	if !known {
		text.Note("without the number of images the time is not known")
		return text
	}
	text.Time = preflight.Startup().Plus(s.time.For(images)).Plus(preflight.Writing(p.options.Folder.Dir, written, len(specs)))
	return text
}

// sinkBytes is what the engine and the rows of files in the making take beside what
// a sample does.
const sinkBytes = 48 << 20

// trial is what came of a sample.
type trial struct {
	time          preflight.Timing
	rows, matched int64
	rejected      int64
	first         string // why the first of these was
	bytes, empty  int64  // of a file of the sample's rows, and of one without rows
}

// piece is a batch of one of the shards of a sample.
type piece struct {
	job   *shardJob
	batch *batch
}

// try encodes a sample, drawn by the hash of the images' ids, and throws the latents
// away.
func (p *plan) try(ctx context.Context, specs []ShardSpec) (*trial, error) {
	sample, err := p.draw(ctx, specs)
	if err != nil {
		return nil, err
	}
	s := &trial{}
	if s.empty, err = p.emptyFile(); err != nil {
		return nil, err
	}
	var sink preflight.Sink
	w, err := latents.NewWriter(&sink, p.spec)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	last, items := began, int64(0)
	for done, err := range parallel.Map(ctx, p.pieces(ctx, specs, sample), 2*runtime.GOMAXPROCS(0), encodePiece) {
		if err != nil {
			return nil, err
		}
		for i := range done.rows {
			if err := w.Write(&done.rows[i]); err != nil {
				return nil, err
			}
		}
		if len(done.rejected) > 0 && s.first == "" {
			s.first = done.rejected[0].Name + ": " + done.rejected[0].Detail + p.options.remedy(done.rejected[0])
		}
		s.rejected += int64(len(done.rejected))
		s.matched += done.matched
		items += int64(len(done.rows) + len(done.rejected))
		if now := time.Now(); items >= partImages || now.Sub(last) > time.Second {
			s.time.Add(items, now.Sub(last))
			last, items = now, 0
			if now.Sub(began) > preflight.SampleTime {
				break
			}
		}
	}
	s.time.Add(items, time.Since(last))
	if err := w.Close(); err != nil {
		return nil, err
	}
	s.rows, s.bytes = w.Rows(), int64(sink)
	if s.rows == 0 && s.rejected > 0 {
		return nil, fmt.Errorf("none of the %s that the plan tried could be encoded; the first: %s", words.Plural(s.rejected, "image", "images"), s.first)
	}
	return s, nil
}

// partImages is the number of images of a part of a sample.
const partImages = 64

func encodePiece(ctx context.Context, x piece) (encoded, error) {
	return x.job.encodeBatch(ctx, x.batch)
}

// planSeed is that of the sample: it is another one than those of select and train.
const planSeed = 0x706c616e

// drawn is a record of the sample.
type drawn struct {
	records.Entry
	spec int
}

// draw returns the records of the sample, by shard: of all images of the shards those
// of the smallest hashes.
func (p *plan) draw(ctx context.Context, specs []ShardSpec) ([][]records.Entry, error) {
	var images int64
	for _, s := range p.in.shards {
		images += max(0, s.Records)
	}
	if images == 0 {
		images = 1 << 30 // not known
	}
	n := int(preflight.SampleSize(images))
	order := func(a, b drawn) int {
		return cmp.Or(cmp.Compare(draw.Hash(planSeed, a.Name), draw.Hash(planSeed, b.Name)), cmp.Compare(a.spec, b.spec), cmp.Compare(a.Number, b.Number))
	}
	var sample []drawn
	for i, spec := range specs {
		for e, err := range p.entries(ctx, spec) {
			if err != nil {
				return nil, shardError(err)
			}
			if sample = append(sample, drawn{e, i}); len(sample) >= 8*n {
				sample = draw.Smallest(sample, n, order)
			}
		}
	}
	shards := make([][]records.Entry, len(specs))
	for _, d := range draw.Smallest(sample, n, order) {
		shards[d.spec] = append(shards[d.spec], d.Entry)
	}
	for _, list := range shards {
		slices.SortFunc(list, func(a, b records.Entry) int { return cmp.Compare(a.Number, b.Number) })
	}
	return shards, nil
}

// entries yields where the images of a shard are: from its index, or from the shard.
func (p *plan) entries(ctx context.Context, spec ShardSpec) iter.Seq2[records.Entry, error] {
	fields := records.Fields{Image: p.options.ImageFeature, Name: p.options.NameFeature, Shape: p.options.Image}
	if m := p.in.manifest; m != nil {
		return records.Indexed(ctx, store.Dir(spec.Name), spec.Shard, len(m.Shards), m.Shards[spec.Shard], fields)
	}
	return records.Entries(ctx, spec.Name, fields)
}

// pieces reads the images of the sample.
func (p *plan) pieces(ctx context.Context, specs []ShardSpec, sample [][]records.Entry) iter.Seq2[piece, error] {
	f := &encodeFn{Options: p.options}
	return func(yield func(piece, error) bool) {
		for i, spec := range specs {
			if len(sample[i]) == 0 {
				continue
			}
			job, err := f.newJob(ctx, spec)
			if err != nil {
				yield(piece{}, err)
				return
			}
			for b, err := range job.picked(ctx, sample[i]) {
				if !yield(piece{job, b}, err) || err != nil {
					return
				}
			}
		}
	}
}

// picked reads some records of the shard as batches of images.
func (j *shardJob) picked(ctx context.Context, entries []records.Entry) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		pull, stop := iter.Pull2(records.Picked(ctx, j.Name, j.fields, entries))
		defer stop()
		j.filled(func() (im records.Image, number, offset int64, err error) {
			im, err, ok := pull()
			if !ok || len(entries) == 0 {
				return im, 0, 0, io.EOF
			}
			e := entries[0]
			entries = entries[1:]
			return im, e.Number, e.Offset, err
		})(yield)
	}
}

// emptyFile returns the bytes of a file of latents without rows.
func (p *plan) emptyFile() (int64, error) {
	var sink preflight.Sink
	w, err := latents.NewWriter(&sink, p.spec)
	if err != nil {
		return 0, err
	}
	err = w.Close()
	return int64(sink), err
}
