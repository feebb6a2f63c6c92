package reporting

import (
	"fmt"

	"exemplar/schemas/words"
	"exemplar/transforms/selection/spaces"
)

// mostCentered is the number of centers that a scatter plot marks.
const mostCentered = 1_000

// scatter plots vectors of two numbers as they are, with the centers of the groups: they need no
// projection. Both axes have the scale of the selection's z-scores, so that the nearest to a center is
// that here, or in any other space each its own.
func scatter(in *inputs, g *grouping, space *spaces.Space, x []float32) Projection {
	s := &Scatter{}
	var from, scale [2]float64
	for j := range 2 {
		low, high := x[j], x[j]
		for i := j; i < len(x); i += 2 {
			low, high = min(low, x[i]), max(high, x[i])
		}
		from[j], scale[j] = float64(low), 1
		if high > low {
			scale[j] = 1 / (float64(high) - float64(low))
		}
		if space.Kind == spaces.ZScore && space.Weights[j] != 0 {
			scale[j] = float64(space.Weights[j])
		}
	}
	xy := make([]float32, len(x))
	for i, v := range x {
		xy[i] = float32((float64(v) - from[i%2]) * scale[i%2])
	}
	frame := frameOf(xy)
	for j, a := range []*ScatterAxis{&s.X, &s.Y} {
		a.Name = fmt.Sprintf("dimension %d", j)
		if len(in.latents.Columns) == 2 {
			a.Name = in.latents.Columns[j]
		}
		a.Low = from[j] + (frame.middle[j]-frame.span/2)/scale[j]
		a.High = from[j] + (frame.middle[j]+frame.span/2)/scale[j]
	}
	s.Centers = centersIn(g, space)
	p := Projection{Name: s.X.Name + " and " + s.Y.Name, XY: frame.pack(xy), Scatter: s}
	p.Axes = "these numbers of each image, as they are in the table"
	if in.latents.Spec.Rows() {
		p.Axes = "the two numbers of each row, as encoded"
	} else if in.latents.Spec.Source == "" {
		p.Axes = "the two numbers of each image, as encoded"
	}
	if space.Kind == spaces.ZScore {
		p.Axes += fmt.Sprintf("; one standard deviation, %s and %s, is equally long on both", words.Figure(1/scale[0], 3), words.Figure(1/scale[1], 3))
	}
	return p
}

// centersIn returns the centers that images were picked by, of the first groups, in the units of the table.
func centersIn(g *grouping, space *spaces.Space) (list []ScatterCenter) {
	for i := range g.groups {
		for _, name := range g.p.Centers {
			if len(list) == mostCentered {
				return list
			}
			if at, ok := g.groups[i].centers[name]; ok {
				x := space.Invert(at)
				list = append(list, ScatterCenter{Group: i, Center: name, X: float64(x[0]), Y: float64(x[1])})
			}
		}
	}
	return list
}
