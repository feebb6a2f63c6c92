package reporting

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
)

// display is the range of pixel values that pictures show from black to white.
type display struct {
	low, high, full float64
}

// Quantiles of the pixels of all picks between which pictures show gray.
const (
	darkest   = 0.001
	brightest = 0.999
)

// displayOf chooses one range for all pictures from the pixels of the picks. Images
// that use half of their range or more, or that are black, are shown as they are; a
// background that is almost black stays where it is.
func displayOf(pixels pixelCounts) display {
	d := display{full: float64(len(pixels) - 1)}
	d.low, d.high = float64(pixels.quantile(darkest)), float64(pixels.quantile(brightest))
	if d.high <= d.low || d.high >= d.full/2 {
		d.high = d.full
	}
	if d.low < d.high/20 {
		d.low = 0
	}
	return d
}

// gray returns what a pixel value is shown as.
func (d display) gray(v float64) uint8 {
	return uint8(math.Round(255 * min(1, max(0, (v-d.low)/(d.high-d.low)))))
}

// pixels are the values of an image, in the unit of the images.
type pixels struct {
	height, width, channels int
	v                       []float64
}

// pixelsOf reads the raw pixels of an image.
func pixelsOf(im *records.Image) *pixels {
	p := &pixels{height: im.Height, width: im.Width, channels: im.Channels, v: make([]float64, im.Height*im.Width*im.Channels)}
	if im.Bits == 8 {
		for i, v := range im.Pixels {
			p.v[i] = float64(v)
		}
		return p
	}
	for i := range p.v {
		p.v[i] = float64(uint16(im.Pixels[2*i]) | uint16(im.Pixels[2*i+1])<<8)
	}
	return p
}

// decodedPixels are those of a decoded image, of numbers in [0,1].
func decodedPixels(x []float32, shape schemas.ImageShape) *pixels {
	p := &pixels{height: shape.Height, width: shape.Width, channels: shape.Channels, v: make([]float64, len(x))}
	full := float64(int(1)<<shape.Bits - 1)
	for i, v := range x {
		p.v[i] = full * float64(v)
	}
	return p
}

// reduced averages squares of n x n pixels; those at the right and lower edge may
// be smaller.
func (p *pixels) reduced(n int) *pixels {
	if n == 1 {
		return p
	}
	return p.resized((p.height+n-1)/n, (p.width+n-1)/n, n)
}

func (p *pixels) resized(height, width, n int) *pixels {
	out := &pixels{height: height, width: width, channels: p.channels, v: make([]float64, height*width*p.channels)}
	for y := range height {
		for x := range width {
			bottom, right := min(p.height, (y+1)*n), min(p.width, (x+1)*n)
			count := float64((bottom - y*n) * (right - x*n))
			for c := range p.channels {
				sum := 0.0
				for i := y * n; i < bottom; i++ {
					for j := x * n; j < right; j++ {
						sum += p.v[(i*p.width+j)*p.channels+c]
					}
				}
				out.v[(y*width+x)*p.channels+c] = sum / count
			}
		}
	}
	return out
}

// thumbnail fits the image into a square of side pixels by averaging, and centers
// it on black.
func (p *pixels) thumbnail(side int) *pixels {
	n := max(1, (max(p.height, p.width)+side-1)/side)
	small := p.reduced(n)
	out := &pixels{height: side, width: side, channels: p.channels, v: make([]float64, side*side*p.channels)}
	top, left := (side-small.height)/2, (side-small.width)/2
	for y := range small.height {
		at := ((y+top)*side + left) * p.channels
		copy(out.v[at:at+small.width*p.channels], small.v[y*small.width*p.channels:])
	}
	return out
}

// picture renders pixels: gray, or RGB.
func (d display) picture(p *pixels) image.Image {
	if p.channels == 1 {
		im := image.NewGray(image.Rect(0, 0, p.width, p.height))
		for i, v := range p.v {
			im.Pix[i] = d.gray(v)
		}
		return im
	}
	im := image.NewNRGBA(image.Rect(0, 0, p.width, p.height))
	for i := range p.height * p.width {
		v := p.v[3*i:]
		im.SetNRGBA(i%p.width, i/p.width, color.NRGBA{R: d.gray(v[0]), G: d.gray(v[1]), B: d.gray(v[2]), A: 255})
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
