package pictures

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"exemplar/model"
	"exemplar/schemas"
)

// cell is the size to which small images are enlarged, in pixels; each pixel
// becomes a square of them.
const cell = schemas.ReconstructionsCell

// gap is the width of the white lines between images, in pixels.
const gap = schemas.ReconstructionsGap

// Reconstructions draws images in a row, below each its noisy version, where there
// are any, and below that what a model makes of it. Originals and noisy ones are raw
// pixels as in the shards; reconstructed are their numbers one
// after the other, in [0,1], of which what lies beyond is drawn as black or
// white. 16-bit images are drawn with their upper 8 bits. The channels of images that are
// neither gray nor RGB are drawn below each other, and fewer images where these are large.
func Reconstructions(in model.Input, originals, noisy [][]byte, reconstructed []float32) ([]byte, error) {
	size := in.Values()
	if len(reconstructed) != len(originals)*size || len(noisy) != 0 && len(noisy) != len(originals) {
		return nil, fmt.Errorf("%d numbers for %d reconstructions of %d, %d noisy images", len(reconstructed), len(originals), size, len(noisy))
	}
	rows := [][][]byte{originals}
	if len(noisy) > 0 {
		rows = append(rows, noisy)
	}
	scale, tall := max(1, cell/max(in.Height, in.Width)), schemas.ReconstructionsStack(in.Channels)
	w, h := in.Width*scale, in.Height*scale*tall
	if tall > 1 {
		n := min(len(originals), max(1, mostPixels/(w*h*(len(rows)+1))))
		originals, rows[0] = originals[:n], originals[:n]
	}
	page := image.NewRGBA(image.Rect(0, 0, len(originals)*(w+gap)+gap, (len(rows)+1)*(h+gap)+gap))
	for i := range page.Pix {
		page.Pix[i] = 0xff
	}
	at := func(row, i int) image.Point { return image.Pt(gap+i*(w+gap), gap+row*(h+gap)) }
	for i := range originals {
		for r, row := range rows {
			paint(page, at(r, i), upper(row[i], in), in, scale)
		}
		decoded := make([]uint8, size)
		for k, v := range reconstructed[i*size : (i+1)*size] {
			decoded[k] = uint8(math.Round(255 * float64(min(1, max(0, v)))))
		}
		paint(page, at(len(rows), i), decoded, in, scale)
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	err := enc.Encode(&out, page)
	return out.Bytes(), err
}

// upper returns raw pixels in 8 bits: of 16 the upper ones, or where the full scale is another v*255/full.
func upper(raw []byte, in model.Input) []uint8 {
	if in.Bits != 16 && in.Full() == 255 {
		return raw
	}
	pixels := make([]uint8, in.Values())
	if in.Bits != 16 {
		for k, v := range raw {
			pixels[k] = uint8(min(255, int(v)*255/in.FullScale))
		}
		return pixels
	}
	for k := range pixels {
		v := binary.LittleEndian.Uint16(raw[2*k:])
		if in.FullScale == 0 {
			pixels[k] = uint8(v >> 8)
		} else {
			pixels[k] = uint8(min(255, int(v)*255/in.FullScale))
		}
	}
	return pixels
}

// mostPixels bounds the picture of images of many channels.
const mostPixels = 64 << 20

// paint draws 8-bit pixels, each as a square of scale, with its corner at at.
func paint(page *image.RGBA, at image.Point, pixels []uint8, in model.Input, scale int) {
	if tall := schemas.ReconstructionsStack(in.Channels); tall > 1 {
		gray := in
		gray.Channels = 1
		one := make([]uint8, in.Height*in.Width)
		for c := range tall {
			for k := range one {
				one[k] = pixels[k*tall+c]
			}
			paint(page, at.Add(image.Pt(0, c*in.Height*scale)), one, gray, scale)
		}
		return
	}
	for y := range in.Height * scale {
		for x := range in.Width * scale {
			p := pixels[(y/scale*in.Width+x/scale)*in.Channels:]
			c := color.RGBA{p[0], p[0], p[0], 0xff}
			if in.Channels == 3 {
				c.G, c.B = p[1], p[2]
			}
			page.SetRGBA(at.X+x, at.Y+y, c)
		}
	}
}
