package pictures

import (
	"image"
	"math"
	"strings"
	"testing"
)

// TestGraph: curves and marks in their colors, right of which the legend stands; what logarithms
// do not take is left out, also where it is all.
func TestGraph(t *testing.T) {
	falls := func(by float64) (xy [][2]float64) {
		for i := range 12 {
			xy = append(xy, [2]float64{0.01 * math.Pow(2, float64(i)), 0.1 * math.Pow(by, float64(i))})
		}
		return xy
	}
	g := Graph{X: "bits per pixel", Y: "mean squared error", Log: true, Curves: []Curve{
		{Name: "JPEG", XY: falls(0.5), Line: true, Mark: true}, {Name: strings.Repeat("a long name ", 9), XY: [][2]float64{{0.3, 0.01}}, Mark: true},
		{Name: "nothing", XY: [][2]float64{{0, 1}, {1, 0}, {math.Inf(1), 1}, {1, math.NaN()}}, Line: true}}}
	im := drawn(t, "graph-log.png", g.Draw)
	if got := im.Bounds().Size(); got != image.Pt(1365, 690) {
		t.Errorf("%v pixels", got)
	}
	if count(im, blue) < 400 || count(im, vermilion) < 4 {
		t.Errorf("%d pixels of the curve, %d of the mark", count(im, blue), count(im, vermilion))
	}
	one := drawn(t, "graph-one.png", Graph{Log: true, Curves: g.Curves[1:2]}.Draw)
	if count(one, blue) < 40 {
		t.Error("one point is not drawn")
	}
	drawn(t, "graph-empty.png", Graph{Log: true, Curves: g.Curves[2:]}.Draw)
	var many []Curve
	for range 40 {
		many = append(many, Curve{Name: "m", XY: [][2]float64{{0, 0}, {0.2, 0.7}, {1, 1}}, Line: true})
	}
	tall := drawn(t, "graph-unit.png", Graph{Unit: true, Curves: many, Footnote: "anomalies: label=8"}.Draw)
	if tall.Bounds().Dy() <= 690 {
		t.Errorf("40 entries have no room: %v", tall.Bounds())
	}
}
