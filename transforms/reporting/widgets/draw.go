package widgets

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"exemplar/transforms/reporting"
)

// Sizes of the pictures in pixels.
const (
	cellSide  = 112 // about what an image of a sheet has
	cellGap   = 6
	firstGap  = 14 // behind the first column, where it stands apart
	lossWidth = 1200
	lossHigh  = 660
	fine      = 4 // lines are drawn so many times larger, and averaged
)

// drawRows draws rows of pictures on white; apart sets the first column off.
func drawRows(f *reporting.Figures, rows [][]int, apart bool) ([]byte, error) {
	var list [][]image.Image
	columns, w, h := 0, 0, 0
	for _, row := range rows {
		var images []image.Image
		for _, at := range row {
			if at < 0 {
				images = append(images, nil)
				continue
			}
			im, err := decode(f.Pictures[at])
			if err != nil {
				return nil, err
			}
			w, h = max(w, im.Bounds().Dx()), max(h, im.Bounds().Dy())
			images = append(images, im)
		}
		columns, list = max(columns, len(images)), append(list, images)
	}
	if w == 0 {
		return nil, fmt.Errorf("a figure has no picture")
	}
	scale := max(1, (cellSide+max(w, h)/2)/max(w, h))
	w, h = w*scale, h*scale
	extra := 0
	if apart {
		extra = firstGap
	}
	page := image.NewRGBA(image.Rect(0, 0, columns*(w+cellGap)+cellGap+extra, len(rows)*(h+cellGap)+cellGap))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	for r, images := range list {
		for c, im := range images {
			if im == nil {
				continue
			}
			x := cellGap + c*(w+cellGap)
			if c > 0 {
				x += extra
			}
			enlarge(page, image.Pt(x, cellGap+r*(h+cellGap)), im, scale)
		}
	}
	return encode(page)
}

// decode returns the image of a data: URI.
func decode(uri string) (image.Image, error) {
	_, text, _ := strings.Cut(uri, ",")
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}

// enlarge draws an image, each pixel as a square.
func enlarge(page *image.RGBA, at image.Point, im image.Image, scale int) {
	b := im.Bounds()
	for y := range b.Dy() * scale {
		for x := range b.Dx() * scale {
			page.Set(at.X+x, at.Y+y, im.At(b.Min.X+x/scale, b.Min.Y+y/scale))
		}
	}
}

func encode(im image.Image) ([]byte, error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err := e.Encode(&b, im)
	return b.Bytes(), err
}

// plotArea is where the lines of a plot are, in pixels of the picture.
var plotArea = image.Rect(130, 40, lossWidth-40, lossHigh-90)

// drawLoss draws losses by epoch on a linear axis, in gray and orange, with a legend.
func drawLoss(curves []reporting.Curve, epoch int) ([]byte, error) {
	first, last, low, high := math.Inf(1), math.Inf(-1), 0.0, math.Inf(-1)
	for _, c := range curves {
		for i, v := range c.Values {
			first, last, low, high = min(first, c.Epochs[i]), max(last, c.Epochs[i]), min(low, v), max(high, v)
		}
	}
	if !(high > low) {
		high = low + 1
	}
	if !(last > first) {
		first, last = first-0.5, last+0.5
	}
	p := newPlot(first, last, low, high)
	for _, v := range ticks(low, high, 5) {
		p.line(first, v, last, v, 1, lightGray)
		p.text(plotArea.Min.X-12, p.y(v)/fine+7, strconv.FormatFloat(v, 'g', 4, 64), alignRight)
	}
	for _, v := range ticks(first, last, 8) {
		if v == math.Trunc(v) {
			p.text(p.x(v)/fine, plotArea.Max.Y+30, strconv.FormatFloat(v, 'g', 6, 64), alignMiddle)
		}
	}
	p.line(first, low, last, low, 2, black)
	if e := float64(epoch); epoch > 0 && e >= first && e <= last {
		p.line(e, low, e, high, 1, midGray)
	}
	for i, c := range curves {
		ink, name := accent, "training"
		if i > 0 {
			ink = black
		}
		if c.Name == "val_loss" {
			name = "validation"
		}
		for k := 1; k < len(c.Values); k++ {
			p.line(c.Epochs[k-1], c.Values[k-1], c.Epochs[k], c.Values[k], 4, ink)
		}
		if len(c.Values) == 1 {
			p.dot(p.x(c.Epochs[0]), p.y(c.Values[0]), 6*fine, ink)
		}
		y := plotArea.Min.Y + 24 + 34*i
		p.stroke(fine*(plotArea.Max.X-230), fine*y, fine*(plotArea.Max.X-180), fine*y, 4, ink)
		p.text(plotArea.Max.X-168, y+8, name, alignLeft)
	}
	p.text((plotArea.Min.X+plotArea.Max.X)/2, lossHigh-20, "epoch", alignMiddle)
	p.text(plotArea.Min.X-90, plotArea.Min.Y-14, "loss", alignLeft)
	return encode(p.finish())
}

// Inks are numbers of palette.
const (
	white byte = iota
	lightGray
	midGray
	black
	accent
)

var palette = [][3]int{{255, 255, 255}, {221, 221, 221}, {140, 140, 140}, {27, 30, 33}, {208, 97, 26}}

// plot is a picture with axes, while it is drawn: lines at fine times its size, in inks.
type plot struct {
	first, last, low, high float64
	inks                   []byte
	texts                  []label
}

type label struct {
	x, y  int
	text  string
	align int // halves of its width to the left
}

const (
	alignLeft = iota
	alignMiddle
	alignRight
)

func newPlot(first, last, low, high float64) *plot {
	return &plot{first: first, last: last, low: low, high: high, inks: make([]byte, fine*fine*lossWidth*lossHigh)}
}

func (p *plot) x(v float64) int {
	return fine*plotArea.Min.X + int(math.Round(float64(fine*plotArea.Dx())*(v-p.first)/(p.last-p.first)))
}

func (p *plot) y(v float64) int {
	return fine*plotArea.Max.Y - int(math.Round(float64(fine*plotArea.Dy())*(v-p.low)/(p.high-p.low)))
}

func (p *plot) line(x0, y0, x1, y1 float64, width int, ink byte) {
	p.stroke(p.x(x0), p.y(y0), p.x(x1), p.y(y1), width, ink)
}

// stroke draws a line of discs between two fine pixels.
func (p *plot) stroke(x0, y0, x1, y1, width int, ink byte) {
	n := max(1, max(abs(x1-x0), abs(y1-y0)))
	for i := range n + 1 {
		p.dot(x0+(x1-x0)*i/n, y0+(y1-y0)*i/n, width*fine/2, ink)
	}
}

func (p *plot) dot(x, y, radius int, ink byte) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if px, py := x+dx, y+dy; dx*dx+dy*dy <= radius*radius && px >= 0 && py >= 0 && px < fine*lossWidth && py < fine*lossHigh {
				p.inks[py*fine*lossWidth+px] = ink
			}
		}
	}
}

func (p *plot) text(x, y int, text string, align int) {
	p.texts = append(p.texts, label{x, y, text, align})
}

// finish averages the lines and writes the texts.
func (p *plot) finish() *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, lossWidth, lossHigh))
	for y := range lossHigh {
		for x := range lossWidth {
			var sum [3]int
			for dy := range fine {
				for dx := range fine {
					for c, v := range palette[p.inks[(y*fine+dy)*fine*lossWidth+x*fine+dx]] {
						sum[c] += v
					}
				}
			}
			const n = fine * fine
			im.SetRGBA(x, y, color.RGBA{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n), 255})
		}
	}
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic(err) // part of the program
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 24, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	for _, t := range p.texts {
		d := font.Drawer{Dst: im, Src: image.Black, Face: face, Dot: fixed.P(t.x-t.align*font.MeasureString(face, t.text).Ceil()/2, t.y)}
		d.DrawString(t.text)
	}
	return im
}

// ticks returns about n round numbers between low and high.
func ticks(low, high float64, n int) (list []float64) {
	raw := (high - low) / float64(n)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * power
	for _, m := range []float64{5, 2, 1} {
		if m*power >= raw*0.999 {
			step = m * power
		}
	}
	for i := math.Ceil(low/step - 1e-9); i*step <= high+step*1e-9; i++ {
		list = append(list, i*step+0) // never -0
	}
	return list
}

func abs(x int) int { return max(x, -x) }
