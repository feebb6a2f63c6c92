package sharding

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// merge checks that every shard of the plan was made, that no image was lost on
// the way, and writes errors.jsonl and then shards.json.
func merge(ctx context.Context, c Config, p *plan) (*schemas.ShardsManifest, []string, error) {
	m := &schemas.ShardsManifest{
		Format: schemas.ShardsFormat, CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		Image: p.shape, Parameters: p.params, Listed: p.listed(), RejectedByReason: map[string]int64{},
		RejectedAtListing: int64(len(p.found.Rejected)), Rejected: int64(len(p.found.Rejected)),
	}
	rows := slices.Clone(p.found.Rejected)
	for i := range rows {
		rows[i].Detail = listing.InWords(rows[i].Detail, p.found.Root, p.found.Given)
	}
	var top peak
	for i := range p.lists {
		part, ok, err := readPart(ctx, c, p, i)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			return nil, nil, fmt.Errorf("shard %d of %d was not written: run the same command again to continue", i, p.params.Shards)
		}
		m.Written += part.Info.Records
		m.Rejected += part.Info.Rejected
		m.Bytes += part.Info.Bytes
		m.Shards = append(m.Shards, part.Info)
		rows = append(rows, part.Errors...)
		top.add(part)
	}
	if c.Height == 0 {
		if err := misfitsOf(rows, p.fit(c)).refusal(int(m.Listed), p.whose()); err != nil {
			return nil, nil, err
		}
	}
	if m.Written == 0 && len(rows) > 0 {
		return nil, nil, p.nothing(c, rows)
	}
	for _, row := range rows {
		m.RejectedByReason[row.Reason]++
	}
	if err := m.Validate(); err != nil {
		return nil, nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", c.Output, err)
	}
	if err := outdir.WriteErrors(ctx, store.Join(c.Output, schemas.ErrorsFile), rows); err != nil {
		return nil, nil, err
	}
	collection, _, err := outdir.ReadJSON[schemas.Collection](ctx, store.Join(c.Output, schemas.CollectionFile))
	if err != nil {
		return nil, nil, err
	}
	if m.CollectionContentSHA256, err = outdir.SealCollection(collection); err != nil {
		return nil, nil, err
	}
	if m.ErrorsSHA256, err = outdir.FileSHA256(ctx, store.Join(c.Output, schemas.ErrorsFile)); err != nil {
		return nil, nil, err
	}
	return m, p.notes(c, rows, top), c.output().Publish(ctx, m)
}

// nothing is the error of a collection in which every image was rejected.
func (p *plan) nothing(c Config, rows []schemas.ErrorRow) error {
	first := slices.MinFunc(rows, func(a, b schemas.ErrorRow) int { return cmp.Compare(a.Name, b.Name) })
	why := fmt.Sprintf("the first by name, %s: %s", first.Name, first.Detail)
	if lines := misfitsOf(rows, p.fit(c)).lines(); len(lines) > 0 {
		why = strings.Join(lines, "; ")
	}
	return fmt.Errorf("none of %s was written: %s", words.Plural(len(rows), "image", "images"), why)
}
