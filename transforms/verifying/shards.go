package verifying

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/listing"
	"exemplar/transforms/parallel"
	"exemplar/transforms/progress"
	"exemplar/transforms/records"
	"exemplar/transforms/store"
)

// Step names the progress counter of a check.
const Step = "verify"

// checkShards checks a folder of TFRecord shards: the manifest's sums, each
// file's size and sha256, the checksums of every record, the shape, order and
// shard of every image, and that errors.jsonl names what is missing.
func checkShards(ctx context.Context, c Config, r *Report) error {
	m, ok := readManifest[schemas.ShardsManifest](ctx, c.Input, schemas.ShardsFile, r)
	if !ok {
		return nil
	}
	if err := m.Validate(); err != nil {
		r.problemf("%s: %v", schemas.ShardsFile, err)
		return nil
	}
	meter := progress.Start(Step, m.Written, "images")
	defer meter.Stop()
	check := func(ctx context.Context, i int) error { return checkShard(ctx, c, &m, i, r) }
	if err := forEach(ctx, len(m.Shards), check); err != nil {
		return err
	}
	if err := checkErrors(ctx, c.Input, schemas.ErrorsFile, m.Rejected, m.RejectedByReason, r); err != nil {
		return err
	}
	r.checkedf("%d shards with %s images of %s: sizes, sha256, record checksums, image shapes, order and md5 placement",
		len(m.Shards), progress.Count(m.Written), m.Image)
	r.checkedf("%s listed = %s written + %s rejected, each rejected image named in %s",
		progress.Count(m.Listed), progress.Count(m.Written), progress.Count(m.Rejected), schemas.ErrorsFile)
	return nil
}

// checkShard reads one shard from end to end.
func checkShard(ctx context.Context, c Config, m *schemas.ShardsManifest, i int, r *Report) error {
	info := m.Shards[i]
	name := store.Join(c.Input, info.File)
	if ok, err := checkFile(ctx, c.Input, info.File, info.Bytes, info.SHA256, r); err != nil || !ok {
		return err
	}
	in, err := records.Open(ctx, name, records.Fields{})
	if err != nil {
		return err
	}
	defer in.Close()

	listed, closeList, err := listedNames(ctx, c.Input, m, i)
	if err != nil {
		return err
	}
	defer closeList()
	previous, count := "", int64(0)
	for ; ; count++ {
		im, record, _, err := in.Next()
		var bad *records.BadRecord
		switch {
		case err == io.EOF:
			if count != info.Records {
				r.problemf("%s: %d records, %s says %d", info.File, count, schemas.ShardsFile, info.Records)
			}
			return nil
		case errors.As(err, &bad):
			r.problemf("%v", err)
			continue
		case err != nil:
			r.problemf("%v", err)
			return nil
		}
		checkImage(im, record, previous, m, i, r)
		if !listed(im.Filename) {
			r.problemf("%s: record %d: image %q is not in the name list of the shard", info.File, record, im.Filename)
		}
		previous = im.Filename
		progress.Add(Step, 1)
	}
}

// checkImage checks one record against the manifest and its place.
func checkImage(im records.Image, record int64, previous string, m *schemas.ShardsManifest, shard int, r *Report) {
	file := m.Shards[shard].File
	if got := (schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}); got != m.Image {
		r.problemf("%s: record %d: image %q is %s, the collection is %s", file, record, im.Filename, got, m.Image)
	}
	if want := schemas.ShardOf(im.Filename, len(m.Shards)); want != shard {
		r.problemf("%s: record %d: image %q belongs to shard %d by its md5", file, record, im.Filename, want)
	}
	if im.Filename <= previous {
		r.problemf("%s: record %d: image %q comes after %q: not sorted by name", file, record, im.Filename, previous)
	}
}

// listedNames returns a function that tells, for names in ascending order,
// whether each is in the shard's name list. Without the list (the state folder
// may be removed) every name is.
func listedNames(ctx context.Context, dir string, m *schemas.ShardsManifest, shard int) (func(string) bool, func(), error) {
	path := store.Join(dir, schemas.StateDir, schemas.ListName(shard, len(m.Shards)))
	has, err := exists(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	if !has {
		return func(string) bool { return true }, func() {}, nil
	}
	list, err := store.Open(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	next, stop := iter.Pull2(listing.ReadList(list))
	contains := func(name string) bool {
		for {
			e, err, ok := next()
			if !ok || err != nil || e.Name > name {
				return false
			}
			if e.Name == name {
				return true
			}
		}
	}
	return contains, func() { stop(); list.Close() }, nil
}

// readManifest reads the manifest of a folder; damage is a problem.
func readManifest[T any](ctx context.Context, dir, file string, r *Report) (T, bool) {
	m, _, err := engine.ReadJSON[T](ctx, store.Join(dir, file))
	if err != nil {
		r.problemf("%v", err)
		return m, false
	}
	return m, true
}

// checkFile compares a file's size and sha256 with a manifest. ok is false where
// the file is missing, so that there is nothing more to check.
func checkFile(ctx context.Context, dir, file string, size int64, sum string, r *Report) (ok bool, err error) {
	name := store.Join(dir, file)
	has, err := exists(ctx, name)
	if err != nil {
		return false, err
	}
	if !has {
		r.problemf("%s: the file is missing", file)
		return false, nil
	}
	in, err := store.Open(ctx, name)
	if err != nil {
		return false, err
	}
	defer in.Close()
	h := sha256.New()
	n, err := io.Copy(h, in)
	if err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	if n != size {
		r.problemf("%s: %d bytes, the manifest says %d", file, n, size)
	} else if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		r.problemf("%s: sha256 is %s, the manifest says %s", file, got, sum)
	}
	return true, nil
}

// checkErrors compares the file of rejected images with the counts of a manifest.
func checkErrors(ctx context.Context, dir, file string, rejected int64, byReason map[string]int64, r *Report) error {
	data, err := store.ReadFile(ctx, store.Join(dir, file))
	if err != nil {
		r.problemf("%s: %v", file, err)
		return nil
	}
	counts := map[string]int64{}
	rows := int64(0)
	for line := range strings.Lines(string(data)) {
		rows++
		var row schemas.ErrorRow
		if err := json.Unmarshal([]byte(line), &row); err != nil || row.Name == "" || row.Reason == "" {
			r.problemf("%s: line %d is no error row", file, rows)
			continue
		}
		counts[row.Reason]++
	}
	if rows != rejected {
		r.problemf("%s: %d lines, the manifest says %d rejected", file, rows, rejected)
	}
	for reason, want := range byReason {
		if counts[reason] != want {
			r.problemf("%s: %d images rejected as %s, the manifest says %d", file, counts[reason], reason, want)
		}
	}
	return nil
}

// forEach calls check for 0 to n-1, several at a time, and returns the first
// error.
func forEach(ctx context.Context, n int, check func(ctx context.Context, i int) error) error {
	indices := func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
	work := func(ctx context.Context, i int) (err error) {
		parallel.Compute(func() { err = check(ctx, i) })
		return err
	}
	for failed, err := range parallel.Map(ctx, indices, 4, work) {
		if err := errors.Join(failed, err); err != nil {
			return err
		}
	}
	return nil
}
