package reporting

import (
	"bytes"
	"image"
	"image/png"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
)

// decodedPixels are those of a decoded image, of numbers of which 1 is the sample full.
func decodedPixels(x []float32, shape schemas.ImageShape, full int) *raster.Image {
	im := raster.New(shape.Height, shape.Width, shape.Channels)
	for i, v := range x {
		im.V[i] = float64(full) * float64(v)
	}
	return im
}

// thumbnail fits the image into a square of side pixels by averaging, and centers
// it on black.
func thumbnail(im *raster.Image, side int) *raster.Image {
	n := max(1, (max(im.Height, im.Width)+side-1)/side)
	small, out := im.Reduced(n), raster.New(side, side, im.Channels)
	top, left := (side-small.Height)/2, (side-small.Width)/2
	for y := range small.Height {
		at := ((y+top)*side + left) * im.Channels
		copy(out.V[at:at+small.Width*im.Channels], small.V[y*small.Width*im.Channels:])
	}
	return out
}

// levels returns the smallest and the largest value of a picture.
func levels(im image.Image) [2]uint8 {
	low, high := uint8(255), uint8(0)
	see := func(v uint8) { low, high = min(low, v), max(high, v) }
	switch im := im.(type) {
	case *image.Gray:
		for _, v := range im.Pix {
			see(v)
		}
	case *image.NRGBA:
		for i, v := range im.Pix {
			if i%4 != 3 {
				see(v)
			}
		}
	}
	return [2]uint8{low, high}
}

// encodePNG returns the bytes of a PNG file. Equal pictures give equal bytes.
func encodePNG(im image.Image) []byte {
	var b bytes.Buffer
	e := png.Encoder{} // the best compression takes four times as long for 5 % less
	if err := e.Encode(&b, im); err != nil {
		panic(err) // a buffer takes everything, and no picture is empty
	}
	return b.Bytes()
}
