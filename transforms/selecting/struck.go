package selecting

import (
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// throwOut takes the images of Config.Exclude off the earlier picks, so that others take
// their ranks, and returns those that were among them. In a collection that has grown
// earlier picks have no ranks.
func throwOut(p *schemas.PickParameters) (dropped []string) {
	targets := p.Extend.Targets[:0]
	for _, t := range p.Extend.Targets {
		kept := t
		kept.ImageIDs, kept.SHA256 = []string{}, nil
		for i, id := range t.ImageIDs {
			if _, out := slices.BinarySearch(p.Exclude, id); out {
				dropped = append(dropped, id)
				if t.GroupID != "" {
					kept.Struck = append(kept.Struck, schemas.StruckPick{Rank: i + 1, ImageID: id})
				}
				continue
			}
			kept.ImageIDs = append(kept.ImageIDs, id)
			if len(t.SHA256) > 0 {
				kept.SHA256 = append(kept.SHA256, t.SHA256[i])
			}
		}
		if len(kept.ImageIDs)+len(kept.Struck) > 0 {
			targets = append(targets, kept)
		}
	}
	p.Extend.Targets = targets
	slices.Sort(dropped)
	return slices.Compact(dropped)
}

// fingerprint returns the fingerprint of a selection, and the one that earlier versions gave
// it, "" where that is the same: they did not record the ranks of picks struck out.
func (o *Options) fingerprint(shards string) (now, before string, err error) {
	if now, err = outdir.Fingerprint(schemas.SelectionFormat, o.Latents, shards, o.Parameters); err != nil || o.Parameters.Picking.Extend == nil {
		return now, "", err
	}
	then := *o.Parameters.Picking.Extend
	then.Targets = nil
	for _, t := range o.Parameters.Picking.Extend.Targets {
		if t.Struck = nil; len(t.ImageIDs) > 0 {
			then.Targets = append(then.Targets, t)
		}
	}
	p := o.Parameters
	p.Picking.Extend = &then
	if before, err = outdir.Fingerprint(schemas.SelectionFormat, o.Latents, shards, p); before == now {
		before = ""
	}
	return now, before, err
}

// earlierPicks counts the picks of the earlier selection that are kept, and those whose ranks
// others take.
func (o *Options) earlierPicks() (kept, struck int) {
	if e := o.Parameters.Picking.Extend; e != nil {
		for _, t := range e.Targets {
			kept, struck = kept+len(t.ImageIDs), struck+len(t.Struck)
		}
	}
	return kept, struck
}
