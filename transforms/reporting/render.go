package reporting

import (
	"bytes"
	"image"
	"image/color"
	"image/png"

	"exemplar/schemas"
	"exemplar/transforms/data/raster"
)

// display is the range of pixel values that pictures show from black to white.
type display struct {
	low, high, full float64
}

// displayOf chooses one range for all pictures from the pixels of the picks.
func displayOf(pixels raster.Counts) display {
	low, high := pixels.Range()
	return display{low: low, high: high, full: float64(len(pixels) - 1)}
}

// gray returns what a pixel value is shown as.
func (d display) gray(v float64) uint8 { return raster.Gray(v, d.low, d.high) }

// decodedPixels are those of a decoded image, of numbers in [0,1].
func decodedPixels(x []float32, shape schemas.ImageShape) *raster.Image {
	im := raster.New(shape.Height, shape.Width, shape.Channels)
	full := float64(int(1)<<shape.Bits - 1)
	for i, v := range x {
		im.V[i] = full * float64(v)
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

// picture renders pixels: gray, or RGB.
func (d display) picture(p *raster.Image) image.Image {
	if p.Channels == 1 {
		im := image.NewGray(image.Rect(0, 0, p.Width, p.Height))
		for i, v := range p.V {
			im.Pix[i] = d.gray(v)
		}
		return im
	}
	im := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Height * p.Width {
		v := p.V[3*i:]
		im.SetNRGBA(i%p.Width, i/p.Width, color.NRGBA{R: d.gray(v[0]), G: d.gray(v[1]), B: d.gray(v[2]), A: 255})
	}
	return im
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
