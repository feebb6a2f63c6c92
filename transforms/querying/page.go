package querying

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/raster"
)

// Sizes on the page, in pixels.
const (
	largest  = 160 // longer side of a picture: larger ones are averaged down
	smallest = 64  // smaller ones are enlarged, as far as whole numbers go
	gap      = 8
	line     = 16 // of text
	across   = 10 // cells, and of three pictures a third of them
)

// reduction returns how many pixels along a side become one.
func reduction(s schemas.ImageShape) int { return max(1, (max(s.Height, s.Width)+largest-1)/largest) }

// picture is an image and how it is shown.
type picture struct {
	im   *raster.Image
	view *composite.View
}

// cell is pictures side by side with a caption below.
type cell struct {
	caption  string
	pictures []picture
	framed   bool
}

// block is cells with a title above. Of a channel it is a line of the key: a square of its color,
// black where it is not shown, and a title that is never cut by the edge of the page.
type block struct {
	title string
	key   *color.RGBA
	cells []cell
}

// page is blocks, one below the other.
type page struct {
	width, height int // of a picture
	scale         int // pixels of the page along a side for one of a picture
	blocks        []block
}

func newPage(s schemas.ImageShape, reduce int) *page {
	h, w := (s.Height+reduce-1)/reduce, (s.Width+reduce-1)/reduce
	scale := max(1, smallest/max(h, w))
	return &page{width: w * scale, height: h * scale, scale: scale}
}

func (p *page) add(b block) { p.blocks = append(p.blocks, b) }

// grid returns how many cells a block has in a row, and the size of a cell.
func (p *page) grid(b *block) (columns, width, height int) {
	of := 1
	for _, c := range b.cells {
		of = max(of, len(c.pictures))
	}
	return max(1, min(len(b.cells), across/of)), of*p.width + (of-1)*2 + gap, p.height + line + gap
}

// encode draws the page as a PNG file.
func (p *page) encode() ([]byte, error) {
	face, err := typeface()
	if err != nil {
		return nil, err
	}
	width, height := 320, gap
	for i := range p.blocks {
		b := &p.blocks[i]
		columns, w, h := p.grid(b)
		width = max(width, gap+columns*w)
		if b.key != nil {
			width = max(width, gap+line+font.MeasureString(face, b.title).Ceil()+gap)
		}
		height += line + gap/2 + (len(b.cells)+columns-1)/columns*h
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(canvas, canvas.Bounds(), image.White, image.Point{}, draw.Src)
	text := func(x, y int, s string) {
		d := font.Drawer{Dst: canvas, Src: image.Black, Face: face, Dot: fixed.P(x, y+line-4)}
		d.DrawString(s)
	}
	y := gap
	for i := range p.blocks {
		b := &p.blocks[i]
		columns, w, h := p.grid(b)
		left := gap
		if b.key != nil {
			swatch(canvas, image.Pt(gap, y+2), *b.key)
			left += line
		}
		text(left, y, b.title)
		y += line + gap/2
		for k := range b.cells {
			c := &b.cells[k]
			at := image.Pt(gap+k%columns*w, y+k/columns*h)
			p.cell(canvas, c, at)
			text(at.X, at.Y+p.height, c.caption)
		}
		y += (len(b.cells) + columns - 1) / columns * h
	}
	var out bytes.Buffer
	err = png.Encode(&out, canvas)
	return out.Bytes(), err
}

// swatch draws a square of a color with a black line around it.
func swatch(canvas *image.RGBA, at image.Point, c color.RGBA) {
	square := image.Rectangle{at, at.Add(image.Pt(line-5, line-5))}
	draw.Draw(canvas, square, image.Black, image.Point{}, draw.Src)
	draw.Draw(canvas, square.Inset(1), image.NewUniform(c), image.Point{}, draw.Src)
}

// frame is the color around the image that was asked for.
var frame = color.RGBA{R: 0xd5, G: 0x5e, A: 0xff}

// cell draws the pictures of a cell with its corner at a point.
func (p *page) cell(canvas *image.RGBA, c *cell, at image.Point) {
	if c.framed {
		around := image.Rect(at.X-2, at.Y-2, at.X+p.width+2, at.Y+p.height+2)
		draw.Draw(canvas, around, image.NewUniform(frame), image.Point{}, draw.Src)
	}
	for i, pic := range c.pictures {
		p.picture(canvas, pic, at.Add(image.Pt(i*(p.width+2), 0)))
	}
}

// picture draws one, each of its pixels a square.
func (p *page) picture(canvas *image.RGBA, pic picture, at image.Point) {
	im := pic.im
	for y := range im.Height * p.scale {
		for x := range im.Width * p.scale {
			c := color.RGBA{A: 0xff}
			c.R, c.G, c.B = pic.view.RGB(im.V[(y/p.scale*im.Width+x/p.scale)*im.Channels:][:im.Channels])
			canvas.SetRGBA(at.X+x, at.Y+y, c)
		}
	}
}

// printable returns the text with what the font has no glyph for by number: [U+6838].
func printable(s string) string {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return s
	}
	var buffer sfnt.Buffer
	var b strings.Builder
	for _, r := range s {
		if i, err := parsed.GlyphIndex(&buffer, r); err == nil && i != 0 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "[U+%04X]", r)
		}
	}
	return b.String()
}

// typeface is one of the Go fonts, which are part of the program.
func typeface() (font.Face, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: 11, DPI: 72, Hinting: font.HintingNone})
}
