package encoding

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"exemplar/tfrecord"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/unique"
)

// named yields where the images of a shard are that have a name; of a damaged shard up
// to the damage, which encoding names.
func (p *plan) named(ctx context.Context, i int) iter.Seq2[records.Entry, error] {
	return func(yield func(records.Entry, error) bool) {
		for e, err := range p.entries(ctx, p.in.spec(i)) {
			if errors.Is(err, tfrecord.ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
				return
			}
			if err == nil && e.Name == "" {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// everyName yields the names of the images of all shards, as named does.
func (p *plan) everyName(ctx context.Context) iter.Seq2[unique.Place, error] {
	return func(yield func(unique.Place, error) bool) {
		for i, s := range p.in.shards {
			for e, err := range p.named(ctx, i) {
				if !yield(unique.Place{ID: e.Name, File: s.File, Number: e.Number}, err) || err != nil {
					return
				}
			}
		}
	}
}

// patterns counts, for the console, what the groups of a pattern that was given to this
// step find in the names; one that finds nothing at all is refused. The shard step has
// said that of its own.
func (p *plan) patterns(ctx context.Context) (notes []string, err error) {
	return listing.Groups(p.pattern, func(yield func(string, error) bool) {
		for e, err := range p.everyName(ctx) {
			if !yield(e.ID, err) {
				return
			}
		}
	})
}

// twice refuses shards of another program in which an id is there more than once, as the
// end of a run would.
func (p *plan) twice(ctx context.Context) error {
	if p.in.foreign == nil {
		return nil
	}
	return unique.IDs(p.everyName(ctx), "record", ownName)
}

// ownName says what to do about ids that are there twice.
const ownName = "every image needs a name of its own (Config.NameFeature)"
