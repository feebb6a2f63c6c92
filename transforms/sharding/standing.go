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
	"exemplar/transforms/engine"
	"exemplar/transforms/journal"
	"exemplar/transforms/listing"
	"exemplar/transforms/redact"
	"exemplar/transforms/store"
)

// replaces refuses to replace finished shards of other parameters, or of a collection
// that is not a part of this one: what has grown goes on, and so does what lost some images.
// Of other inputs with the same names some shard must stay.
func (c Config) replaces(ctx context.Context, out engine.Output, p *plan) error {
	if c.Overwrite {
		return nil
	}
	m, ok, err := engine.ReadManifest[schemas.ShardsManifest](ctx, store.Join(c.Output, schemas.ShardsFile))
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
	there, ok, err := engine.ReadManifest[schemas.Collection](ctx, store.Join(c.Output, schemas.CollectionFile))
	if err != nil {
		return err
	}
	if gone.Grown() {
		if gone.Lost > 0 {
			journal.Log(ctx, "images are gone from the collection", "output", c.Output, "images", gone.Lost)
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
// first. Without the name lists, in the state folder, it goes by the numbers of images.
func (p *plan) lost(ctx context.Context, dir string, m *schemas.ShardsManifest) (gone engine.Gone, err error) {
	gone.Images = m.Listed
	rejected := map[string]bool{}
	for _, row := range p.found.Rejected {
		rejected[row.Name] = true
	}
	for i := range m.Shards {
		name := store.Join(dir, schemas.StateDir, schemas.ListName(i, len(m.Shards)))
		f, err := store.Open(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			gone.Lost, gone.First = max(0, m.Listed-p.listed()), ""
			return gone, nil
		}
		if err != nil {
			return gone, err
		}
		for e, err := range listing.ReadList(f) {
			if err != nil {
				break // damaged: it is written again
			}
			entries := p.groups[schemas.ShardOf(e.Name, p.params.Shards)]
			_, there := slices.BinarySearchFunc(entries, e.Name, func(e schemas.ListEntry, name string) int { return cmp.Compare(e.Name, name) })
			if !there && !rejected[e.Name] {
				if gone.Lost++; gone.First == "" {
					gone.First = e.Name
				}
			}
		}
		if err := f.Close(); err != nil {
			return gone, err
		}
	}
	return gone, nil
}
