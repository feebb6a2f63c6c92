package encoding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/latents"
	"exemplar/transforms/listing"
	"exemplar/transforms/store"
)

// joins makes sure, before anything is encoded, that a metadata table has a row for
// at least one of the images. It reads names up to the first that has one.
func (in *input) joins(ctx context.Context, c Config, meta *metadata) error {
	if c.MetadataCSV == "" {
		return nil
	}
	if len(meta.rows) == 0 {
		return fmt.Errorf("%s has a header and no rows", c.MetadataCSV)
	}
	first := ""
	for name, err := range in.names(ctx, c) {
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
		c.MetadataCSV, meta.key, meta.first, first)
}

// names yields the names of the images: as listed when the shards were made, where
// that is known.
func (in *input) names(ctx context.Context, c Config) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i, s := range in.shards {
			names := recordNames(ctx, s.Name, cmp.Or(c.NameFeature, schemas.FeatureFilename))
			if in.manifest != nil {
				list := store.Join(c.Shards, schemas.StateDir, schemas.ListName(i, len(in.shards)))
				if listed, err := openList(ctx, list); err != nil {
					yield("", err)
					return
				} else if listed != nil {
					defer listed.Close() // only read
					names = listedNames(listed)
				}
			}
			for name, err := range names {
				if !yield(name, err) {
					return
				}
			}
		}
	}
}

// openList opens a name list; nil where it is not there.
func openList(ctx context.Context, name string) (io.ReadCloser, error) {
	in, err := store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return in, err
}

// listedNames yields the names of a list, up to where it is damaged.
func listedNames(in io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for entry, err := range listing.ReadList(in) {
			if errors.Is(err, listing.ErrList) {
				return
			}
			if !yield(entry.Name, err) || err != nil {
				return
			}
		}
	}
}

// recordNames yields the names in a shard, without its images, up to where it is
// damaged: encoding says so.
func recordNames(ctx context.Context, shard, feature string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		file, err := store.Open(ctx, shard)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				yield("", err)
			}
			return
		}
		defer file.Close() // only read
		in, err := tfrecord.NewReader(file, tfrecord.ReaderOptions{File: shard})
		if err != nil {
			return
		}
		var e tfrecord.Example
		for {
			record, err := in.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, tfrecord.ErrCorrupt) {
					yield("", err)
				}
				return
			}
			if e.Parse(record) != nil {
				continue
			}
			if name, ok := e.Bytes(feature); ok && !yield(string(name), nil) {
				return
			}
		}
	}
}

// unmatched returns the number of rows of the metadata table that are of no image
// that was encoded, and what the first of them by name is.
func (p *plan) unmatched(ctx context.Context, c Config, r *Result) (n int64, first string, err error) {
	n = int64(len(p.meta.rows)) - r.Matched
	if n <= 0 {
		return 0, "", nil
	}
	matched := map[string]bool{}
	for _, info := range r.Manifest.Files {
		if err := eachID(ctx, store.Join(c.Output, info.File), func(id string) {
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
	return eachBatch(ctx, name, latents.IDs, func(b *latents.Batch) {
		for _, id := range b.ImageID {
			f(id)
		}
	})
}

// eachBatch calls f with columns of a file of latents.
func eachBatch(ctx context.Context, name string, columns latents.Columns, f func(b *latents.Batch)) error {
	in, err := store.OpenAt(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	file, err := latents.Open(in, in.Size(), name)
	if err != nil {
		return err
	}
	for b, err := range file.Batches(columns) {
		if err != nil {
			return err
		}
		f(b)
	}
	return nil
}
