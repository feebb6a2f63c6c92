package verifying

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
)

// rowCheck checks the rows of one file in order.
type rowCheck struct {
	*latentsCheck
	file   string
	shard  int32
	source *records.ShardReader // nil: without the shards
	index  *shardIndex          // of the source; nil: there is none
	ahead  *shardRecord         // read, and behind the last row
	sum    schemas.ErrorSums    // of the rows
	pixels *variance.Sums       // of the records; nil: not needed
	runner *model.Runner        // for the images that are encoded again; nil until the first

	lastID                 string
	lastRecord, lastOffset int64
}

func (c *rowCheck) check(b *latents.Batch, k int) {
	id, row := b.ImageID[k], b.First+int64(k)
	problem := func(format string, args ...any) {
		c.report.problemf(c.file, "row %d (%q): %s", row, id, fmt.Sprintf(format, args...))
	}
	// Shards of another program need not be sorted by name.
	if id <= c.lastID && c.shards != nil {
		problem("comes after %q: not sorted by image id", c.lastID)
	}
	foreign := c.m.Spec.Source != "" // several files may come from one of the source
	if b.Shard[k] != c.shard && !foreign {
		problem("shard is %d, want %d", b.Shard[k], c.shard)
	}
	inOrder := b.Record[k] > c.lastRecord && (b.Offset[k] > c.lastOffset || foreign)
	if !inOrder {
		problem("record %d at offset %d comes after record %d at offset %d: not in the order of the shard",
			b.Record[k], b.Offset[k], c.lastRecord, c.lastOffset)
	}
	d := len(b.Embedding) / b.N
	for j, x := range b.Embedding[k*d : (k+1)*d] {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			problem("dimension %d of the embedding is %v", j, x)
			break
		}
	}
	if b.HasMSE[k] != c.m.Spec.Reconstruct || b.HasMSE[k] && !(b.MSE[k] >= 0) {
		problem("mse is %v, given: %v; %s says reconstruct: %v", b.MSE[k], b.HasMSE[k], schemas.LatentsFile, c.m.Spec.Reconstruct)
	}
	if want := c.m.Spec.ObjectFraction; b.HasObject[k] != want {
		problem("%s is given: %v; %s says %v", schemas.ColObject, b.HasObject[k], schemas.LatentsFile, want)
	}
	if b.HasMSE[k] {
		c.sum.Images, c.sum.MSE = c.sum.Images+1, c.sum.MSE+float64(b.MSE[k])
	}
	if c.rejected[id] {
		problem("the image is also named in %s", schemas.LatentsErrorsFile)
	}
	c.checkMetadata(b, k, problem)
	c.lastID, c.lastRecord, c.lastOffset = id, b.Record[k], b.Offset[k]
	if c.source != nil && inOrder {
		c.checkRecord(b, k, problem)
	}
}

// checkMetadata recomputes the columns that come from the file name.
func (c *rowCheck) checkMetadata(b *latents.Batch, k int, problem func(string, ...any)) {
	if c.metadata == nil || c.metadata.pattern == nil || len(b.Metadata) != len(c.m.Spec.Metadata) {
		return
	}
	found := c.metadata.pattern.FindStringSubmatch(b.ImageID[k])
	for group, column := range c.metadata.columns {
		want := ""
		if found != nil {
			want = found[group]
		}
		if got := b.Metadata[column][k]; got != want {
			problem("%s is %q, the name gives %q", c.m.Spec.Metadata[column], got, want)
		}
	}
}

// shardRecord is a record of the shard; its pixels are valid until the next.
type shardRecord struct {
	image          records.Image
	record, offset int64
}

// next returns the next record of the shard. At its end, and where it cannot be
// read on, it is nil and the comparisons end.
func (c *rowCheck) next() *shardRecord {
	if next := c.ahead; next != nil {
		c.ahead = nil
		return next
	}
	for {
		im, record, offset, err := c.source.Next()
		var bad *records.BadRecord
		switch {
		case err == nil:
			c.index.take(im.Filename, c.source.Length())
			return &shardRecord{im, record, offset}
		case errors.As(err, &bad):
			c.index.take(bad.Filename, c.source.Length())
			continue
		case err != io.EOF:
			c.report.problemf(c.file, "its shard cannot be read: %v", err)
		}
		c.index.check(err == io.EOF)
		c.source = nil
		return nil
	}
}

// checkRecord finds the record that a row stands for and compares them. Records
// without a row must be named among the rejected images.
func (c *rowCheck) checkRecord(b *latents.Batch, k int, problem func(string, ...any)) {
	for {
		next := c.next()
		switch {
		case next == nil:
			problem("its record %d is not in the shard", b.Record[k])
			return
		case next.record < b.Record[k]:
			c.skipped(next)
			continue
		case next.record > b.Record[k]:
			c.ahead = next
			problem("the shard has no image as record %d", b.Record[k])
			return
		}
		c.compare(b, k, next.image, next.record, next.offset, problem)
		return
	}
}

func (c *rowCheck) skipped(r *shardRecord) {
	if !c.rejected[r.image.Filename] {
		c.report.problemf(c.file, "record %d of its shard (%q) has no row in its place and is not in %s", r.record, r.image.Filename, schemas.LatentsErrorsFile)
	}
}

// end takes the records behind the last row.
func (c *rowCheck) end() {
	for c.source != nil {
		if next := c.next(); next != nil {
			c.skipped(next)
		}
	}
}

func (c *rowCheck) compare(b *latents.Batch, k int, im records.Image, record, offset int64, problem func(string, ...any)) {
	if record != b.Record[k] || offset != b.Offset[k] || im.Filename != b.ImageID[k] {
		problem("the shard has %q as record %d at offset %d, the row says record %d at offset %d",
			im.Filename, record, offset, b.Record[k], b.Offset[k])
		return
	}
	if c.pixels != nil && im.Shape() == c.shards.manifest.Image {
		c.pixels.Add(im.Pixels)
	}
	if got := outdir.SHA256(im.Pixels); got != b.SHA256[k] {
		problem("sha256 of the pixels is %s, the row says %s", got, b.SHA256[k])
	}
	c.checkQuality(b, k, im, problem)
	if im.HasLabel != b.HasLabel[k] || im.Label != b.Label[k] {
		problem("label is %q, the record says %q", b.Label[k], im.Label)
	}
	c.compareMetadata(b, k, im, problem)
	c.checkEmbedding(b, k, im, problem)
}

// compareMetadata compares the columns that come from the record.
func (c *rowCheck) compareMetadata(b *latents.Batch, k int, im records.Image, problem func(string, ...any)) {
	if c.metadata == nil || len(b.Metadata) != len(c.m.Spec.Metadata) {
		return
	}
	for i, column := range c.metadata.records {
		if got := b.Metadata[column][k]; got != im.Metadata[i] {
			problem("%s is %q, the record says %q", c.m.Spec.Metadata[column], got, im.Metadata[i])
		}
	}
}

// checkQuality recomputes the figures of an image and of its channels.
func (c *rowCheck) checkQuality(b *latents.Batch, k int, im records.Image, problem func(string, ...any)) {
	full, says := c.shards.manifest.FullScale, b.ChannelsOf(k)
	quality, flags := images.Quality(im.Pixels, im.Shape(), full)
	var channels []schemas.Quality
	if len(c.shards.manifest.Channels) > 1 {
		_, channels, flags = images.ChannelQualities(im.Pixels, im.Shape(), full)
	}
	if !b.HasObject[k] {
		quality.Object = 0
	}
	if quality != b.Quality[k] || flags != b.QCFlags[k] {
		problem("quality columns are %+v flags %d, the pixels give %+v flags %d", b.Quality[k], b.QCFlags[k], quality, flags)
	}
	if len(says) != len(channels) {
		problem("it has figures of %d channels, its record of %d", len(says), len(channels))
		return
	}
	for i, is := range channels {
		if says[i] != is {
			problem("quality columns of channel %d are %+v, the pixels give %+v", i, says[i], is)
		}
	}
}

// checkChannels compares what the files say of channels and full scale with the shards.
func (l *latentsCheck) checkChannels() {
	if l.shards == nil {
		return
	}
	if says, is := l.m.Spec.Channels, l.shards.manifest.ChannelNames(); !slices.Equal(says, is) {
		l.report.problemf(schemas.LatentsFile, "the channels are said to be %q, those of %s are %q", says, schemas.ShardsFile, is)
	}
	if says, is := l.m.Spec.FullScale, l.shards.manifest.FullScale; says != is {
		l.report.problemf(schemas.LatentsFile, "full scale is said to be %d, %s says %d", says, schemas.ShardsFile, is)
	}
}
