package pictures

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Loss draws the losses of the epochs from the first: of training and, where
// there are any, of validation, whose best epoch is marked. The name of the loss
// is for the axis.
func Loss(name string, training, validation []float64) ([]byte, error) {
	p := newPlot("", "epoch", name)
	p.X.Tick.Marker = wholeTicks{}
	if err := curve(p, "training", training, 0); err != nil {
		return nil, err
	}
	if len(validation) > 0 {
		if err := curve(p, "validation", validation, 1); err != nil {
			return nil, err
		}
	}
	measured := validation
	if len(measured) == 0 {
		measured = training
	}
	if err := markBest(p, measured); err != nil {
		return nil, err
	}
	setScale(p)
	if len(training) == 1 {
		p.X.Min, p.X.Max = 0, 2
	}
	p.Legend.Top = true
	return render(p, 6, 4)
}

// curve adds a line of one value per epoch, with points where they are few.
func curve(p *plot.Plot, name string, values []float64, color int) error {
	xy := make(plotter.XYs, len(values))
	for i, v := range values {
		xy[i] = plotter.XY{X: float64(i + 1), Y: v}
	}
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return err
	}
	line.Color, line.Width = palette[color], vg.Points(1.6)
	points.GlyphStyle = draw.GlyphStyle{Color: palette[color], Radius: vg.Points(2.2), Shape: draw.CircleGlyph{}}
	p.Add(line)
	if len(values) <= 30 {
		p.Add(points)
		p.Legend.Add(name, line, points)
		return nil
	}
	p.Legend.Add(name, line)
	return nil
}

// markBest draws a ring around the least value.
func markBest(p *plot.Plot, values []float64) error {
	best := 0
	for i, v := range values {
		if v < values[best] {
			best = i
		}
	}
	ring, err := plotter.NewScatter(plotter.XYs{{X: float64(best + 1), Y: values[best]}})
	if err != nil {
		return err
	}
	ring.GlyphStyle = draw.GlyphStyle{Color: palette[6], Radius: vg.Points(4.5), Shape: draw.RingGlyph{}}
	p.Add(ring)
	p.Legend.Add("best: "+number3(values[best])+" in epoch "+number(float64(best+1)), ring)
	return nil
}

// setScale makes the axis of the losses logarithmic where they span a factor of
// three or more, and leaves some air.
func setScale(p *plot.Plot) {
	low, high := p.Y.Min, p.Y.Max
	if low > 0 && high/low >= 3 {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, logTicks{}
		air := math.Pow(high/low, 0.05)
		p.Y.Min, p.Y.Max = low/air, high*air
		return
	}
	air := 0.05 * (high - low)
	if air == 0 {
		air = max(1e-9, 0.1*math.Abs(high))
	}
	p.Y.Min, p.Y.Max = low-air, high+air
}
