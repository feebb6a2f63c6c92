package encoding

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/outdir"
)

// joins makes sure, before anything is encoded, that a metadata table has a row for
// at least one of the images. It reads names up to the first that has one.
func (p *plan) joins(ctx context.Context) error {
	if p.options.MetadataCSV == "" {
		return nil
	}
	meta := p.meta
	if len(meta.rows) == 0 {
		return fmt.Errorf("%s has a header and no rows", p.options.MetadataCSV)
	}
	first := ""
	for name, err := range p.names(ctx) {
		if err != nil {
			return err
		}
		if _, ok := meta.rows[name]; ok {
			return nil
		}
		first = cmp.Or(first, name)
	}
	if first == "" {
		return nil // encoding says what is wrong with the shards
	}
	return fmt.Errorf("%s has no row for any of the images: its %s must hold their file names as in the shards; its first row names %q, an image in the shards is %q",
		p.options.MetadataCSV, meta.key, meta.first, first)
}

// names yields the names of the images: as listed when the shards were made, where
// that is known.
func (p *plan) names(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range p.in.shards {
			for name, err := range p.shardNames(ctx, i) {
				if !yield(name, err) || err != nil {
					return
				}
			}
		}
	}
}

// shardNames yields the names of the images of one shard.
func (p *plan) shardNames(ctx context.Context, i int) iter.Seq2[string, error] {
	if p.in.manifest != nil {
		return listing.Names(ctx, outdir.Folder{Dir: p.in.dir, Parts: len(p.in.shards)}, i, p.named(ctx, i))
	}
	return func(yield func(string, error) bool) {
		for e, err := range p.named(ctx, i) {
			if !yield(e.Name, err) {
				return
			}
		}
	}
}

// unmatched returns the number of rows of the metadata table that are of no image
// that was encoded, and what the first of them by name is.
func (p *plan) unmatched(ctx context.Context, m *schemas.LatentsManifest) (n int64, first string, err error) {
	n = int64(len(p.meta.rows)) - m.Matched
	if n <= 0 {
		return 0, "", nil
	}
	matched := map[string]bool{}
	for _, info := range m.Files {
		if err := eachID(ctx, p.options.Folder.File(info.File), func(id string) {
			if _, ok := p.meta.rows[id]; ok {
				matched[id] = true
			}
		}); err != nil {
			return 0, "", err
		}
	}
	for id := range p.meta.rows {
		if !matched[id] && (first == "" || id < first) {
			first = id
		}
	}
	return int64(len(p.meta.rows) - len(matched)), first, nil
}

// eachID calls f with the ids of a file of latents.
func eachID(ctx context.Context, name string, f func(id string)) error {
	for b, err := range latents.Read(ctx, name, latents.IDs) {
		if err != nil {
			return err
		}
		for _, id := range b.ImageID {
			f(id)
		}
	}
	return nil
}
