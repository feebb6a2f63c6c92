package sharding

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/images"
	"exemplar/transforms/listing"
	"exemplar/transforms/store"
)

// shapeAttempts is the number of images, in order of name, that may turn out to
// be damaged before the shape of the collection is given up.
const shapeAttempts = 1000

// collectionShape decides the shape of every image: the size that the user gave
// or that of the first sound image by name, and the channels and bits of the
// first one of that size.
func collectionShape(ctx context.Context, c Config, found *listing.Result) (schemas.ImageShape, error) {
	conv := &converter{root: found.Root, limits: images.Limits{MaxPixels: c.MaxPixels}}
	var reason string
	var first *images.Image
	for i, e := range found.Entries {
		if i == shapeAttempts {
			break
		}
		im, err := conv.first(ctx, e)
		if err != nil && !store.OfFile(err) {
			return schemas.ImageShape{}, err
		}
		if err != nil {
			if reason == "" {
				reason = fmt.Sprintf("%s: %v", e.Name, err)
			}
			continue
		}
		if c.Height == 0 || im.Height == c.Height && im.Width == c.Width {
			return c.shape(im), nil
		}
		if first == nil {
			first = &im
		}
	}
	if first != nil {
		return c.shape(*first), nil
	}
	return schemas.ImageShape{}, fmt.Errorf("none of the first %d images of %s can be read; the first one by name says: %s",
		min(len(found.Entries), shapeAttempts), found.Root, reason)
}

// shape is the shape of a collection in which im fits.
func (c Config) shape(im images.Image) schemas.ImageShape {
	shape := im.Shape()
	if c.Height > 0 {
		shape.Height, shape.Width = c.Height, c.Width
	}
	if c.Bits == "8" {
		shape.Bits = 8
	}
	return shape
}

// first reads and decodes one image outside of the pipeline.
func (c *converter) first(ctx context.Context, e schemas.ListEntry) (images.Image, error) {
	if images.IsIDX(e.Source) {
		var open idxStream
		defer open.close()
		im, err := open.image(ctx, listing.Source(c.root, e), e.Index)
		if err != nil {
			return images.Image{}, err
		}
		return *im, nil
	}
	data, err := c.read(ctx, e)
	if err != nil {
		return images.Image{}, err
	}
	return images.Decode(e.Name, data, c.limits)
}
