package verifying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// checkCollection checks collection.json against the manifest, and the
// manifest's fingerprint, which is one of the parameters and of all name lists.
// It returns the sha256 of each name list and the fingerprint of each shard, nil
// where collection.json is not usable.
func (s *shardsCheck) checkCollection(ctx context.Context, atListing []schemas.ErrorRow) (lists, fingerprints []string, err error) {
	m, r := s.m, s.report
	c, data, ok, err := readJSON[schemas.Collection](ctx, s.dir, schemas.CollectionFile, r)
	if err != nil || !ok {
		return nil, nil, err
	}
	if ok, err := outdir.HoldsCollection(m, c, data); err != nil {
		return nil, nil, err
	} else if !ok {
		r.problemf(schemas.CollectionFile, "its sha256 is not that in %s", schemas.ShardsFile)
	}
	switch {
	case c.Format != schemas.CollectionFormat:
		r.problemf(schemas.CollectionFile, "format is %q, this version reads %q", c.Format, schemas.CollectionFormat)
	case !slices.Equal(c.Channels, m.Channels):
		r.problemf(schemas.CollectionFile, "the channels are %v, %s says %v", c.Channels, schemas.ShardsFile, m.Channels)
	case c.Listed != m.Listed:
		r.problemf(schemas.CollectionFile, "%d images listed, %s says %d", c.Listed, schemas.ShardsFile, m.Listed)
	case c.Shards != len(m.Shards) || len(c.ListSHA256) != len(m.Shards):
		r.problemf(schemas.CollectionFile, "%d shards with %d name lists, %s has %d", c.Shards, len(c.ListSHA256), schemas.ShardsFile, len(m.Shards))
		return nil, nil, nil
	}
	for _, sum := range c.ListSHA256 {
		fingerprint, err := listing.ShardFingerprint(m.Parameters, m.Image, m.Channels, sum)
		if err != nil {
			return nil, nil, err
		}
		fingerprints = append(fingerprints, fingerprint)
	}
	slices.SortFunc(atListing, func(a, b schemas.ErrorRow) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
	whole, err := listing.Fingerprint(fingerprints, atListing)
	if err == nil && whole != m.Fingerprint && m.CollectionContentSHA256 == "" { // version 0.1.0
		whole, err = outdir.Fingerprint(fingerprints, atListing)
	}
	if err == nil && whole != m.Fingerprint {
		r.problemf(schemas.ShardsFile, "fingerprint is %s, image shape, parameters, name lists and images rejected at listing give %s", m.Fingerprint, whole)
		fingerprints = nil // those of the shards would differ for the same cause
	}
	return c.ListSHA256, fingerprints, err
}

// checkPart checks what is left of the state of a shard.
func (s *shardsCheck) checkPart(ctx context.Context, i int, fingerprints []string) error {
	name := schemas.PartName("images", i, len(s.m.Shards))
	part, ok, err := readState[schemas.ShardPart](ctx, s.dir, name, s.report)
	if err != nil || !ok {
		return err
	}
	want := schemas.ShardPart{Fingerprint: part.Fingerprint, Shard: i, Info: s.m.Shards[i],
		Listed: s.m.Shards[i].Records + s.m.Shards[i].Rejected, Errors: part.Errors, Stamps: part.Stamps, IndexSHA256: part.IndexSHA256, Brightest: part.Brightest}
	if s.m.Parameters.Align != "" {
		want.Cut = min(max(part.Cut, 0), want.Info.Records)
	}
	plausible(&part, &want)
	s.told.part(&part)
	if fingerprints != nil {
		want.Fingerprint = fingerprints[i]
	}
	file := schemas.StateDir + "/" + name
	if !reflect.DeepEqual(part, want) {
		s.report.problemf(file, "its counts, hash or fingerprint are not those of %s", schemas.ShardsFile)
	}
	slices.SortStableFunc(part.Errors, byName)
	if !slices.Equal(part.Errors, s.errors[i]) {
		s.report.problemf(file, "its rejected images are not those of %s", schemas.ErrorsFile)
	}
	return nil
}

func byName(a, b schemas.ErrorRow) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Detail, b.Detail))
}

// nameList is the name list of a shard on its way beside the records: every name
// in it must be that of a record or of a rejected image.
type nameList struct {
	shard, file string // names of the files
	report      *Report
	rejected    map[string]bool
	next        func() (schemas.ListEntry, error, bool)
	close       func()
}

// openList opens the name list of a shard and checks its sha256. The state
// folder may be removed: without a list there is nothing to compare.
func (s *shardsCheck) openList(ctx context.Context, i int, lists []string) (*nameList, error) {
	name := schemas.ListName(i, len(s.m.Shards))
	l := &nameList{shard: s.m.Shards[i].File, file: schemas.StateDir + "/" + name, report: s.report,
		rejected: map[string]bool{}, close: func() {}}
	path := store.Join(s.dir, l.file)
	has, err := store.Exists(ctx, path)
	if err != nil || !has {
		return l, err
	}
	if lists != nil {
		sum, err := store.FileSHA256(ctx, path)
		if err != nil {
			return l, err
		}
		if sum != lists[i] {
			s.report.problemf(l.file, "sha256 is %s, %s says %s", sum, schemas.CollectionFile, lists[i])
			return l, nil
		}
	}
	in, err := store.Open(ctx, path)
	if err != nil {
		return l, err
	}
	for _, row := range s.errors[i] {
		l.rejected[row.Name] = true
	}
	next, stop := iter.Pull2(listing.ReadList(in))
	l.next, l.close = next, func() { stop(); in.Close() }
	return l, nil
}

// expect takes the next record of the shard.
func (l *nameList) expect(im records.Image, record int64) {
	for l.next != nil {
		e, err, ok := l.next()
		switch {
		case !ok || err == nil && e.Name > im.Filename:
			l.report.problemf(l.shard, "record %d: image %q is not in the name list of the shard", record, im.Filename)
			l.next = nil
			return
		case err != nil:
			l.report.problemf(l.file, "%v", err)
			l.next = nil
		case e.Name == im.Filename:
			if l.rejected[e.Name] {
				l.report.problemf(l.shard, "record %d: image %q is also named in %s", record, e.Name, schemas.ErrorsFile)
			}
			if e.Label != im.Label {
				l.report.problemf(l.shard, "record %d: label of image %q is %q, it was listed with %q", record, e.Name, im.Label, e.Label)
			}
			if !sameTexts(e.Metadata, im.Metadata) {
				l.report.problemf(l.shard, "record %d: metadata of image %q is %q, it was listed with %q", record, e.Name, im.Metadata, e.Metadata)
			}
			return
		default:
			l.missing(e)
		}
	}
}

// sameTexts compares the metadata of a list with that of a record; nil stands for "" in all columns.
func sameTexts(listed, recorded []string) bool {
	return slices.Equal(listed, recorded) || listed == nil && strings.Join(recorded, "") == ""
}

// end takes what was listed behind the last record.
func (l *nameList) end() {
	for l.next != nil {
		e, err, ok := l.next()
		if !ok {
			return
		}
		if err != nil {
			l.report.problemf(l.file, "%v", err)
			return
		}
		l.missing(e)
	}
}

func (l *nameList) missing(e schemas.ListEntry) {
	if !l.rejected[e.Name] {
		l.report.problemf(l.shard, "image %q was listed, but is neither here nor in %s", e.Name, schemas.ErrorsFile)
	}
}

// damaged reports a shard that cannot be read on; a store that fails is an error.
func (s *shardsCheck) damaged(file string, err error) error {
	var corrupt *tfrecord.CorruptError
	if errors.As(err, &corrupt) {
		s.report.problemf(file, "record %d at offset %d: %s", corrupt.Record, corrupt.Offset, reason(corrupt))
		return nil
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		s.report.problemf(file, "cut off: %v", err)
		return nil
	}
	return err
}

func reason(e *tfrecord.CorruptError) string {
	if e.Err == nil || strings.Contains(e.Reason, e.Err.Error()) {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}
