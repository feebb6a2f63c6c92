package pictures

import (
	"bytes"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// palette is Okabe & Ito's, without the yellow, which is hard to see on white.
var palette = []color.Color{
	rgb(0x00, 0x72, 0xb2), rgb(0xd5, 0x5e, 0x00), rgb(0x00, 0x9e, 0x73), rgb(0xcc, 0x79, 0xa7),
	rgb(0x56, 0xb4, 0xe9), rgb(0xe6, 0x9f, 0x00), rgb(0x00, 0x00, 0x00),
}

var (
	blue      = palette[0]
	vermilion = palette[1]
	gray      = rgb(0x99, 0x99, 0x99)
	faint     = rgb(0xe4, 0xe4, 0xe4)
)

func rgb(r, g, b uint8) color.Color { return color.RGBA{r, g, b, 0xff} }

// dpi is the resolution of the plots; sizes are in inches.
const dpi = 150

// newPlot returns an empty plot in the style of all.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.Padding = vg.Points(6)
	for style, size := range map[*text.Style]vg.Length{
		&p.Title.TextStyle: 11, &p.X.Label.TextStyle: 10, &p.Y.Label.TextStyle: 10,
		&p.X.Tick.Label: 9, &p.Y.Tick.Label: 9, &p.Legend.TextStyle: 9,
	} {
		style.Font.Variant, style.Font.Size = "Sans", size
	}
	p.Legend.Padding, p.Legend.ThumbnailWidth = vg.Points(3), vg.Points(16)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = faint, faint
	p.Add(grid)
	return p
}

// render returns a plot of width x height inches as a PNG file.
func render(p *plot.Plot, width, height vg.Length) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(width*vg.Inch, height*vg.Inch), vgimg.UseDPI(dpi))
	area := draw.Crop(draw.New(c), vg.Points(6), -vg.Points(10), vg.Points(6), -vg.Points(6))
	p.Draw(area)
	var out bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&out)
	return out.Bytes(), err
}

// wholeTicks are ticks at whole numbers, about eight of them.
type wholeTicks struct{}

// Ticks implements plot.Ticker.
func (wholeTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := 1.0
	for k := 0; (high-low)/step > 8; k++ {
		step = []float64{2, 5, 10}[k%3] * math.Pow(10, float64(k/3))
	}
	for v := step * math.Ceil(low/step); v <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: number(v)})
	}
	return ticks
}

// logTicks are ticks of a logarithmic axis. Labels are at powers of ten; over up
// to three of them also at 2 and 5 times a power, over less than one at all
// multiples but the close ones.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	labeled := map[int]bool{1: true}
	if span := math.Log10(high / low); span < 1 {
		labeled = map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 8: true}
	} else if span <= 3 {
		labeled = map[int]bool{1: true, 2: true, 5: true}
	}
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for m := 1; m < 10; m++ {
			v, err := strconv.ParseFloat(strconv.Itoa(m)+"e"+strconv.Itoa(int(e)), 64)
			if err != nil || v < low || v > high {
				continue
			}
			label := ""
			if labeled[m] {
				label = number(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// number3 writes v with three digits.
func number3(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// number writes v as people read it.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
