package verifying

import (
	"context"
	"errors"
	"io"
	"maps"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// Step names the progress counter of a check.
const Step = "verify"

// shardsCheck is the check of one folder of TFRecord shards.
type shardsCheck struct {
	dir    string
	m      *schemas.ShardsManifest
	errors [][]schemas.ErrorRow // by shard: the rows of errors.jsonl that reached one
	report *Report
	told   told
}

// checkShards checks a folder of TFRecord shards: the manifest's sums and
// fingerprint, each file's size and sha256, the checksums of every record, the
// shape, order and shard of every image, and that every listed image is either
// in its shard or in errors.jsonl; and the indexes of shards that are there.
func checkShards(ctx context.Context, c Config, r *Report) error {
	m, _, ok, err := readJSON[schemas.ShardsManifest](ctx, c.Input, schemas.ShardsFile, r)
	if err != nil || !ok {
		return err
	}
	s := &shardsCheck{dir: c.Input, m: &m, errors: make([][]schemas.ErrorRow, len(m.Shards)), report: r}
	atListing, err := s.checkErrors(ctx)
	if err != nil {
		return err
	}
	lists, fingerprints, err := s.checkCollection(ctx, atListing)
	if err != nil {
		return err
	}
	meter := progress.Start(Step, m.Written, "images")
	defer meter.Stop()
	err = forEach(ctx, len(m.Shards), func(ctx context.Context, i int) error {
		if err := s.checkPart(ctx, i, fingerprints); err != nil {
			return err
		}
		return s.checkShard(ctx, i, lists)
	})
	if err != nil {
		return err
	}
	s.checkTold()
	if err := checkStrayIndexes(ctx, c.Input, &m, r); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, info := range m.Shards {
		names[info.File] = true
	}
	err = checkStrays(ctx, c.Input, schemas.ShardsFile, func(name string) bool { return names[name] }, r,
		".tfrecord", ".tfrecords", ".tfrecord.gz", ".tfrecords.gz")
	if err != nil {
		return err
	}
	r.checkedf("%s with %s of %s: sizes, sha256, record checksums, image shapes, order and md5 placement",
		words.Plural(len(m.Shards), "shard", "shards"), words.Plural(m.Written, "image", "images"), m.Image)
	r.checkedf("%s listed = %s written + %s rejected, each rejected image named in %s; fingerprint",
		progress.Count(m.Listed), progress.Count(m.Written), progress.Count(m.Rejected), schemas.ErrorsFile)
	if m.Parameters.Align != "" {
		r.uncheckedf("whether objects lie along the axis that align=%s found: the pixels were interpolated since", m.Parameters.Align)
	}
	r.uncheckedf("the source images, which are not at hand, and what is told of them and of the run: inputs and root in %s, code_version, %s, times, largest values and what else files tell of their pixels in %s",
		schemas.CollectionFile, schemas.RunFile, schemas.StateDir)
	return nil
}

// checkErrors compares errors.jsonl with the counts of the manifest and returns
// the rows that never reached a shard.
func (s *shardsCheck) checkErrors(ctx context.Context) (atListing []schemas.ErrorRow, err error) {
	rows, err := readErrors(ctx, s.dir, schemas.ErrorsFile, s.m.ErrorsSHA256, schemas.ShardsFile, s.m.Rejected, s.report)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, row := range rows {
		counts[row.Reason]++
		if row.Stage == schemas.StageList {
			atListing = append(atListing, row)
			continue
		}
		i := schemas.ShardOf(row.Name, len(s.m.Shards))
		s.errors[i] = append(s.errors[i], row)
	}
	if !maps.Equal(counts, s.m.RejectedByReason) {
		s.report.problemf(schemas.ShardsFile, "rejected by reason is %v, %s gives %v", s.m.RejectedByReason, schemas.ErrorsFile, counts)
	}
	if got := int64(len(atListing)); got != s.m.RejectedAtListing {
		s.report.problemf(schemas.ShardsFile, "%d rejected at listing, %s names %d", s.m.RejectedAtListing, schemas.ErrorsFile, got)
	}
	for i, info := range s.m.Shards {
		if got := int64(len(s.errors[i])); got != info.Rejected {
			s.report.problemf(schemas.ShardsFile, "%d images of %s rejected, %s names %d", info.Rejected, info.File, schemas.ErrorsFile, got)
		}
	}
	return atListing, nil
}

// checkShard reads one shard from end to end.
func (s *shardsCheck) checkShard(ctx context.Context, i int, lists []string) error {
	info, r := s.m.Shards[i], s.report
	if ok, err := checkFile(ctx, s.dir, info.File, info.Bytes, info.SHA256, schemas.ShardsFile, r); err != nil || !ok {
		return err
	}
	names, err := s.openList(ctx, i, lists)
	if err != nil {
		return err
	}
	defer names.close()
	in, err := records.Open(ctx, store.Join(s.dir, info.File), records.Fields{Metadata: s.m.ListMetadata()})
	if err != nil {
		return s.damaged(info.File, err)
	}
	defer in.Close()

	if in.Gzip() != (s.m.Parameters.Compression == schemas.CompressionGzip) {
		r.problemf(info.File, "compression is not %s", s.m.Parameters.Compression)
	}
	index, err := openIndex(ctx, s.dir, "", s.m, i, r)
	if err != nil {
		return err
	}
	whole := false
	defer func() { index.check(whole) }()
	previous, count := "", int64(0)
	for ; ; count++ {
		im, record, _, err := in.Next()
		var bad *records.BadRecord
		switch {
		case err == io.EOF:
			if count != info.Records {
				r.problemf(info.File, "%d records, %s says %d", count, schemas.ShardsFile, info.Records)
			}
			whole = true
			names.end()
			return nil
		case errors.As(err, &bad):
			index.take(bad.Filename, in.Length())
			r.problemf(info.File, "record %d: image %q: %s", record, bad.Filename, bad.Detail)
			continue
		case err != nil:
			return s.damaged(info.File, err)
		}
		index.take(im.Filename, in.Length())
		s.checkImage(im, record, previous, i)
		s.told.record(&im)
		names.expect(im, record)
		s.checkTurn(info.File, record, im)
		previous = im.Filename
		progress.Add(Step, 1)
	}
}

// checkImage checks one record against the manifest and its place.
func (s *shardsCheck) checkImage(im records.Image, record int64, previous string, shard int) {
	file, r := s.m.Shards[shard].File, s.report
	if got := im.Shape(); got != s.m.Image {
		r.problemf(file, "record %d: image %q is %s, the collection is %s", record, im.Filename, got, s.m.Image)
	}
	if want := schemas.ShardOf(im.Filename, len(s.m.Shards)); want != shard {
		r.problemf(file, "record %d: image %q belongs to shard %d by its md5", record, im.Filename, want)
	}
	if im.Filename <= previous {
		r.problemf(file, "record %d: image %q comes after %q: not sorted by name", record, im.Filename, previous)
	}
}
