package sharding

import (
	"context"
	"io"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// earlier is what version 0.1.0 would have decided: its name lists held the
// modification times and generations of the images, and so its fingerprints, and
// all manifests downstream, depended on them. Its folders stay what they are, and a
// folder that grows takes the present form: the shards that stand stay, only their
// lists and parts are written again.
type earlier struct {
	fingerprints []string // of each shard
	fingerprint  string   // of the whole output
}

// earlier computes these fingerprints once: most runs need none.
func (p *plan) earlier() (*earlier, error) {
	if p.v0 != nil {
		return p.v0, nil
	}
	e := &earlier{}
	var err error
	e.fingerprints, err = p.fingerprints(func(w io.Writer, entries []schemas.ListEntry) error {
		return listing.WriteListV0(w, p.found.Root, entries)
	}, func([]byte) {})
	if err != nil {
		return nil, err
	}
	if e.fingerprint, err = outdir.Fingerprint(e.fingerprints, p.found.Rejected); err != nil {
		return nil, err
	}
	p.v0 = e
	return e, nil
}

// renew writes the lists and parts of shards of version 0.1.0 that stay as this
// version does. A run that ends in between leaves parts of either kind, which are
// both known.
func (p *plan) renew(ctx context.Context) error {
	for i, part := range p.old {
		if err := store.WriteFile(ctx, p.folder.List(i), p.lists[i]); err != nil {
			return err
		}
		part.Fingerprint, part.Stamps = p.specs[i].Fingerprint, p.specs[i].Stamps
		if err := outdir.WriteJSON(ctx, p.folder.Part(i), part); err != nil {
			return err
		}
	}
	return nil
}
