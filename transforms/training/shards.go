package training

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/run/progress"
)

// shards is a linear.Source of the images in a folder of shards.
type shards struct {
	folder  *dataset.Folder
	sample  *dataset.Sample      // of the folder; nil: all
	member  func(id string) bool // which of them; nil: all
	skipped []atomic.Int64
}

// newShards makes the source of the images of a sample of a folder, nil for all.
func newShards(f *dataset.Folder, sample *dataset.Sample) *shards {
	return &shards{folder: f, sample: sample, skipped: make([]atomic.Int64, len(f.Shards))}
}

// inputOf returns the input of a model of images of this shape and full scale, or of rows.
func (c Config) inputOf(s schemas.ImageShape, full int) model.Input {
	if c.Table != nil {
		return model.RowInput(s.Width, c.Table.Scaling)
	}
	return model.Input{Height: s.Height, Width: s.Width, Channels: s.Channels, Bits: s.Bits, FullScale: full, Scale: model.ScaleUnit}
}

// sameImages refuses images for validation of other channels, or of another full scale.
func (c Config) sameImages(of, held *dataset.Folder) error {
	if a, b := schemas.NamesOf(of.Channels), schemas.NamesOf(held.Channels); !slices.Equal(a, b) {
		return fmt.Errorf("Config.HeldShards=%s holds images of the channels %q, Config.Shards=%s of %q: make both with the same sharding.Config.Channels", c.HeldShards, b, c.Shards, a)
	}
	if of.Full() != held.Full() && of.Shape == held.Shape {
		return fmt.Errorf("Config.HeldShards=%s has the full scale %d, Config.Shards=%s %d: make both with the same sharding.Config.FullScale", c.HeldShards, held.Full(), c.Shards, of.Full())
	}
	return nil
}

// skips returns the records that were passed over in one pass.
func (s *shards) skips() (n int64) {
	for i := range s.skipped {
		n += s.skipped[i].Load()
	}
	return n
}

// Shards returns the number of shards.
func (s *shards) Shards() int { return len(s.folder.Shards) }

// Images yields the pixels of the usable images of a shard that are members;
// records that hold none are counted as skipped.
func (s *shards) Images(ctx context.Context, shard int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var skipped int64
		defer func() { s.skipped[shard].Store(skipped) }()
		reject := func(schemas.ErrorRow) { skipped++ }
		for im, err := range s.folder.Usable(ctx, shard, s.sample, reject) {
			if err == nil {
				if s.member != nil && !s.member(im.Filename) {
					continue
				}
				progress.Add(Step, 1)
			}
			if !yield(im.Pixels, err) {
				return
			}
		}
	}
}
