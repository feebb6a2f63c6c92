package sharding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// replaces refuses to replace finished shards of other parameters, or of a collection
// that is not a part of this one: what has grown goes on, and so does what lost some images.
// Of other inputs with the same names some shard must stay.
func (c Config) replaces(ctx context.Context, out outdir.Output, p *plan) error {
	if c.Overwrite {
		return nil
	}
	m, ok, err := outdir.ReadManifest[schemas.ShardsManifest](ctx, store.Join(c.Output, schemas.ShardsFile))
	if err != nil || !ok || m.Validate() != nil {
		return err
	}
	differences := out.Differs(c.choices(m.Parameters))
	if len(differences) > 0 {
		return out.Refuse(differences)
	}
	gone, err := p.lost(ctx, c.Output, &m)
	if err != nil {
		return err
	}
	there, ok, err := outdir.ReadManifest[schemas.Collection](ctx, store.Join(c.Output, schemas.CollectionFile))
	if err != nil {
		return err
	}
	if gone.Grown() {
		if gone.Lost > 0 {
			runlog.Log(ctx, "images are gone from the collection", "output", c.Output, "images", gone.Lost)
		}
		if !ok || slices.Equal(there.Inputs, redact.Names(p.found.Inputs)) {
			return nil
		}
		specs, _, err := missing(ctx, c, p)
		if err != nil || len(specs) < p.params.Shards {
			return err
		}
		return out.Refuse([]string{fmt.Sprintf("--input was %s there, and not one shard would stay", strings.Join(there.Inputs, ", "))})
	}
	return out.Refuse([]string{gone.String()})
}

// lost counts the images of finished shards that this collection lacks, and names the
// first.
func (p *plan) lost(ctx context.Context, dir string, m *schemas.ShardsManifest) (gone outdir.Gone, err error) {
	gone.Images = m.Listed
	rejected := map[string]bool{}
	for _, row := range p.found.Rejected {
		rejected[row.Name] = true
	}
	for i := range m.Shards {
		names, err := standingNames(ctx, dir, i, m)
		if err != nil {
			return gone, err
		}
		for _, name := range names {
			entries := p.groups[schemas.ShardOf(name, p.params.Shards)]
			_, there := slices.BinarySearchFunc(entries, name, func(e schemas.ListEntry, name string) int { return cmp.Compare(e.Name, name) })
			if !there && !rejected[name] {
				if gone.Lost++; gone.First == "" {
					gone.First = name
				}
			}
		}
	}
	return gone, nil
}

// standingNames returns the names of the images of a finished shard: those of its name
// list or, where that is gone with the state folder or damaged, those in the shard.
func standingNames(ctx context.Context, dir string, i int, m *schemas.ShardsManifest) (names []string, err error) {
	f, err := store.Open(ctx, store.Join(dir, schemas.StateDir, schemas.ListName(i, len(m.Shards))))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		defer f.Close() // only read
		whole := true
		for e, err := range listing.ReadList(f) {
			if whole = err == nil; !whole {
				break
			}
			names = append(names, e.Name)
		}
		if whole {
			return names, nil
		}
	}
	names = nil
	for e, err := range records.Entries(ctx, store.Join(dir, m.Shards[i].File), records.Fields{}) {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, tfrecord.ErrCorrupt) {
			break // the shard is made again
		}
		if err != nil {
			return nil, err
		}
		names = append(names, e.Name)
	}
	return names, nil
}
