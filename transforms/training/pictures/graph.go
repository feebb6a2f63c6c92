package pictures

import (
	"bytes"
	"math"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Graph is curves and points in one system of axes, with a legend beside it.
type Graph struct {
	X, Y     string // what the axes say
	Log      bool   // both axes are logarithmic; what is not above 0 is left out
	Unit     bool   // both go from 0 to 1, with a line of chance from corner to corner
	Curves   []Curve
	Footnote string // below the legend; may be empty
}

// Curve is points of one name; Line joins them, and Mark draws each.
type Curve struct {
	Name       string
	XY         [][2]float64
	Line, Mark bool
}

// Sizes of a graph, in inches.
const (
	graphWidth   = 6.2
	graphHeight  = 4.6
	legendWidth  = 2.9
	legendLine   = 0.17
	longestEntry = 38 // letters
)

// dashes tell curves apart that have the same color.
var dashes = [][]vg.Length{nil, {vg.Points(5), vg.Points(2.5)}, {vg.Points(1.5), vg.Points(2)}}

// marks tell points apart that have the same color.
var marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.TriangleGlyph{}, draw.SquareGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.CrossGlyph{}}

// Draw returns the graph as a PNG file.
func (g Graph) Draw() ([]byte, error) {
	p := newPlot("", g.X, g.Y)
	legend := plot.NewLegend()
	legend.TextStyle = p.Legend.TextStyle
	legend.Top, legend.Left, legend.Padding, legend.ThumbnailWidth = true, true, vg.Points(3), vg.Points(20)
	any := false
	for i, c := range g.Curves {
		drawn, err := g.add(p, &legend, c, i)
		if err != nil {
			return nil, err
		}
		any = any || drawn
	}
	if err := g.axes(p, &legend, any); err != nil {
		return nil, err
	}
	height := max(graphHeight, 0.4+legendLine*float64(len(g.Curves)+3))
	c := vgimg.NewWith(vgimg.UseWH(vg.Length(graphWidth+legendWidth)*vg.Inch, vg.Length(height)*vg.Inch), vgimg.UseDPI(dpi))
	area := draw.New(c)
	p.Draw(draw.Crop(area, vg.Points(6), -legendWidth*vg.Inch, vg.Points(6), -vg.Points(8)))
	legend.Draw(draw.Crop(area, (graphWidth+0.1)*vg.Inch, 0, 0, -vg.Points(10)))
	var out bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&out)
	return out.Bytes(), err
}

// add adds a curve, and reports whether there is anything of it.
func (g Graph) add(p *plot.Plot, legend *plot.Legend, c Curve, at int) (bool, error) {
	var xy plotter.XYs
	for _, v := range c.XY {
		if x, y := v[0], v[1]; x-x == 0 && y-y == 0 && (!g.Log || x > 0 && y > 0) {
			xy = append(xy, plotter.XY{X: x, Y: y})
		}
	}
	name := c.Name
	if n := utf8.RuneCountInString(name); n > longestEntry {
		r := []rune(name)
		name = string(r[:longestEntry/2-1]) + "…" + string(r[n-longestEntry/2:])
	}
	if len(xy) == 0 {
		legend.Add(name + " (nothing to draw)")
		return false, nil
	}
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return false, err
	}
	color := palette[at%len(palette)]
	line.Color, line.Width, line.Dashes = color, vg.Points(1.5), dashes[at/len(palette)%len(dashes)]
	points.GlyphStyle = draw.GlyphStyle{Color: color, Radius: vg.Points(2.2), Shape: marks[at%len(marks)]}
	if !c.Line {
		points.Radius = vg.Points(4)
	}
	var thumbs []plot.Thumbnailer
	if c.Line {
		p.Add(line)
		thumbs = append(thumbs, line)
	}
	if c.Mark {
		p.Add(points)
		thumbs = append(thumbs, points)
	}
	legend.Add(name, thumbs...)
	return true, nil
}

// axes scales the axes; any says that something is drawn.
func (g Graph) axes(p *plot.Plot, legend *plot.Legend, any bool) error {
	switch {
	case g.Unit:
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		chance, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
		if err != nil {
			return err
		}
		chance.Color, chance.Dashes = gray, dashes[1]
		p.Add(chance)
		legend.Add("chance", chance)
	case g.Log && any:
		for _, axis := range []*plot.Axis{&p.X, &p.Y} {
			axis.Scale, axis.Tick.Marker = plot.LogScale{}, logTicks{}
			air := max(1.05, math.Pow(axis.Max/axis.Min, 0.04))
			axis.Min, axis.Max = axis.Min/air, axis.Max*air
		}
	}
	if g.Footnote != "" {
		legend.Add(g.Footnote)
	}
	return nil
}
