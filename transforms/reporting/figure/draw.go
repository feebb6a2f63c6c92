package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/raster"
)

// Output holds the files of a figure.
type Output struct {
	PNG, TIFF []byte
	Text      []byte // the legend, and a table of what is shown
}

// Draw draws the figure. pixels are those of Picks and centers, where
// Config.Decoded is set, the decoded centers of Groups: each as in a record, of
// the images' shape. A nil center is left out.
func (f *Figure) Draw(pixels, centers [][]byte) (*Output, error) {
	if want := len(f.Picks()); len(pixels) != want {
		return nil, fmt.Errorf("%d images for %d picks", len(pixels), want)
	}
	if want := len(f.Groups()); f.c.Decoded && len(centers) != want {
		return nil, fmt.Errorf("%d centers for %d groups", len(centers), want)
	}
	for _, list := range [][][]byte{pixels, centers} {
		for _, p := range list {
			if p != nil && len(p) != f.c.Shape.Bytes() {
				return nil, fmt.Errorf("an image of %d bytes where %v has %d", len(p), f.c.Shape, f.c.Shape.Bytes())
			}
		}
	}
	if i := slices.IndexFunc(pixels, func(p []byte) bool { return p == nil }); i >= 0 {
		return nil, fmt.Errorf("no pixels of %s", f.Picks()[i].ImageID)
	}
	d := &drawing{Figure: f, regular: regular(), bold: bold(), pixels: pixels, centers: centers}
	legend := d.regular.wrap(d.regular.printable(f.Legend()), f.layout.width-2*margin)
	line := d.regular.face.Metrics().Height.Ceil()
	bar := f.scaleBar()
	height := 2*margin + f.height(f.layout) - blockGap + legendGap + len(legend)*line
	if bar.pixels > 0 {
		height += barHeight
	}
	key := d.key()
	height += keyHeight(key)
	bounds := image.Rect(0, 0, f.layout.width, height)
	if f.c.Shape.Channels == 1 {
		d.dst = image.NewGray(bounds)
	} else {
		d.dst = image.NewRGBA(bounds)
	}
	draw.Draw(d.dst, bounds, image.White, image.Point{}, draw.Src)
	y := d.panels(margin) - blockGap
	if bar.pixels > 0 {
		d.bar(bar, y)
		y += barHeight
	}
	d.drawKey(key, y)
	y += keyHeight(key) + legendGap
	for i, s := range legend {
		d.regular.draw(d.dst, margin, y+i*line+d.regular.face.Metrics().Ascent.Ceil(), s)
	}
	out := &Output{Text: []byte(f.text())}
	var err error
	if out.PNG, err = encodePNG(d.dst); err != nil {
		return nil, err
	}
	out.TIFF, err = encodeTIFF(d.dst)
	return out, err
}

// drawing is a figure while it is drawn.
type drawing struct {
	*Figure
	dst             draw.Image
	regular, bold   *typeface
	pixels, centers [][]byte // not drawn yet
}

// panels draws all panels from y on, and returns where they end.
func (d *drawing) panels(y int) int {
	if d.singles() {
		for i, p := range d.Figure.panels {
			d.group(p.groups[0], p.letter, i%d.layout.columns, y+i/d.layout.columns*d.layout.blockHeight())
		}
		return y + d.height(d.layout)
	}
	for _, p := range d.Figure.panels {
		x := d.letter(p.letter, margin, y+title-header)
		d.regular.draw(d.dst, x, y+title-header+baseline, d.regular.cut(d.regular.printable(p.title), d.layout.width-margin-x))
		y += title
		for i, g := range p.groups {
			d.group(g, "", i%d.layout.columns, y+i/d.layout.columns*d.layout.blockHeight())
		}
		y += (len(p.groups) + d.layout.columns - 1) / d.layout.columns * d.layout.blockHeight()
	}
	return y
}

// baseline is that of letters and names below the top of their block.
const baseline = 32

// letter draws a panel's letter and returns where the text after it starts.
func (d *drawing) letter(s string, x, y int) int {
	if s == "" {
		return x
	}
	d.bold.draw(d.dst, x, y+baseline, s)
	return x + d.bold.width(s) + 16
}

// group draws a group in a column at y.
func (d *drawing) group(g Group, letter string, column, y int) {
	left := margin + column*d.layout.pitch
	x := d.letter(letter, left, y)
	// The size stays whole where the name is cut.
	size := fmt.Sprintf("  n = %s%s", words.Count(g.Size), outliers(g.Picks))
	room := left + d.layout.blockW - x - d.regular.width(size)
	d.regular.draw(d.dst, x, y+baseline, d.regular.cut(d.regular.printable(g.name()), room)+size)
	y += header
	x = left
	if d.c.Decoded {
		if d.centers[0] != nil {
			d.frame(x, y)
			d.image(d.centers[0], x, y)
		}
		d.centers = d.centers[1:]
		x += d.lead(d.layout)
	}
	for i := range g.Picks {
		d.image(d.pixels[0], x+i%d.layout.perLine*(d.layout.cellW+imageGap), y+i/d.layout.perLine*(d.layout.cellH+imageGap))
		d.pixels = d.pixels[1:]
	}
}

// outliers says how many of the images that are shown are outliers, which are the last.
func outliers(picks []schemas.Pick) string {
	n := 0
	for _, p := range picks {
		if p.Position == schemas.PositionOutlier {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return ", the last an outlier"
	}
	return fmt.Sprintf(", the last %s outliers", words.Count(n))
}

// frame draws a dashed line around an image at x and y.
func (d *drawing) frame(x, y int) {
	r := image.Rect(x, y, x+d.layout.cellW, y+d.layout.cellH).Inset(-6)
	dash := func(i int) bool { return i/12%2 == 0 }
	for w := range 3 {
		for i := range r.Dx() {
			if dash(i) {
				d.dst.Set(r.Min.X+i, r.Min.Y+w, color.Black)
				d.dst.Set(r.Min.X+i, r.Max.Y-1-w, color.Black)
			}
		}
		for i := range r.Dy() {
			if dash(i) {
				d.dst.Set(r.Min.X+w, r.Min.Y+i, color.Black)
				d.dst.Set(r.Max.X-1-w, r.Min.Y+i, color.Black)
			}
		}
	}
}

// image draws an image at x and y by the figure's factor and brightness.
func (d *drawing) image(pixels []byte, x, y int) {
	l := d.layout
	im := raster.Of(pixels, d.c.Shape, l.reduce)
	for at := range im.Height * im.Width {
		var v [3]uint8
		v[0], v[1], v[2] = d.c.View.RGB(im.V[at*im.Channels:][:im.Channels])
		for i := range l.enlarge * l.enlarge {
			d.set(x+at%im.Width*l.enlarge+i%l.enlarge, y+at/im.Width*l.enlarge+i/l.enlarge, v)
		}
	}
}

// set colors a pixel; in a gray figure the first value is the gray.
func (d *drawing) set(x, y int, v [3]uint8) {
	switch dst := d.dst.(type) {
	case *image.Gray:
		dst.SetGray(x, y, color.Gray{v[0]})
	case *image.RGBA:
		dst.SetRGBA(x, y, color.RGBA{v[0], v[1], v[2], 255})
	}
}

// scaleBar is a bar and its length; no pixels: no bar.
type scaleBar struct {
	pixels int
	label  string
}

// Of the scale bar, in pixels.
const (
	barHeight    = 62
	barThickness = 12
)

// scaleBar returns the bar of the longest round length that is at most 0.8 of
// the width of an image: 1, 2 or 5 times a power of ten of micrometers, or nm or mm.
func (f *Figure) scaleBar() scaleBar {
	if f.c.PixelsPerMicron == 0 {
		return scaleBar{}
	}
	perMicron := f.c.PixelsPerMicron * float64(f.layout.enlarge) / float64(f.layout.reduce)
	room := 0.8 * float64(f.layout.cellW) / perMicron // µm
	exponent := int(math.Floor(math.Log10(room)))
	length := 0.0
	for e := exponent - 1; e <= exponent+1; e++ {
		for _, m := range []float64{1, 2, 5} {
			// Division is exact to the last digit where multiplication by 0.1 is not.
			v := m * math.Pow10(e)
			if e < 0 {
				v = m / math.Pow10(-e)
			}
			if v <= room*(1+1e-9) {
				length = v
			}
		}
	}
	return scaleBar{max(1, int(math.Round(length*perMicron))), lengthLabel(length)}
}

// lengthLabel writes a length of micrometers in the unit that people use.
func lengthLabel(microns float64) string {
	unit := "µm"
	switch {
	case microns < 1:
		microns, unit = microns*1000, "nm"
	case microns >= 1000:
		microns, unit = microns/1000, "mm"
	}
	return strconv.FormatFloat(microns, 'g', 6, 64) + " " + unit
}

// bar draws the scale bar with its label below y.
func (d *drawing) bar(b scaleBar, y int) {
	y += barHeight - barThickness
	draw.Draw(d.dst, image.Rect(margin, y-barThickness, margin+b.pixels, y), image.Black, image.Point{}, draw.Src)
	d.regular.draw(d.dst, margin+b.pixels+14, y, b.label)
}
