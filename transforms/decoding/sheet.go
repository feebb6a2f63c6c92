package decoding

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// Sizes of the contact sheet, in pixels.
const (
	tileSide  = 128 // of the longer side of an image, at most
	leastSide = 64  // smaller ones are enlarged, as far as whole numbers go
	gap       = 2   // around each
)

// background is what lies between the images: neither black nor white.
var background = color.NRGBA{R: 64, G: 64, B: 64, A: 255}

// brightest is the quantile of all values that is shown as white, where it is below half
// of what a pixel holds: images of 12 bits in 16 are not shown black.
const brightest = 0.999

// sheet draws the contact sheet of some images, as they were written: steps side by side
// in one row, all others in a square. One range of values is shown for all, from zero; of
// images with channels one for each.
func (p *plan) sheet(ctx context.Context, list []shown) ([]byte, error) {
	shape := p.options.Image
	n := max(1, (max(shape.Height, shape.Width)+tileSide-1)/tileSide)
	var tiles []*raster.Image
	view := p.decoder.view
	each := max(1, len(view.Channels))
	counts := make([][]int64, each)
	for c := range counts {
		counts[c] = make([]int64, 1<<shape.Bits)
	}
	for tile, err := range parallel.Each(ctx, len(list), 16, func(ctx context.Context, i int) (*raster.Image, error) {
		return p.tile(ctx, list[i].file, n)
	}) {
		if err != nil {
			return nil, err
		}
		for i, v := range tile.V {
			counts[i%each][int(v)]++
		}
		tiles = append(tiles, tile)
	}
	columns := len(tiles)
	if p.options.Parameters.Steps == 0 {
		columns = int(math.Ceil(math.Sqrt(float64(len(tiles)))))
	}
	view = view.Same(0, white(counts[0], view.Full))
	for c := range view.Channels {
		view.Channels[c].High = white(counts[c], view.Full)
	}
	if each > 1 {
		p.shown = composite.Text(view.Described(), view.Full)
	}
	var b bytes.Buffer
	err := png.Encode(&b, drawSheet(tiles, columns, &view))
	return b.Bytes(), err
}

// tile reads an image that was written, reduced.
func (p *plan) tile(ctx context.Context, file string, n int) (*raster.Image, error) {
	name := p.options.Folder.File(file)
	data, err := store.ReadFile(ctx, name)
	if err != nil {
		return nil, err
	}
	im, err := images.Decode(file, data, images.Options{})
	if err == nil && im.Shape() != p.options.Image {
		err = fmt.Errorf("it is a %s image", im.Shape())
	}
	if err != nil {
		return nil, fmt.Errorf("%s changed since it was written (%w): run the same command again", name, err)
	}
	return raster.Of(im.Pixels, im.Shape(), n), nil
}

// white returns the value that is shown as white, of a full scale.
func white(counts []int64, full float64) float64 {
	total, below := int64(0), int64(0)
	for _, n := range counts {
		total += n
	}
	for v, n := range counts {
		if below += n; float64(below) >= brightest*float64(total) {
			if v > 0 && float64(v) < full/2 {
				return float64(v)
			}
			break
		}
	}
	return full
}

// enlarged returns how many pixels of the sheet along a side one pixel of a tile has.
func enlarged(height, width int) int { return max(1, leastSide/max(height, width)) }

// drawSheet puts tiles of one size side by side.
func drawSheet(tiles []*raster.Image, columns int, view *composite.View) image.Image {
	first := tiles[0]
	scale := enlarged(first.Height, first.Width)
	high, wide := scale*first.Height+gap, scale*first.Width+gap
	rows := (len(tiles) + columns - 1) / columns
	out := image.NewNRGBA(image.Rect(0, 0, columns*wide+gap, rows*high+gap))
	for i := range out.Pix {
		out.Pix[i] = []uint8{background.R, background.G, background.B, background.A}[i%4]
	}
	for i, t := range tiles {
		top, left := i/columns*high+gap, i%columns*wide+gap
		for y := range scale * t.Height {
			for x := range scale * t.Width {
				c := color.NRGBA{A: 255}
				c.R, c.G, c.B = view.RGB(t.V[(y/scale*t.Width+x/scale)*t.Channels:][:t.Channels])
				out.SetNRGBA(left+x, top+y, c)
			}
		}
	}
	return out
}

// sheetBytes is about what the contact sheet has, at most.
func sheetBytes(shape schemas.ImageShape, images int64) int64 {
	n := max(1, (max(shape.Height, shape.Width)+tileSide-1)/tileSide)
	scale := enlarged(shape.Height, shape.Width)
	return min(images, mostShown) * int64(scale*shape.Height/n+gap) * int64(scale*shape.Width/n+gap) * int64(min(3, 2*shape.Channels-1))
}
