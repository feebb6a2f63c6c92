// Package looks reads what images look like, for a grade in a space that no encoder made
// and no way of picking has seen.
//
// What lives here: pixels of some images, averaged, and how sharp they are. What never enters:
// Beam, printing; which images a grade needs, and what it makes of them, which are package
// grading's.
package looks

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/data/records"
	"exemplar/transforms/selection/grading"
)

// mostNumbers bounds the numbers of an image: its pixels are averaged over squares, the
// smallest that make so few.
const mostNumbers = 400

// Read returns what images look like, from the folder of shards. Images that share a record, as an
// image that is evaluated and picked does, are each read.
func Read(ctx context.Context, shards string, images []grading.Image) (*grading.Looks, error) {
	places := make([]records.Place, len(images))
	for i, im := range images {
		places[i] = records.Place{ImageID: im.ID, Shard: im.Place.Shard, Record: im.Place.Record, Offset: im.Place.Offset, SHA256: im.Place.SHA256}
	}
	rows := make([][]float64, len(images))
	looks := &grading.Looks{Focus: make([]float64, len(images))}
	if err := records.Fetch(ctx, shards, places, func(_ context.Context, i int, im *records.Image) error {
		shape := schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}
		rows[i] = raster.Of(im.Pixels, shape, square(shape)).V
		looks.Focus[i] = focus(im.Pixels, shape)
		return nil
	}); err != nil {
		return nil, err
	}
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return nil, fmt.Errorf("images %q and %q have different sizes", images[0].ID, images[i].ID)
		}
		for _, v := range row {
			looks.X = append(looks.X, float32(v))
		}
		looks.D = len(row)
	}
	return looks, nil
}

// Numbers returns the averaged pixels of an image, as Read reads them.
func Numbers(pixels []byte, shape schemas.ImageShape) []float32 {
	average := raster.Of(pixels, shape, square(shape)).V
	x := make([]float32, len(average))
	for i, v := range average {
		x[i] = float32(v)
	}
	return x
}

// square returns the side of the squares of pixels that are averaged.
func square(s schemas.ImageShape) int {
	for n := 1; ; n++ {
		if (s.Height+n-1)/n*((s.Width+n-1)/n)*s.Channels <= mostNumbers || n >= max(s.Height, s.Width) {
			return n
		}
	}
}
