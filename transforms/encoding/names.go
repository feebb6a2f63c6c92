package encoding

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"regexp"

	"exemplar/schemas/words"
	"exemplar/tfrecord"
	"exemplar/transforms/listing"
	"exemplar/transforms/records"
	"exemplar/transforms/unique"
)

// named yields where the images of a shard are that have a name; of a damaged shard up
// to the damage, which encoding names.
func (p *plan) named(ctx context.Context, i int) iter.Seq2[records.Entry, error] {
	return func(yield func(records.Entry, error) bool) {
		s := p.in.shards[i]
		for e, err := range p.entries(ctx, ShardSpec{Shard: i, Name: s.Name, File: s.File, Records: s.Records}) {
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
func (p *plan) patterns(ctx context.Context, c Config) (notes []string, err error) {
	if c.MetadataPattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(c.MetadataPattern)
	if err != nil {
		return nil, err
	}
	columns, any, n, first := groupColumns(re), false, 0, ""
	values := make([]listing.Values, len(columns))
	for e, err := range p.everyName(ctx) {
		if err != nil {
			return nil, err
		}
		if n++; n == 1 {
			first = e.ID
		}
		found := re.FindStringSubmatch(e.ID)
		for k, g := range columns {
			value := ""
			if found != nil {
				value = found[g.index]
			}
			values[k].Add(value)
			any = any || value != ""
		}
	}
	if !any && n > 0 {
		return nil, fmt.Errorf("--metadata_pattern=%s finds nothing in any of the %s, e.g. in %q", c.MetadataPattern, words.Plural(n, "name", "names"), first)
	}
	for k, g := range columns {
		values[k].What = g.column
		notes = append(notes, values[k].String())
	}
	return notes, nil
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
const ownName = "every image needs a name of its own (--name_feature)"
