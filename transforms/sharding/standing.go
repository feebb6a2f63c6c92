package sharding

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/runlog"
)

// finished reports whether a manifest stands for this plan: every shard is there with
// its size and is that of its part, no image changed since, and none is missing that
// could not be read: it may be by now, and its size and time say nothing about that.
func (p *plan) finished(ctx context.Context, m *schemas.ShardsManifest) (bool, error) {
	if m.RejectedByReason[schemas.ReasonUnreadable] > 0 {
		return false, nil
	}
	if !p.toldAs(m) {
		return false, nil
	}
	p.final = scale{m.FullScale, m.FullScaleFrom}
	now := m.Fingerprint == p.fingerprint
	if !now {
		if e, err := p.earlier(); err != nil || m.Fingerprint != e.fingerprint {
			return false, err
		}
	}
	var files []outdir.Listed
	for _, s := range m.Shards {
		files = append(files, outdir.Listed{File: s.File, Bytes: s.Bytes})
	}
	var known atomic.Int64 // shards whose part tells of the images' times
	ok, disputed, err := outdir.Stands(ctx, p.folder, files, func(i int, part schemas.ShardPart) bool {
		known.Add(1)
		p.seen.add(part)
		return part.Info == m.Shards[i] && (!now || part.Stamps == p.specs[i].Stamps) // an earlier fingerprint tells
	})
	p.disputed = disputed
	if !ok || err != nil {
		return false, err
	}
	if lost := int64(len(files)) - known.Load(); lost > 0 && now && !p.checksum {
		runlog.Log(ctx, "shards are made again: the state folder, which reports whether images changed, is not there", "output", p.folder.Dir, "shards", lost)
		return false, nil
	}
	return true, nil
}

// toldAs reports whether a manifest says of the pixels what the user does. Where it does not, it is written again,
// and the shards stay.
func (p *plan) toldAs(m *schemas.ShardsManifest) bool {
	full, microns := p.given.FullScale, p.given.MicronsPerPixel
	same := m.FullScaleFrom == schemas.FromGiven && schemas.FullScale(m.FullScale, m.Image.Bits) == full
	return (full == 0 || p.params.BitsMode == "8" || same) && (microns == 0 || microns == m.MicronsPerPixel)
}

// ready reports whether a shard is made from this plan, of images that could all be read.
func (p *plan) ready(s ShardSpec, part schemas.ShardPart) (bool, error) {
	if part.Fingerprint != s.Fingerprint {
		if e, err := p.earlier(); err != nil || part.Fingerprint != e.fingerprints[s.Shard] {
			return false, err
		}
		p.old[s.Shard] = part
	} else if part.Stamps != s.Stamps {
		return false, nil
	}
	if n := p.countedAbove(); n > 0 && (part.Excess == nil || part.Excess.FullScale != n) {
		return false, nil // what exceeds it was not counted
	}
	unread := slices.ContainsFunc(part.Errors, func(row schemas.ErrorRow) bool { return row.Reason == schemas.ReasonUnreadable })
	return !unread && !p.disputed[s.Shard], nil
}

// replaces refuses to replace finished shards of other parameters, or of a collection
// that is not a part of this one: what has grown goes on, and so does what lost some images.
// Of other inputs with the same names some shard must stay.
func (p *plan) replaces(ctx context.Context, m *schemas.ShardsManifest, missing []ShardSpec) error {
	out := p.output()
	if differences := out.Differs(p.choices(m.Parameters)); len(differences) > 0 {
		return out.Refuse(differences)
	}
	gone, err := p.lost(ctx, m)
	if err != nil {
		return err
	}
	there, ok, err := outdir.ReadManifest[schemas.Collection](ctx, p.folder.File(schemas.CollectionFile))
	if err != nil {
		return err
	}
	if !gone.Grown() {
		return out.Refuse([]string{gone.String()})
	}
	if gone.Lost > 0 {
		runlog.Log(ctx, "images are gone from the collection", "output", p.folder.Dir, "images", gone.Lost)
	}
	if !ok || slices.Equal(there.Inputs, redact.Names(p.found.Inputs)) || len(missing) < len(p.specs) {
		return nil
	}
	return out.Refuse([]string{fmt.Sprintf("Config.Listing.Inputs was %s there, and not one shard would stay", strings.Join(there.Inputs, ", "))})
}

// lost counts the images of finished shards that this collection lacks, and names the
// first.
func (p *plan) lost(ctx context.Context, m *schemas.ShardsManifest) (gone outdir.Gone, err error) {
	gone.Images = m.Listed
	rejected := map[string]bool{}
	for _, row := range p.found.Rejected {
		rejected[row.Name] = true
	}
	for i := range m.Shards {
		entries := records.Entries(ctx, p.folder.File(m.Shards[i].File), records.Fields{})
		for name, err := range listing.Names(ctx, outdir.Folder{Dir: p.folder.Dir, Parts: len(m.Shards)}, i, entries) {
			if err != nil {
				return gone, err
			}
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
