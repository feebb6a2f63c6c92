package encoding

import (
	"context"
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
)

// encoded is the result of a batch: rows in record order, and what was rejected
// while reading or encoding it.
type encoded struct {
	rows     []schemas.Latent
	rejected []schemas.ErrorRow
	matched  int64 // images with a row in the metadata table
}

// encodeBatch computes the rows of a batch on one of the process's computing
// slots.
func (j *shardJob) encodeBatch(_ context.Context, b *batch) (encoded, error) {
	done := encoded{rejected: b.rejected}
	defer b.release()
	parallel.Compute(func() {
		d := j.spec.Dimension
		z, mse := j.latents(b.images)
		for i := range b.images {
			row := j.row(&b.images[i], z[i*d:(i+1)*d])
			if at := slices.IndexFunc(row.Embedding, latents.NotFinite); at >= 0 {
				done.rejected = append(done.rejected, schemas.ErrorRow{
					Name: row.ImageID, Stage: schemas.StageEncode, Reason: schemas.ReasonNotFinite,
					Detail: fmt.Sprintf("dimension %d of its latent vector is %v: the weights of the model are not usable for it", at, row.Embedding[at]),
				})
				continue
			}
			if j.spec.Reconstruct && latents.NotFinite(float32(mse[i])) {
				done.rejected = append(done.rejected, schemas.ErrorRow{
					Name: row.ImageID, Stage: schemas.StageEncode, Reason: schemas.ReasonNotFinite,
					Detail: fmt.Sprintf("the squared error of its reconstruction is %v: the weights of the decoder are not usable for it", float32(mse[i])),
				})
				continue
			}
			if j.spec.Reconstruct {
				row.MSE, row.HasMSE = float32(mse[i]), true
				j.pixels.Add(b.images[i].Pixels)
			}
			var matched bool
			if row.Metadata, matched = j.meta.values(row.ImageID, b.images[i].Metadata); matched {
				done.matched++
			}
			done.rows = append(done.rows, row)
		}
	})
	return done, nil
}

// latents runs the encoder, and the decoder where asked for.
func (j *shardJob) latents(ims []record) (z []float32, mse []float64) {
	if len(ims) == 0 {
		return nil, nil
	}
	pixels := make([][]byte, len(ims))
	for i := range ims {
		pixels[i] = ims[i].Pixels
	}
	r := j.encoder.runners.Take()
	defer j.encoder.runners.Give(r)
	z = make([]float32, len(ims)*j.spec.Dimension)
	r.Encode(z, pixels)
	if j.spec.Reconstruct {
		mse = make([]float64, len(ims))
		r.MSE(mse, z, pixels)
	}
	return z, mse
}

// row returns what is known of an image without its mse and metadata.
func (j *shardJob) row(im *record, z []float32) schemas.Latent {
	row := schemas.Latent{
		ImageID: im.Filename, Embedding: z,
		Shard: int32(j.Shard), Record: im.record, Offset: im.offset, SHA256: outdir.SHA256(im.Pixels),
		Label: im.Label, HasLabel: im.HasLabel,
	}
	if len(j.spec.Channels) > 0 {
		row.Quality, row.Channels, row.QCFlags = images.ChannelQualities(im.Pixels, j.image, j.spec.FullScale)
	} else {
		row.Quality, row.QCFlags = images.Quality(im.Pixels, j.image, j.spec.FullScale)
	}
	row.HasObject = j.spec.ObjectFraction
	return row
}
