package encoding

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"runtime"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// damage is a fault of the shard itself: it is reported, and encoding the shard
// again would not help.
type damage struct{ error }

// encodeShard encodes one shard into its Parquet file and returns its result.
// Where the shard is damaged the result says so and there is no file.
func (f *encodeFn) encodeShard(ctx context.Context, spec ShardSpec) (schemas.LatentsPart, error) {
	o := f.Options
	part := schemas.LatentsPart{Fingerprint: spec.Fingerprint, Shard: spec.Shard}
	part.Info.File, part.Info.Shard = schemas.LatentsName(spec.Shard, o.Folder.Parts), spec.File

	job, err := f.newJob(ctx, spec)
	if err != nil {
		return part, err
	}
	out, err := outdir.Create(ctx, o.Folder.File(part.Info.File))
	if err != nil {
		return part, err
	}
	defer out.Abort()
	rows, err := latents.NewWriter(out, job.spec)
	if err != nil {
		return part, err
	}
	err = job.encode(ctx, rows, &part)
	if fault := (damage{}); errors.As(err, &fault) {
		return schemas.LatentsPart{Fingerprint: spec.Fingerprint, Shard: spec.Shard, Info: schemas.LatentsInfo{
			File: part.Info.File, Shard: spec.File}, Failure: fault.Error()}, nil
	}
	if err != nil {
		return part, err
	}
	if err := rows.Close(); err != nil {
		return part, err
	}
	part.Info.Rows = rows.Rows()
	part.Info.Bytes, part.Info.SHA256, err = out.Commit()
	return part, err
}

// shardJob is the work on one shard.
type shardJob struct {
	ShardSpec
	fields records.Fields
	image  schemas.ImageShape
	batch  int // images

	encoder *encoder
	meta    *metadata
	spec    schemas.LatentsSpec
	pixels  *variance.Sums // of the images that were decoded; nil without Reconstruct
}

func (f *encodeFn) newJob(ctx context.Context, spec ShardSpec) (*shardJob, error) {
	o := f.Options
	enc, err := loadEncoder(ctx, o.Model, o.ModelSHA256, o.Reconstruct)
	if err != nil {
		return nil, err
	}
	meta, err := sharedMetadata(ctx, o)
	if err != nil {
		return nil, err
	}
	var pixels *variance.Sums
	if o.Reconstruct {
		pixels = variance.New(o.Image.Bytes(), o.Image.Bits, enc.plan.Input().Full())
	}
	return &shardJob{
		pixels:    pixels,
		ShardSpec: spec,
		fields:    records.Fields{Image: o.ImageFeature, Name: o.NameFeature, Shape: o.Image, MaxPixels: images.DefaultMaxPixels, Metadata: o.ListMetadata},
		image:     o.Image,
		batch:     batchSize(o.Batch, spec.Records, o.Image),
		encoder:   enc,
		meta:      meta,
		spec:      enc.latents(o, meta),
	}, nil
}

// batchBytes bounds the pixels of one batch.
const batchBytes = 16 << 20

// batchSize returns the images of a batch: at most limit, fewer where images
// are large. A shard of few records is cut into equal parts, at least two for
// every core, but not below sixteen images, where the dense layers, which read
// all their weights for each batch, would take too long.
func batchSize(limit int, records int64, shape schemas.ImageShape) int {
	limit = min(limit, max(1, batchBytes/shape.Bytes()))
	if records <= 0 {
		return limit
	}
	n := int(min(records, 1<<20))
	parts := max((n+limit-1)/limit, min(2*runtime.GOMAXPROCS(0), n/16))
	return (n + parts - 1) / parts
}

// encode reads the shard to its end, encodes its images on all cores and writes
// their rows in the order of the records.
func (j *shardJob) encode(ctx context.Context, out *latents.Writer, part *schemas.LatentsPart) error {
	ahead := 2 * runtime.GOMAXPROCS(0)
	mse := 0.0
	for done, err := range parallel.Map(ctx, j.batches(ctx, &part.Records), ahead, j.encodeBatch) {
		if err != nil {
			return err
		}
		for i := range done.rows {
			mse += float64(done.rows[i].MSE)
			if err := out.Write(&done.rows[i]); err != nil {
				return err
			}
		}
		part.Errors = append(part.Errors, done.rejected...)
		part.Info.Rejected += int64(len(done.rejected))
		part.Matched += done.matched
		progress.Add(Step, int64(len(done.rows)+len(done.rejected)))
	}
	if s := j.pixels; s != nil {
		part.Reconstructed = &schemas.ErrorSums{Images: s.Images(), MSE: mse, Within: s.Within(), Mean: s.Mean(), Gray: s.Gray()}
	}
	return nil
}

// batches reads the shard as batches of images. It counts the records, and
// checks their number, the size of the file and its hash at the end; damage ends it.
func (j *shardJob) batches(ctx context.Context, count *int64) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		open := records.Open
		if j.SHA256 != "" {
			open = records.OpenSummed
		}
		r, err := open(ctx, j.Name, j.fields)
		if err != nil {
			yield(nil, shardError(err))
			return
		}
		defer r.Close()
		for b, err := range j.filled(r.Next) {
			if b != nil {
				*count += int64(b.records)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := j.checkEnd(ctx, r, *count); err != nil {
			yield(nil, err)
		}
	}
}

// next returns the next image of a shard and where it is; io.EOF at the end.
type next func() (im records.Image, number, offset int64, err error)

// filled yields batches of the images that next returns.
func (j *shardJob) filled(next next) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		for more := true; more; {
			b := &batch{pixels: <-pixelBuffers} // encodeBatch gives it back
			var err error
			more, err = b.fill(next, j)
			if err != nil || b.records == 0 {
				b.release()
			}
			switch {
			case err != nil:
				yield(nil, shardError(err))
				return
			case b.records > 0 && !yield(b, nil):
				b.release()
				return
			}
		}
	}
}

// shardError marks the errors that are faults of the shard.
func shardError(err error) error {
	if errors.Is(err, tfrecord.ErrCorrupt) || errors.Is(err, fs.ErrNotExist) {
		return damage{err}
	}
	return err
}

// checkEnd compares a shard that was read to its end with its manifest: a file
// cut between two records looks sound by itself.
func (j *shardJob) checkEnd(ctx context.Context, r *records.ShardReader, count int64) error {
	if j.Records >= 0 && count != j.Records {
		return damage{fmt.Errorf("%s: ends after %d records, %s says it has %d: it was cut or replaced", j.Name, count, schemas.ShardsFile, j.Records)}
	}
	if j.Bytes >= 0 {
		obj, err := store.Stat(ctx, j.Name)
		if err != nil {
			return shardError(err)
		}
		if obj.Size != j.Bytes {
			return damage{fmt.Errorf("%s: has %d bytes, %s says %d: it was replaced", j.Name, obj.Size, schemas.ShardsFile, j.Bytes)}
		}
	}
	if j.SHA256 == "" {
		return nil
	}
	sum, err := r.Sum()
	if err != nil {
		return shardError(err)
	}
	if j.Records < 0 { // without a manifest
		err = outdir.CheckInput(j.Name, sum, j.SHA256)
	} else {
		err = outdir.CheckSHA256(j.Name, sum, schemas.ShardsFile, j.SHA256)
	}
	if err != nil {
		return damage{err}
	}
	return nil
}

// batch is some consecutive records of a shard.
type batch struct {
	records  int
	images   []record
	rejected []schemas.ErrorRow
	pixels   []byte // of all images; one of pixelBuffers
}

// release gives the memory of the pixels back.
func (b *batch) release() {
	pixelBuffers <- b.pixels
	b.pixels, b.images = nil, nil
}

// record is one image with its place in the shard; its pixels are the batch's.
type record struct {
	records.Image
	record, offset int64
}

// fill reads records until the batch is full; more is false at the end.
func (b *batch) fill(next next, j *shardJob) (more bool, err error) {
	if size := j.image.Bytes(); len(b.pixels) < j.batch*size {
		b.pixels = make([]byte, j.batch*size)
	}
	for b.records < j.batch {
		im, number, offset, err := next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err := b.take(im, number, offset, err, j); err != nil {
			return false, err
		}
	}
	return true, nil
}

// take takes the next record of the shard, or what is wrong with it; an error that
// is no fault of the record alone is returned.
func (b *batch) take(im records.Image, number, offset int64, err error, j *shardJob) error {
	if bad := (*records.BadRecord)(nil); errors.As(err, &bad) {
		b.records++
		name := bad.Filename
		if name == "" {
			name = fmt.Sprintf("%s#%d", j.File, number)
		}
		b.reject(name, schemas.StageRecord, bad.Reason, bad.Error())
		return nil
	}
	if err != nil {
		return err
	}
	b.records++
	if reason, detail := j.misfit(im); reason != "" {
		b.reject(im.Filename, schemas.StageRecord, reason, detail)
		return nil
	}
	size := j.image.Bytes()
	at := b.pixels[len(b.images)*size:][:size]
	copy(at, im.Pixels)
	im.Pixels = at
	b.images = append(b.images, record{im, number, offset})
	return nil
}

// misfit says why an image is none that the model takes, or nothing.
func (j *shardJob) misfit(im records.Image) (reason, detail string) {
	got := im.Shape()
	if got == j.image {
		return "", ""
	}
	reason = schemas.ReasonWrongDepth
	if got.Height != j.image.Height || got.Width != j.image.Width {
		reason = schemas.ReasonWrongSize
	}
	return reason, fmt.Sprintf("the record holds a %s image, the model takes %s", got, j.image)
}

func (b *batch) reject(name, stage, reason, detail string) {
	b.rejected = append(b.rejected, schemas.ErrorRow{Name: name, Stage: stage, Reason: reason, Detail: detail})
}
