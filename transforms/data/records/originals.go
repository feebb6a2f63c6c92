package records

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/tfrecord"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Place says which record of the shards an image is, and which it must be.
type Place struct {
	ImageID        string
	Shard          int32
	Record, Offset int64
	SHA256         string // of the pixels
}

// PlaceOf returns the place of a pick.
func PlaceOf(p *schemas.Pick) Place {
	return Place{ImageID: p.ImageID, Shard: p.Shard, Record: p.Record, Offset: p.Offset, SHA256: p.SHA256}
}

// shardsAtOnce is the number of shards that are read at the same time.
const shardsAtOnce = 8

// Fetch reads images from the folder of shards, each once, and calls visit for
// each place with its position in places, from several goroutines. Pixels are valid
// until visit returns. An image whose pixels are not those that were encoded is an
// error.
func Fetch(ctx context.Context, dir string, places []Place, visit func(ctx context.Context, i int, im *Image) error) error {
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if err != nil {
		return err
	}
	wanted := map[int32]map[int64][]int{} // shard, record: positions in places
	for i, p := range places {
		if int(p.Shard) >= len(m.Shards) || p.Shard < 0 {
			return fmt.Errorf("image %q is in shard %d, but %s has %d shards: name the shards that were encoded", p.ImageID, p.Shard, dir, len(m.Shards))
		}
		if wanted[p.Shard] == nil {
			wanted[p.Shard] = map[int64][]int{}
		}
		wanted[p.Shard][p.Record] = append(wanted[p.Shard][p.Record], i)
	}
	group, ctx := caught.NewTasks(ctx, shardsAtOnce)
	for shard, rows := range wanted {
		f := &shardFile{name: store.Join(dir, m.Shards[shard].File), fields: Fields{Shape: m.Image}, places: places, visit: visit}
		group.Go(func() error {
			if m.Parameters.Compression == schemas.CompressionGzip {
				return f.scan(ctx, rows)
			}
			return f.seek(ctx, rows)
		})
	}
	return group.Wait()
}

// shardFile fetches images from one shard.
type shardFile struct {
	name   string
	fields Fields
	places []Place
	visit  func(ctx context.Context, i int, im *Image) error
}

// seek reads each wanted record by its offset, in their order.
func (f *shardFile) seek(ctx context.Context, rows map[int64][]int) (err error) {
	r, err := store.OpenAt(ctx, f.name)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, number := range slices.Sorted(maps.Keys(rows)) {
		wanted := rows[number]
		record, err := tfrecord.ReadAt(r, f.places[wanted[0]].Offset, tfrecord.ReaderOptions{File: f.name})
		if err != nil {
			return err
		}
		im, err := Parse(record, f.fields)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := f.deliver(ctx, wanted, &im); err != nil {
			return err
		}
	}
	return nil
}

// scan reads a compressed shard from its beginning to the last wanted record.
func (f *shardFile) scan(ctx context.Context, rows map[int64][]int) error {
	left := len(rows)
	for rec, err := range read(ctx, f.name, f.fields) {
		positions, wanted := rows[rec.Number]
		switch {
		case Fatal(err), err != nil && wanted:
			return err
		case !wanted:
			continue
		}
		if err := f.deliver(ctx, positions, &rec.Image); err != nil {
			return err
		}
		if left--; left == 0 {
			return nil
		}
	}
	return fmt.Errorf("%s ends before the wanted images: it is not the shard that was encoded", f.name)
}

// deliver checks that an image is the one that was encoded, and hands it on for
// every place that names it.
func (f *shardFile) deliver(ctx context.Context, positions []int, im *Image) error {
	sum := outdir.SHA256(im.Pixels)
	for _, i := range positions {
		p := f.places[i]
		if sum != p.SHA256 || im.Filename != p.ImageID {
			return fmt.Errorf("%s: record %d is not the image %q that was encoded: encode the shards again", f.name, p.Record, p.ImageID)
		}
		if err := f.visit(ctx, i, im); err != nil {
			return err
		}
	}
	return nil
}
