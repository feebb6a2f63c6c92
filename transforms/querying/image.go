package querying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/aligning"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// query is the image that others are compared with.
type query struct {
	name   string // as results call it: an image id, or a file's name
	id     string // "" of a file
	x      []float32
	place  records.Place // of an image of the latents
	pixels []byte        // of a file, as they would be in a shard
	image  schemas.QueryImage
	notes  []string // what was done to read a file, and what its pixels are
}

// resolve finds the image that the user means, and its vector.
func (c Config) resolve(ctx context.Context, in *input) (q *query, err error) {
	at, known, err := in.find(ctx, c.Image)
	switch {
	case err != nil:
		return nil, err
	case known:
		q, err = in.query(ctx, at)
	default:
		q, err = c.fromFile(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	for i, v := range q.x {
		if v-v != 0 {
			return nil, fmt.Errorf("Config.Image=%s: dimension %d of its latent vector is %v: nothing can be compared with it", c.Image, i, v)
		}
	}
	return q, c.checkDirection(q)
}

// checkDirection refuses a cosine with a vector that has no direction: all images would be
// as far away.
func (c Config) checkDirection(q *query) error {
	for _, v := range q.x {
		if v != 0 {
			return nil
		}
	}
	for _, metric := range c.Metrics {
		if metric == schemas.MetricCosine {
			return fmt.Errorf("Config.Metrics=%s: the latent vector of %s is zero and has no direction; leave %s out", strings.Join(c.Metrics, ","), q.name, metric)
		}
	}
	return nil
}

// query reads an image of the latents.
func (in *input) query(ctx context.Context, at spot) (q *query, err error) {
	d := int64(in.manifest.Spec.Dimension)
	err = in.eachBatch(ctx, at.file, latents.IDs|latents.Embedding|latents.Location|latents.SHA, func(b *latents.Batch) bool {
		if at.row >= b.First+int64(b.N) {
			return true
		}
		k := at.row - b.First
		p := placeOf(b, int(k))
		q = &query{name: p.ImageID, id: p.ImageID, x: append([]float32(nil), b.Embedding[k*d:(k+1)*d]...), place: p,
			image: schemas.QueryImage{ImageID: p.ImageID, Pixels: p.SHA256}}
		return false
	})
	if err == nil && q == nil {
		err = fmt.Errorf("%s ends before row %d: encode again", in.files[at.file].Path, at.row)
	}
	return q, err
}

// fromFile reads an image file, fits it as the collection's images were, and encodes it.
func (c Config) fromFile(ctx context.Context, in *input) (*query, error) {
	if err := c.isFile(ctx, in); err != nil {
		return nil, err
	}
	if in.foreign() {
		return nil, fmt.Errorf("Config.Image=%s: is a file, and the vectors in %s are %s, which this one cannot make of it: give an image id of these", c.Image, c.Input, in.manifest.Spec.Whose())
	}
	of, err := c.readShards(ctx, in)
	if err != nil {
		return nil, err
	}
	data, im, err := c.decode(ctx, of)
	if err != nil {
		return nil, err
	}
	plan, err := c.readModel(ctx, in, "Config.Image="+c.Image+": a file", false)
	if err != nil {
		return nil, err
	}
	shape := plan.Input()
	takes := schemas.ImageShape{Height: shape.Height, Width: shape.Width, Channels: shape.Channels, Bits: shape.Bits}
	if im, err = c.inOrder(in, of, im, takes); err != nil {
		return nil, err
	}
	notes := notesOf(im, of, schemas.FullScale(shape.FullScale, shape.Bits))
	if im, err = c.fit(in, of, im, takes); err != nil {
		return nil, err
	}
	q := &query{name: store.Base(c.Image), x: make([]float32, plan.Latent()), pixels: im.Pixels, notes: notes,
		image: schemas.QueryImage{File: outdir.SHA256(data), Pixels: outdir.SHA256(im.Pixels)}}
	plan.NewRunner(1).Encode(q.x, [][]byte{im.Pixels})
	return q, nil
}

// isFile returns an error unless the image, which is none of the latents, is a file.
func (c Config) isFile(ctx context.Context, in *input) error {
	_, err := store.Stat(ctx, c.Image)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrIsFolder):
		return fmt.Errorf("Config.Image=%s: is a folder; give an image id of %s, or one image file", c.Image, c.Input)
	case store.IsRemote(c.Image) && !errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return err
	}
	near, err := in.like(ctx, c.Image)
	if err != nil {
		return err
	}
	hint := ""
	if len(near) > 0 {
		for i := range near {
			near[i] = fmt.Sprintf("%q", near[i])
		}
		hint = "; the most like it: " + strings.Join(near, ", ")
	}
	return fmt.Errorf("Config.Image=%q: is no image id of the %s in %s (column %s), and no file%s", c.Image, words.Plural(in.manifest.Rows, "image", "images"), c.Input, schemas.ColImageID, hint)
}

// decode reads and decodes the file, within the bounds that the collection has.
func (c Config) decode(ctx context.Context, of *shards) ([]byte, images.Image, error) {
	options, channels := images.Options{Limits: images.Limits{MaxPixels: images.DefaultMaxPixels}}, 3
	if of != nil {
		if channels = of.manifest.Image.Channels; images.ChannelsOf(&of.manifest).Given {
			channels = 0 // some are chosen
		}
		var err error
		if options, err = images.OptionsOf(&of.manifest); err != nil {
			return nil, images.Image{}, fmt.Errorf("%s: %w", store.Join(of.dir, schemas.ShardsFile), err)
		}
	}
	data, err := store.ReadFileLimit(ctx, c.Image, options.FileLimit(channels))
	if err != nil {
		return nil, images.Image{}, fmt.Errorf("Config.Image=%s: %w", c.Image, err)
	}
	im, err := images.Decode(c.Image, data, options)
	if bad, ok := errors.AsType[*images.RejectError](err); ok {
		err = errors.New(bad.Detail)
		if bad.Reason == schemas.ReasonTooLarge {
			err = fmt.Errorf("has more pixels than the %s that images of the collection may have (sharding.Config.MaxPixels)", words.Count(options.MaxPixels))
		}
	}
	if err != nil {
		return nil, images.Image{}, fmt.Errorf("Config.Image=%s: %w", c.Image, err)
	}
	return data, im, nil
}

// inOrder gives the image the channels of the collection; without its manifest those of the model.
func (c Config) inOrder(in *input, of *shards, im images.Image, takes schemas.ImageShape) (images.Image, error) {
	var channels images.Channels
	switch names := in.manifest.ModelChannels; {
	case of != nil:
		channels = images.ChannelsOf(&of.manifest)
	case names != nil:
		channels.Of = make([]schemas.Channel, len(names))
		for i, name := range names {
			channels.Of[i].Name = name
		}
	case im.Facts != nil && len(im.Facts.Channels) > 1:
		channels.Of = make([]schemas.Channel, takes.Channels)
	}
	named, err := channels.Apply(im)
	if bad, ok := errors.AsType[*images.RejectError](err); ok {
		return im, fmt.Errorf("Config.Image=%s: %s", c.Image, bad.Detail)
	}
	return named, err
}

// notesOf says what was done to read the image, and that it has samples above the full scale: that of the
// collection, or of the model, full, where the collection's is not known.
func notesOf(im images.Image, of *shards, full int) (notes []string) {
	if im.Facts != nil {
		notes = append(notes, im.Facts.Notes...)
	}
	whose := "the model"
	if of != nil {
		m := &of.manifest
		whose, full = "the collection", schemas.FullScale(m.FullScale, m.Image.Bits)
		if m.Parameters.BitsMode == "8" {
			full = schemas.FullScale(m.Parameters.FullScale, im.Bits)
		}
	}
	if most := images.Largest(im.Pixels, im.Bits); most > full {
		notes = append(notes, fmt.Sprintf("its brightest pixel has %s, and the full scale of %s is %s: is it of another camera, or of other settings?", words.Count(most), whose, words.Count(full)))
	}
	return notes
}

// fit brings the image to the shape that the model takes, as the images of the collection
// were. Without the manifest of the shards only an image that has that shape is one of
// which it is known what becomes of it.
func (c Config) fit(in *input, of *shards, im images.Image, takes schemas.ImageShape) (images.Image, error) {
	if of == nil {
		if im.Shape() != takes {
			return im, fmt.Errorf("Config.Image=%s: is %s, the model takes %s, and the shards that say how the images of the collection were fitted are not found: name their folder with Config.Shards", c.Image, im.Shape(), takes)
		}
		if in.manifest.Align != schemas.AlignMoments {
			return im, nil
		}
		made, _ := aligning.Align(im)
		return made, nil
	}
	m := &of.manifest
	if m.Image != takes {
		return im, fmt.Errorf("the model takes images of %s, and %s says %s: one of them was made again since; encode again", takes, store.Join(of.dir, schemas.ShardsFile), m.Image)
	}
	made, _, err := aligning.MakerOf(m).Apply(im)
	if err != nil {
		return im, fmt.Errorf("Config.Image=%s: is %s, and the images of the collection are %s, made with fit=%s and bits=%s, which would have left it out: make it one of these first", c.Image, im.Shape(), m.Image, m.Parameters.Fit, m.Parameters.BitsMode)
	}
	return made, nil
}
