package sharding

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/outdir"
)

// merge checks that no image was lost on the way, and writes errors.jsonl.
func (p *plan) merge(ctx context.Context, parts iter.Seq2[schemas.ShardPart, error]) (*schemas.ShardsManifest, error) {
	m := &schemas.ShardsManifest{
		Format: schemas.ShardsFormat, CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		Image: p.shape, Channels: p.channels.Of, Parameters: p.params, Listed: p.listed(), RejectedByReason: map[string]int64{},
		RejectedAtListing: int64(len(p.found.Rejected)), Rejected: int64(len(p.found.Rejected)),
	}
	rows := slices.Clone(p.found.Rejected)
	for i := range rows {
		rows[i].Detail = listing.InWords(rows[i].Detail, p.found.Root, p.found.Given)
	}
	sums := summed{rows: rows}
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		m.Written += part.Info.Records
		m.Rejected += part.Info.Rejected
		m.Bytes += part.Info.Bytes
		m.Shards = append(m.Shards, part.Info)
		sums.add(part)
	}
	p.seen.summed, rows = sums, sums.rows
	if err := p.leftOut(m); err != nil {
		return nil, err
	}
	if err := p.told(m); err != nil {
		return nil, err
	}
	for _, row := range rows {
		m.RejectedByReason[row.Reason]++
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", p.folder.Dir, err)
	}
	var err error
	if m.ErrorsSHA256, err = outdir.WriteErrors(ctx, p.folder.File(schemas.ErrorsFile), rows); err != nil {
		return nil, err
	}
	collection, _, err := outdir.ReadJSON[schemas.Collection](ctx, p.folder.File(schemas.CollectionFile))
	if err != nil {
		return nil, err
	}
	m.CollectionContentSHA256, err = outdir.SealCollection(collection)
	return m, err
}

// told puts what the parts tell of the images into the manifest.
func (p *plan) told(m *schemas.ShardsManifest) (err error) {
	p.final = p.scaleOf(&p.seen.summed)
	m.FullScale, m.FullScaleFrom, m.Notes, m.SizeRule = p.final.full, p.final.from, p.seen.notes, p.rule()
	m.MicronsPerPixel, m.MicronsFrom, err = p.microns(p.seen.microns)
	return err
}

// leftOut is the error of a collection of which all or most images were rejected.
func (p *plan) leftOut(m *schemas.ShardsManifest) error {
	rows := p.seen.rows
	misfits := misfitsOf(rows, p.fit())
	if !p.sized {
		if err := misfits.refusal(int(m.Listed), p.whose()); err != nil {
			return err
		}
	}
	if m.Written > 0 || len(rows) == 0 {
		return nil
	}
	first := slices.MinFunc(rows, func(a, b schemas.ErrorRow) int { return cmp.Compare(a.Name, b.Name) })
	why := fmt.Sprintf("the first by name, %s: %s", first.Name, first.Detail)
	if lines := misfits.lines(); len(lines) > 0 {
		why = strings.Join(lines, "; ")
	}
	return fmt.Errorf("none of %s was written: %s", words.Plural(len(rows), "image", "images"), why)
}
