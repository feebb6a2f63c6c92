package pictures

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"exemplar/schemas"
)

// maxLabels is the number of labels that have a color and shape of their own.
const maxLabels = 21

// shapes tell labels apart that have the same color.
var shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.TriangleGlyph{}, draw.SquareGlyph{}}

// Scatter draws codes of two dimensions, x and y in turn, colored by label. An
// empty label is an image without one; no labels at all draw all codes alike. Of
// many labels the most frequent have colors, the others are gray.
func Scatter(z []float32, labels []string) ([]byte, error) {
	p := newPlot("", "first latent dimension", "second latent dimension")
	groups := map[string]plotter.XYs{}
	for i := range len(z) / 2 {
		label := ""
		if len(labels) > 0 {
			label = labels[i]
		}
		groups[label] = append(groups[label], plotter.XY{X: float64(z[2*i]), Y: float64(z[2*i+1])})
	}
	order := frequent(groups)
	rest := plotter.XYs{}
	for i, label := range order {
		if label == "" || i >= maxLabels {
			rest = append(rest, groups[label]...)
		}
	}
	radius := vg.Points(max(1, min(2.4, 120/math.Sqrt(float64(len(z)+1)))))
	var list []series
	switch {
	case len(order) == 1 && order[0] == "":
		list = append(list, series{"", rest, blue, shapes[0]})
	case len(rest) > 0: // behind the others
		list = append(list, series{"others", rest, gray, shapes[0]})
	}
	named := slices.DeleteFunc(order[:min(len(order), maxLabels)], func(l string) bool { return l == "" })
	slices.SortFunc(named, naturally)
	for i, label := range named {
		list = append(list, series{label, groups[label], palette[i%len(palette)], shapes[i/len(palette)]})
	}
	for _, s := range list {
		if err := s.addTo(p, radius); err != nil {
			return nil, err
		}
	}
	// Room for the legend beside the points.
	p.Legend.Top = true
	p.X.Max += 0.16 * (p.X.Max - p.X.Min)
	return render(p, 6.4, 5)
}

// series are points that look alike; without a name they are not in the legend.
type series struct {
	name  string
	xy    plotter.XYs
	color color.Color
	shape draw.GlyphDrawer
}

func (s series) addTo(p *plot.Plot, radius vg.Length) error {
	points, err := plotter.NewScatter(s.xy)
	if err != nil {
		return err
	}
	points.GlyphStyle = draw.GlyphStyle{Color: s.color, Radius: radius, Shape: s.shape}
	p.Add(points)
	if s.name != "" {
		key := *points
		key.GlyphStyle.Radius = vg.Points(3)
		p.Legend.Add(s.name, &key)
	}
	return nil
}

// frequent returns the labels by falling number of images, ties by name.
func frequent(groups map[string]plotter.XYs) []string {
	var labels []string
	for l := range groups {
		labels = append(labels, l)
	}
	slices.SortFunc(labels, func(a, b string) int {
		if d := len(groups[b]) - len(groups[a]); d != 0 {
			return d
		}
		return naturally(a, b)
	})
	return labels
}

// naturally orders labels that are numbers by value, others by name.
func naturally(a, b string) int {
	x, errX := strconv.Atoi(a)
	y, errY := strconv.Atoi(b)
	switch {
	case errX == nil && errY == nil && x != y:
		return x - y
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Histogram draws how the numbers of codes are distributed, all of dimensions
// together; codes are one after the other in z.
func Histogram(z []float32, dimensions int) ([]byte, error) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range z {
		low, high = min(low, float64(v)), max(high, float64(v))
	}
	if low == high {
		low, high = low-0.5, high+0.5
	}
	const bins = 80
	width := (high - low) / bins
	share := make(plotter.XYs, bins)
	for i := range share {
		share[i].X = low + width*float64(i)
	}
	for _, v := range z {
		share[min(bins-1, int((float64(v)-low)/width))].Y += 100 / float64(len(z))
	}
	said := strings.ReplaceAll(schemas.CodesOf(z, dimensions).String(), "; ", "\n")
	p := newPlot(fmt.Sprintf("%d codes of %d dimensions\n%s", len(z)/dimensions, dimensions, said),
		"value of a latent dimension", "share of the values (%)")
	h, err := plotter.NewHistogram(share, bins)
	if err != nil {
		return nil, err
	}
	h.Width, h.FillColor = width, blue
	h.LineStyle.Color, h.LineStyle.Width = blue, vg.Points(0.3) // closes the seams between bars
	h.Bins = h.Bins[:0]
	for _, s := range share {
		h.Bins = append(h.Bins, plotter.HistogramBin{Min: s.X, Max: s.X + width, Weight: s.Y})
	}
	p.Add(h)
	p.Y.Min = 0
	return render(p, 6, 4)
}
