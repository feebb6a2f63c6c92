package training

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/progress"
	"exemplar/transforms/records"
	"exemplar/transforms/store"
)

// shards is a linear.Source of the images in a folder of shards.
type shards struct {
	input   model.Input
	sha     string // of the content of the shards, or of what identifies those of another program
	names   []string
	records []int64 // per shard; -1 where it is not known
	quota   []int64 // per shard: images to train on; -1: all
	skipped []atomic.Int64
}

// openShards finds the shards of a folder: those of its manifest or, where there
// is none, all files that end in .tfrecords, as the study wrote them, whose
// image size is that of the first record.
func openShards(ctx context.Context, dir string, limit int64) (*shards, error) {
	s := &shards{}
	m, _, err := engine.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	var shape schemas.ImageShape
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if shape, err = s.list(ctx, dir); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		if err := m.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w: run the shard step again", store.Join(dir, schemas.ShardsFile), err)
		}
		shape = m.Image
		// The content of the shards, not shards.json: that names the input's folder
		// and times, which must not reach the model and its latents.
		if s.sha, err = engine.Fingerprint(m.Image, m.Shards); err != nil {
			return nil, err
		}
		for _, info := range m.Shards {
			s.names = append(s.names, store.Join(dir, info.File))
			s.records = append(s.records, info.Records)
		}
	}
	s.input = model.Input{
		Height: shape.Height, Width: shape.Width, Channels: shape.Channels, Bits: shape.Bits, Scale: model.ScaleUnit,
	}
	s.skipped = make([]atomic.Int64, len(s.names))
	s.setQuotas(limit)
	return s, nil
}

// list finds shards without a manifest.
func (s *shards) list(ctx context.Context, dir string) (schemas.ImageShape, error) {
	var none schemas.ImageShape
	var identity []string
	for o, err := range store.List(ctx, dir, false) {
		if err != nil {
			return none, fmt.Errorf("input folder %s: %w", dir, err)
		}
		base := store.Base(o.Name)
		if base == schemas.CollectionFile {
			return none, fmt.Errorf("%s has no %s: the shard step has not finished there; run it again", dir, schemas.ShardsFile)
		}
		plain := strings.TrimSuffix(base, ".gz")
		if strings.HasPrefix(base, ".") || !strings.HasSuffix(plain, ".tfrecords") && !strings.HasSuffix(plain, ".tfrecord") {
			continue
		}
		s.names, s.records = append(s.names, o.Name), append(s.records, -1)
		identity = append(identity, fmt.Sprintf("%s %d %d %d", base, o.Size, o.ModTime.UnixNano(), o.Generation))
	}
	if len(s.names) == 0 {
		return none, fmt.Errorf("%s holds neither %s nor *.tfrecords: name a folder that pipelines/shard wrote", dir, schemas.ShardsFile)
	}
	var err error
	if s.sha, err = engine.Fingerprint(identity); err != nil {
		return none, err
	}
	for i := range s.names {
		for im, err := range s.read(ctx, i) {
			if err != nil {
				return none, err
			}
			return im.Shape(), nil
		}
	}
	return none, fmt.Errorf("%s: no shard holds an image", dir)
}

// setQuotas spreads the limit evenly over the shards. Which shard an image is in
// is as good as random, so the first images of each are a fair sample.
func (s *shards) setQuotas(limit int64) {
	n := int64(len(s.names))
	for i := range n {
		quota := int64(-1)
		if limit > 0 {
			quota = limit/n + min(1, max(0, limit%n-i))
		}
		s.quota = append(s.quota, quota)
	}
}

// total returns the images that will be read in one pass; 0 where not known.
func (s *shards) total() (n int64) {
	for i, records := range s.records {
		if records < 0 {
			return 0
		}
		if s.quota[i] >= 0 {
			records = min(records, s.quota[i])
		}
		n += records
	}
	return n
}

// skips returns the records that were passed over in one pass.
func (s *shards) skips() (n int64) {
	for i := range s.skipped {
		n += s.skipped[i].Load()
	}
	return n
}

// Shards returns the number of shards.
func (s *shards) Shards() int { return len(s.names) }

// Images yields the pixels of the images of a shard that have the shape of the
// model's input; others are counted as skipped.
func (s *shards) Images(ctx context.Context, shard int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var images, skipped int64
		defer func() { s.skipped[shard].Store(skipped) }()
		if s.quota[shard] == 0 {
			return
		}
		for im, err := range s.read(ctx, shard) {
			var bad *records.BadRecord
			switch {
			case errors.As(err, &bad):
				skipped++
				continue
			case err != nil:
				yield(nil, err)
				return
			case im.Height != s.input.Height || im.Width != s.input.Width || im.Channels != s.input.Channels || im.Bits != s.input.Bits:
				skipped++
				continue
			}
			progress.Add(Step, 1)
			if images++; !yield(im.Pixels, nil) || images == s.quota[shard] {
				return
			}
		}
	}
}

// read yields every record of a shard, unusable ones as *records.BadRecord. A
// shard with fewer records than its manifest says is an error.
func (s *shards) read(ctx context.Context, shard int) iter.Seq2[records.Image, error] {
	return func(yield func(records.Image, error) bool) {
		name := s.names[shard]
		r, err := records.Open(ctx, name, records.Fields{})
		if err != nil {
			yield(records.Image{}, fmt.Errorf("shard %s: %w", name, err))
			return
		}
		defer r.Close()
		for n := int64(0); ; n++ {
			if err := ctx.Err(); err != nil {
				yield(records.Image{}, err)
				return
			}
			im, _, _, err := r.Next()
			if errors.Is(err, io.EOF) {
				if want := s.records[shard]; want >= 0 && n != want {
					yield(records.Image{}, fmt.Errorf("%s: ends after %d records, %s says it has %d: run pipelines/verify on the shards, or make them again", name, n, schemas.ShardsFile, want))
				}
				return
			}
			var bad *records.BadRecord
			if !yield(im, err) || err != nil && !errors.As(err, &bad) {
				return
			}
		}
	}
}
