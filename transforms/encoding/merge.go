package encoding

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/keyed"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/run/outdir"
)

// merge checks that no image was lost on the way, and writes _errors.jsonl.
func (p *plan) merge(ctx context.Context, parts iter.Seq2[schemas.LatentsPart, error]) (*schemas.LatentsManifest, error) {
	m := &schemas.LatentsManifest{
		Format: p.spec.FileFormat(), CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		Shards: p.in.sha, Spec: p.spec,
		Trained: p.learned, ModelChannels: schemas.NamesOf(p.modelNames), ChannelsBy: p.channelsBy(),
		MetadataPattern: p.options.MetadataPattern, MetadataCSV: p.options.MetadataSHA256, MetadataRecords: p.options.ListMetadata,
		Align:        p.in.align(),
		ImageFeature: p.options.ImageFeature, NameFeature: p.options.NameFeature,
	}
	var rows []schemas.ErrorRow
	var failures []string
	var sums []schemas.ErrorSums
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		if part.Failure != "" {
			failures = append(failures, part.Failure)
			continue
		}
		m.Records += part.Records
		m.Rows += part.Info.Rows
		m.Rejected += part.Info.Rejected
		if p.in.foreign != nil && part.Records == 0 { // one of the shard step may be without, too
			p.result.Empty++
		}
		m.Bytes += part.Info.Bytes
		m.Files = append(m.Files, part.Info)
		m.Matched += part.Matched
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
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", p.options.Folder.Dir, err)
	}
	return m, p.conclude(ctx, m, rows)
}

// conclude writes _errors.jsonl, refuses what cannot have been meant, and looks for rows
// of the metadata table without an image.
func (p *plan) conclude(ctx context.Context, m *schemas.LatentsManifest, rows []schemas.ErrorRow) (err error) {
	if m.ErrorsSHA256, err = outdir.WriteErrors(ctx, p.options.Folder.File(schemas.LatentsErrorsFile), rows); err != nil {
		return err
	}
	if err := p.plausible(m, rows); err != nil {
		return err
	}
	if p.in.foreign != nil { // those of the step before are sorted by name
		if err := unique.Check(ctx, p.options.Folder.Dir, m, "record", ownName); err != nil {
			return err
		}
	}
	p.result.Matched = m.Matched
	p.result.Unmatched, p.result.FirstUnmatched, err = p.unmatched(ctx, m)
	return err
}

// shardFailures is the error of a run with damaged shards: the first in full.
func shardFailures(failures []string, shards int) error {
	head := failures[0]
	if len(failures) > 1 {
		head = fmt.Sprintf("%d shards are damaged, the first: %s", len(failures), head)
	}
	return fmt.Errorf("%s (encoded and kept: %d of %d shards; remove the damaged, make them again with exemplar shard, then run the same command)",
		head, shards-len(failures), shards)
}

// plausible refuses a result that no user can have meant: no image encoded, or
// a metadata table of other images.
func (p *plan) plausible(m *schemas.LatentsManifest, rows []schemas.ErrorRow) error {
	switch {
	case m.Rows > 0 && p.options.MetadataCSV != "" && m.Matched == 0:
		return fmt.Errorf("%s has no row for any of the %s: its %s must hold their file names as in the shards",
			p.options.MetadataCSV, words.Plural(m.Rows, "image", "images"), keyed.Columns[0]) // where only rejected images had one
	case m.Rows > 0:
		return nil
	case m.Records == 0:
		return errors.New("the shards in " + p.in.dir + " hold no images")
	default:
		return fmt.Errorf("none of the %s in %s could be encoded; the first: %s: %s%s",
			words.Plural(m.Records, "image", "images"), p.in.dir, rows[0].Name, rows[0].Detail, p.options.remedy(rows[0]))
	}
}

// remedy says what to do about a model that gives numbers that are not finite; "" where
// another reason rejected the image.
func (o Options) remedy(row schemas.ErrorRow) string {
	if row.Reason != schemas.ReasonNotFinite {
		return ""
	}
	also := ""
	if o.Reconstruct {
		also = "; without Config.Reconstruct its decoder is not needed"
	}
	return fmt.Sprintf("; choose another Config.Model than %s, or train it again, with a smaller learning rate%s", o.Model, also)
}
