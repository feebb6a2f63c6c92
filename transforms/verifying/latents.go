package verifying

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/images"
	"exemplar/transforms/latents"
	"exemplar/transforms/progress"
	"exemplar/transforms/records"
	"exemplar/transforms/store"
)

// checkLatents checks a folder of latents: the manifest's sums, each file's
// size, sha256 and footer, the order and values of every row, and where the
// shards are at hand that every row stands for its record: place, name, pixel
// hash and quality columns recomputed.
func checkLatents(ctx context.Context, c Config, r *Report) error {
	m, ok := readManifest[schemas.LatentsManifest](ctx, c.Input, schemas.LatentsFile, r)
	if !ok {
		return nil
	}
	if err := m.Validate(); err != nil {
		r.problemf("%s: %v", schemas.LatentsFile, err)
		return nil
	}
	shards, err := openShards(ctx, c, &m, r)
	if err != nil {
		return err
	}
	meter := progress.Start(Step, m.Rows, "rows")
	defer meter.Stop()
	err = forEach(ctx, len(m.Files), func(ctx context.Context, i int) error {
		return checkLatentsFile(ctx, c, &m, i, shards, r)
	})
	if err != nil {
		return err
	}
	if err := checkErrors(ctx, c.Input, schemas.LatentsErrorsFile, m.Rejected, nil, r); err != nil {
		return err
	}
	r.checkedf("%d latents files with %s rows of %d dimensions: sizes, sha256, footers, row order, finite values",
		len(m.Files), progress.Count(m.Rows), m.Spec.Dimension)
	r.checkedf("%s records = %s rows + %s rejected",
		progress.Count(m.Records), progress.Count(m.Rows), progress.Count(m.Rejected))
	if shards != nil {
		r.checkedf("every row against its record in %s: name, offset, sha256 of the pixels, quality columns", shards.dir)
	}
	return nil
}

// shardsFolder is the folder that the latents were made from.
type shardsFolder struct {
	dir      string
	manifest schemas.ShardsManifest
}

// openShards finds the shards of a latents folder. They are optional; shards of
// another collection are a problem only where the user named them.
func openShards(ctx context.Context, c Config, m *schemas.LatentsManifest, r *Report) (*shardsFolder, error) {
	dir, err := neighbour(ctx, c.Shards, c.Input, "shards", schemas.ShardsFile)
	if err != nil || dir == "" {
		return nil, err
	}
	manifest, data, err := engine.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if err != nil {
		return nil, err
	}
	if sum := engine.SHA256(data); sum != m.Shards {
		if c.Shards != "" {
			r.problemf("%s: made from shards whose %s has sha256 %s, that of %s has %s",
				schemas.LatentsFile, schemas.ShardsFile, m.Shards, dir, sum)
		}
		return nil, nil
	}
	if len(manifest.Shards) != len(m.Files) {
		r.problemf("%s: %d files for %d shards", schemas.LatentsFile, len(m.Files), len(manifest.Shards))
		return nil, nil
	}
	return &shardsFolder{dir, manifest}, nil
}

func checkLatentsFile(ctx context.Context, c Config, m *schemas.LatentsManifest, i int, shards *shardsFolder, r *Report) error {
	info := m.Files[i]
	if ok, err := checkFile(ctx, c.Input, info.File, info.Bytes, info.SHA256, r); err != nil || !ok {
		return err
	}
	in, err := store.OpenAt(ctx, store.Join(c.Input, info.File))
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := latents.Open(in, in.Size(), info.File)
	if err != nil {
		r.problemf("%v", err)
		return nil
	}
	if spec := f.Spec(); spec.ModelSHA256 != m.Spec.ModelSHA256 {
		r.problemf("%s: made by model %s, %s says %s", info.File, spec.ModelSHA256, schemas.LatentsFile, m.Spec.ModelSHA256)
	} else if spec.Dimension != m.Spec.Dimension {
		r.problemf("%s: %d dimensions, %s says %d", info.File, spec.Dimension, schemas.LatentsFile, m.Spec.Dimension)
	}
	if f.Rows() != info.Rows {
		r.problemf("%s: %d rows, %s says %d", info.File, f.Rows(), schemas.LatentsFile, info.Rows)
	}
	var source *records.ShardReader
	if shards != nil {
		if source, err = records.Open(ctx, store.Join(shards.dir, shards.manifest.Shards[i].File), records.Fields{}); err != nil {
			return err
		}
		defer source.Close()
	}
	rows := rowCheck{file: info.File, shard: int32(i), dimension: m.Spec.Dimension, source: source, report: r, lastRecord: -1, lastOffset: -1}
	for b, err := range f.Batches(latents.All) {
		if err != nil {
			r.problemf("%v", err)
			return nil
		}
		for k := range b.N {
			rows.check(b, k)
		}
		progress.Add(Step, int64(b.N))
	}
	return nil
}

// rowCheck checks the rows of one file in order.
type rowCheck struct {
	file      string
	shard     int32
	dimension int
	source    *records.ShardReader // nil: without the shards
	report    *Report

	lastID                 string
	lastRecord, lastOffset int64
}

func (c *rowCheck) check(b *latents.Batch, k int) {
	id, row := b.ImageID[k], b.First+int64(k)
	problem := func(format string, args ...any) {
		c.report.problemf("%s: row %d (%q): %s", c.file, row, id, fmt.Sprintf(format, args...))
	}
	if id <= c.lastID {
		problem("comes after %q: not sorted by image id", c.lastID)
	}
	if b.Shard[k] != c.shard {
		problem("shard is %d, want %d", b.Shard[k], c.shard)
	}
	if b.Record[k] <= c.lastRecord || b.Offset[k] <= c.lastOffset {
		problem("record %d at offset %d comes after record %d at offset %d: not in the order of the shard",
			b.Record[k], b.Offset[k], c.lastRecord, c.lastOffset)
	}
	for j, x := range b.Embedding[k*c.dimension : (k+1)*c.dimension] {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			problem("dimension %d of the embedding is %v", j, x)
			break
		}
	}
	if b.HasMSE[k] && !(b.MSE[k] >= 0) {
		problem("mse is %v", b.MSE[k])
	}
	c.lastID, c.lastRecord, c.lastOffset = id, b.Record[k], b.Offset[k]
	if c.source != nil {
		c.checkRecord(b, k, problem)
	}
}

// checkRecord finds the record that a row stands for and compares them. A shard
// that cannot be read on ends these comparisons.
func (c *rowCheck) checkRecord(b *latents.Batch, k int, problem func(string, ...any)) {
	for {
		im, record, offset, err := c.source.Next()
		if err == io.EOF {
			problem("its record %d is not in the shard", b.Record[k])
			c.source = nil
			return
		}
		if err != nil && record < 0 {
			problem("%v", err)
			c.source = nil
			return
		}
		if err != nil || record < b.Record[k] {
			continue
		}
		c.compare(b, k, im, record, offset, problem)
		return
	}
}

func (c *rowCheck) compare(b *latents.Batch, k int, im records.Image, record, offset int64, problem func(string, ...any)) {
	if record != b.Record[k] || offset != b.Offset[k] || im.Filename != b.ImageID[k] {
		problem("the shard has %q as record %d at offset %d, the row says record %d at offset %d",
			im.Filename, record, offset, b.Record[k], b.Offset[k])
		return
	}
	sum := sha256.Sum256(im.Pixels)
	if got := hex.EncodeToString(sum[:]); got != b.SHA256[k] {
		problem("sha256 of the pixels is %s, the row says %s", got, b.SHA256[k])
	}
	shape := schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}
	if quality, flags := images.Quality(im.Pixels, shape); quality != b.Quality[k] || flags&schemas.QCConstant != b.QCFlags[k]&schemas.QCConstant {
		problem("quality columns are %+v flags %d, the pixels give %+v flags %d", b.Quality[k], b.QCFlags[k], quality, flags)
	}
	if im.HasLabel != b.HasLabel[k] || im.Label != b.Label[k] {
		problem("label is %q, the record says %q", b.Label[k], im.Label)
	}
}
