package encoding

import (
	"context"
	"errors"
	"fmt"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// merge checks that every shard was encoded and no image was lost on the way,
// and writes _errors.jsonl and then _latents.json.
func merge(ctx context.Context, c Config, p *plan, made int) (*Result, error) {
	r := &Result{Made: made, Manifest: &schemas.LatentsManifest{
		Format: schemas.LatentsFormat, CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		Shards: p.in.sha, Spec: p.spec,
		Trained:         p.learnt,
		MetadataPattern: p.options.MetadataPattern, MetadataCSV: p.options.MetadataSHA256,
		ImageFeature: p.options.ImageFeature, NameFeature: p.options.NameFeature,
	}}
	m := r.Manifest
	var rows []schemas.ErrorRow
	var failures []string
	var sums []schemas.ErrorSums
	for i, s := range p.in.shards {
		part, ok, err := readPart(ctx, c, p, i)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, fmt.Errorf("shard %s was not encoded: run the same command again to continue", s.File)
		case part.Failure != "":
			failures = append(failures, part.Failure)
			continue
		}
		m.Records += part.Records
		m.Rows += part.Info.Rows
		m.Rejected += part.Info.Rejected
		if p.in.foreign != nil && part.Records == 0 { // one of the shard step may be without, too
			r.Empty++
		}
		m.Bytes += part.Info.Bytes
		m.Files = append(m.Files, part.Info)
		r.Matched += part.Matched
		rows = append(rows, part.Errors...)
		if part.Reconstructed != nil {
			sums = append(sums, *part.Reconstructed)
		}
	}
	if len(sums) == len(p.in.shards) { // files of an earlier version may be without
		m.Reconstructed = schemas.JoinErrors(sums)
	}
	if len(failures) > 0 {
		return nil, shardFailures(failures, len(p.in.shards))
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", c.Output, err)
	}
	var err error
	if m.ErrorsSHA256, err = outdir.WriteErrors(ctx, store.Join(c.Output, schemas.LatentsErrorsFile), rows); err != nil {
		return nil, err
	}
	if err := plausible(c, r, rows); err != nil {
		return nil, err
	}
	m.Matched = r.Matched
	if p.in.foreign != nil { // those of the step before are sorted by name
		if err = unique.Check(ctx, c.Output, m, "record", ownName); err != nil {
			return nil, err
		}
	}
	if r.Unmatched, r.FirstUnmatched, err = p.unmatched(ctx, c, r); err != nil {
		return nil, err
	}
	return r, c.output().Publish(ctx, m)
}

// shardFailures is the error of a run with damaged shards: the first in full.
func shardFailures(failures []string, shards int) error {
	head := failures[0]
	if len(failures) > 1 {
		head = fmt.Sprintf("%d shards are damaged, the first: %s", len(failures), head)
	}
	return fmt.Errorf("%s (encoded and kept: %d of %d shards; remove the damaged, make them again with pipelines/shard, then run the same command)",
		head, shards-len(failures), shards)
}

// plausible refuses a result that no user can have meant: no image encoded, or
// a metadata table of other images.
func plausible(c Config, r *Result, rows []schemas.ErrorRow) error {
	m := r.Manifest
	switch {
	case m.Rows > 0 && c.MetadataCSV != "" && r.Matched == 0:
		return fmt.Errorf("%s has no row for any of the %s: its %s must hold their file names as in the shards",
			c.MetadataCSV, words.Plural(m.Rows, "image", "images"), keyColumns[0]) // where only rejected images had one
	case m.Rows > 0:
		return nil
	case m.Records == 0:
		return errors.New("the shards in " + c.Shards + " hold no images")
	default:
		return fmt.Errorf("none of the %s in %s could be encoded; the first: %s: %s",
			words.Plural(m.Records, "image", "images"), c.Shards, rows[0].Name, rows[0].Detail)
	}
}
