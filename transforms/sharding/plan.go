package sharding

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/tfrecord"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/run/step"
)

// recordBytes is about what a record has beside its pixels and twice its name.
const recordBytes = 120

// need returns about how many bytes the given shards will have: of compressed
// ones, which nobody knows beforehand, 0.
func (p *plan) need(specs []ShardSpec) (bytes int64) {
	if p.params.Compression != schemas.CompressionNone {
		return 0
	}
	for _, e := range p.entries(specs) {
		bytes += int64(p.shape.Bytes()) + int64(len(e.Name)) + recordBytes
	}
	return bytes
}

// entries yields the images of shards.
func (p *plan) entries(specs []ShardSpec) iter.Seq2[int, schemas.ListEntry] {
	missing := make(map[int]bool, len(specs))
	for _, s := range specs {
		missing[s.Shard] = true
	}
	return func(yield func(int, schemas.ListEntry) bool) {
		for _, e := range p.found.Entries {
			if shard := schemas.ShardOf(e.Name, p.params.Shards); missing[shard] && !yield(shard, e) {
				return
			}
		}
	}
}

// Plan says what Run would do, from a sample of the images, and refuses what it
// would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, specs, done, err := step.Check(ctx, c.output(), func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, nil, false)
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: p.folder.Dir + " already holds these images."}, nil
	}
	return p.describe(ctx, specs)
}

// describe tries a sample and puts the plan into words.
func (p *plan) describe(ctx context.Context, specs []ShardSpec) (*preflight.Plan, error) {
	var todo, bytes int64
	archives := map[string]bool{} // files of many images
	for _, e := range p.entries(specs) {
		todo++
		if e.Source == "" || !archives[e.Source] {
			archives[e.Source] = true
			bytes += e.Size
		}
	}
	s, err := p.try(ctx, specs, todo)
	if err != nil {
		return nil, err
	}
	text := &preflight.Plan{}
	text.Reading("%s, %s, below %s", words.Plural(todo, "image", "images"), progress.Bytes(bytes), p.found.Root)
	if n := len(p.found.Rejected); n > 0 {
		text.Reading("and rejects %s at once, which cannot be %s to shard", words.Plural(n, "file", "files"), words.Noun(n, "an image", "images"))
	}
	written := int64(float64(s.sink) / float64(max(1, s.time.Items())) * float64(todo))
	resumed := ""
	if n := p.params.Shards - len(specs); n > 0 {
		resumed = fmt.Sprintf(" (%s there already)", words.Plural(n, "other is", "others are"))
	}
	text.Writing("%s%s of %s images, about %s, in %s%s", words.Plural(len(specs), "shard", "shards"), resumed, p.shape, progress.Bytes(written), p.folder.Dir, preflight.Free(p.folder.Dir))
	text.Tried("%s, drawn by the hash of %s, in %s: %s/s", words.Plural(s.time.Items(), "image", "images"), words.Noun(s.time.Items(), "its name", "their names"), preflight.Duration(s.time.Elapsed()), progress.Count(int64(s.time.PerSecond())))
	text.Tried("%s", s.rejects())
	p.seen.summed, p.final = s.summed, p.scaleOf(&s.summed)
	for _, line := range p.notes() {
		text.Note("%s", line)
	}
	text.Time = preflight.Startup().Plus(s.time.For(todo)).Plus(preflight.Writing(p.folder.Dir, written, len(specs)))
	text.Memory = runlog.PeakMemory() + sinkBytes
	return text, nil
}

// sinkBytes is what the engine and the writers take beside what a sample does.
const sinkBytes = 24 << 20

// trial is what came of a sample.
type trial struct {
	time     preflight.Timing
	sink     preflight.Sink // of its records
	rejected map[string]int64
	summed
}

// rejects says how many images of the sample were rejected, and what that means.
func (s *trial) rejects() string {
	var n int64
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(s.rejected)) {
		n += s.rejected[reason]
		reasons = append(reasons, fmt.Sprintf("%s: %d", strings.ReplaceAll(reason, "_", " "), s.rejected[reason]))
	}
	if n == 0 {
		return "none of them would be rejected"
	}
	share := float64(n) / float64(s.time.Items())
	off := 2 * math.Sqrt(share*(1-share)/float64(s.time.Items()))
	return fmt.Sprintf("%d of them would be rejected (%s), so %.1f ± %.1f %% of all", n, strings.Join(reasons, ", "), 100*share, 100*off)
}

// tryAtOnce is the number of images of a part of a sample.
const tryAtOnce = 32

// try reads, decodes and encodes a sample of the images, drawn by a hash of their
// names, and throws the records away.
func (p *plan) try(ctx context.Context, specs []ShardSpec, todo int64) (*trial, error) {
	s := &trial{rejected: map[string]int64{}}
	drawn := p.draw(specs, todo)
	began := time.Now()
	for part := range slices.Chunk(drawn, tryAtOnce) {
		if err := s.part(ctx, p, part); err != nil {
			return nil, err
		}
		if time.Since(began) > preflight.SampleTime {
			break
		}
	}
	return s, nil
}

// draw returns about SampleSize of the images, in order of their names.
func (p *plan) draw(specs []ShardSpec, todo int64) (drawn []schemas.ListEntry) {
	share := float64(preflight.SampleSize(todo)) / float64(max(1, todo))
	for _, e := range p.entries(specs) {
		if share >= 1 || float64(nameHash(e.Name)) < share*(1<<32) {
			drawn = append(drawn, e)
		}
	}
	return drawn
}

// part converts some images as a shard of them would be made.
func (s *trial) part(ctx context.Context, p *plan, entries []schemas.ListEntry) error {
	began := time.Now()
	conv, err := p.converter()
	if err != nil {
		return err
	}
	w := tfrecord.NewWriter(io.MultiWriter(sha256.New(), &s.sink), tfrecord.WriterOptions{Gzip: p.params.Compression == schemas.CompressionGzip})
	for result, err := range parallel.Map(ctx, conv.sources(ctx, seq.Of(entries)), lookAhead(p.found.Root, p.found.Account.Joined), conv.convert) {
		if err != nil {
			return err
		}
		if result.reject != nil {
			s.rejected[result.reject.Reason]++
			s.rows = append(s.rows, *result.reject)
		} else if _, err := w.Write(result.record); err != nil {
			return err
		} else {
			part := schemas.ShardPart{Excess: conv.excess()}
			result.count(&part)
			s.add(part)
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	s.time.Add(int64(len(entries)), time.Since(began))
	return nil
}
