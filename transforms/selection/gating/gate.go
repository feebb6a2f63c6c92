package gating

import (
	"math"
	"strconv"

	"exemplar/schemas"
)

// Figures are what an image is judged by: NaN where it is not known, and then it
// excludes nothing.
type Figures struct {
	Foreground float32 // share of the pixels above zero
	Saturated  float32 // share of these that are at full scale
	Border     float32 // share of the outermost ring that is bright

	// The variance of the Laplacian, and the error of the reconstruction, over the
	// squared mean of the foreground: they do not depend on brightness, and for a
	// masked image not on the size of the crop.
	Sharpness, MSE float32
}

// FiguresOf returns the figures of an image that is not constant. Every one is
// the float32 nearest to the quotient in float64. Such an image has pixels above
// zero: where there are none, the row is a vector of another program, without
// quality columns, and no figure is known.
func FiguresOf(q schemas.Quality, mse float32, hasMSE bool) Figures {
	nan := float32(math.NaN())
	if q.Foreground == 0 {
		return Figures{nan, nan, nan, nan, nan}
	}
	f := Figures{Foreground: q.Foreground, Border: q.Border, Sharpness: nan, MSE: nan,
		Saturated: float32(float64(q.Saturated) / float64(q.Foreground))}
	if mean := float64(q.Mean); mean > 0 {
		f.Sharpness = float32(float64(q.Sharpness) * float64(q.Foreground) / (mean * mean))
		if hasMSE {
			f.MSE = float32(float64(mse) * float64(q.Foreground) / (mean * mean))
		}
	}
	return f
}

// dark returns the share of the outermost ring that is not bright.
func dark(border float32) float32 { return float32(1 - float64(border)) }

// of returns the figure of a reason.
func (f *Figures) of(reason string) float32 {
	switch reason {
	case schemas.ReasonForeground:
		return f.Foreground
	case schemas.ReasonSaturated:
		return f.Saturated
	case schemas.ReasonBorder:
		return f.Border
	case schemas.ReasonSharpness, schemas.ReasonNoise:
		return f.Sharpness
	default:
		return f.MSE
	}
}

// Excludes says why the gate excludes an image, with the figure that decided and its threshold;
// the Reason is "" where it does not. channels are the figures of each, where the gate has
// channels. A zero gate excludes nothing.
func Excludes(g *schemas.Gate, flags int32, q schemas.Quality, mse float32, hasMSE bool, channels ...schemas.Quality) (e schemas.Exclusion) {
	if g.Mode != schemas.GateAuto {
		return e
	}
	if constant(flags, channels) {
		return schemas.Exclusion{Reason: schemas.ReasonConstant, Value: float64(q.Mean)}
	}
	if len(g.Channels) > 0 && len(channels) == len(g.Channels) {
		return byChannels(g, flags, q, mse, hasMSE, channels)
	}
	f := FiguresOf(q, mse, hasMSE)
	if g.Ground == schemas.GroundBright {
		f.Border = dark(f.Border)
	}
	for _, l := range g.Limits {
		if v := float64(f.of(l.Reason)); misses(&l, v) {
			return schemas.Exclusion{Reason: l.Reason, Value: v, Threshold: l.Threshold}
		}
	}
	return e
}

// misses reports whether a figure is beyond a limit; NaN is not.
func misses(l *schemas.GateLimit, v float64) bool {
	return l.Below() && v < l.Threshold || !l.Below() && v > l.Threshold
}

// Survey holds the quantiles of the figures of a collection. The zero value is
// empty.
type Survey struct {
	Judged   int64 // images with quality columns that are not constant
	Sketches [len(rules)]Sketch
	Dark     Sketch    // of the shares of the outermost ring that are not bright
	Channels []Channel // of images with channels: then Sketches hold ReasonMSE alone
}

// Add adds an image with the figures of its channels, where it has any. Constant ones are left
// out: they are excluded whatever the thresholds are.
func (s *Survey) Add(flags int32, q schemas.Quality, mse float32, hasMSE bool, channels ...schemas.Quality) {
	if constant(flags, channels) || q.Foreground == 0 {
		return
	}
	s.Judged++
	f := FiguresOf(q, mse, hasMSE)
	if len(channels) > 0 {
		s.Sketches[len(rules)-1].Add(f.MSE)
		s.addChannels(flags, channels)
		return
	}
	for i, r := range rules {
		s.Sketches[i].Add(f.of(r.reason))
	}
	s.Dark.Add(dark(f.Border))
}

// Merge adds the images of o.
func (s *Survey) Merge(o *Survey) {
	s.Judged += o.Judged
	for i := range s.Sketches {
		s.Sketches[i].Merge(&o.Sketches[i])
	}
	s.Dark.Merge(&o.Dark)
	for len(s.Channels) < len(o.Channels) {
		s.Channels = append(s.Channels, Channel{})
	}
	for c := range o.Channels {
		s.Channels[c].merge(&o.Channels[c])
	}
}

// rule says how the threshold of a figure follows from its quantiles; see Derive.
type rule struct {
	reason   string
	least    float64 // figures below count as this: smaller ones do not differ
	harmless float64 // no threshold from the data is stricter than this
	factor   float64 // between the median and the threshold, at least
	most     float64 // that the figure can be
}

// borderRule is the place in rules of ReasonBorder.
const borderRule = 2

// The rules, in the order in which images are judged: that of GateParameters.Flags.
var rules = [...]rule{
	{schemas.ReasonForeground, 0, 0.003, 1, 1},
	{schemas.ReasonSaturated, 0.001, 0.1, 1, 1},
	{schemas.ReasonBorder, 0.002, 0.02, 1, 1},
	{schemas.ReasonSharpness, 0, math.MaxFloat32, 4, math.MaxFloat32},
	{schemas.ReasonNoise, 0, 0, 4, math.MaxFloat32},
	{schemas.ReasonMSE, 0, 0.5, 4, math.MaxFloat32},
}

// Derive returns the gate of a collection.
//
// The threshold of a figure lies, on a logarithmic scale, nine times as far from
// the median as the quartile of that side does: median·(quartile/median)^9. For a
// normal distribution that is six standard deviations, so that a clean collection
// loses no fixed share, and as long as fewer than a quarter of the images are
// artifacts they hardly move it. It is never stricter than an absolute value below
// which the figure does no harm, never stricter than the quartile itself, and rounded
// to three digits.
//
// Where more than half of the outermost ring is bright in most images, the ground is
// bright, and a cut cell is where the ring is dark: that share is judged instead. A
// ground at full scale, more than saturation does harm, says nothing of the cells, so
// that there is no limit on saturation. A limit that a user gives means what it says.
//
// channels are what the channels of the images are called, where they have figures of their own
// (schemas.ChannelLabels): then each has its limits, see deriveChannels.
func Derive(p schemas.GateParameters, s *Survey, channels ...string) schemas.Gate {
	g := schemas.Gate{Mode: p.Mode}
	if p.Mode != schemas.GateAuto {
		return g
	}
	g.Judged = s.Judged
	if len(channels) > 0 {
		s.deriveChannels(&g, p, channels)
		return g
	}
	if p.MaxBorder == (schemas.GateBound{}) && ringIsBright(&s.Sketches[borderRule]) {
		g.Ground = schemas.GroundBright
	}
	for i, f := range p.Flags() {
		if l, ok := rules[i].limit(f.Bound, &s.Sketches[i], &s.Dark, g.Ground); ok {
			g.Limits = append(g.Limits, l)
		}
	}
	return g
}

// limit returns the limit of a figure, from a bound or the quantiles of the figure; dark are those
// of the shares of the outermost ring that are not bright. ok is false where there is none.
func (r *rule) limit(bound schemas.GateBound, sketch, dark *Sketch, ground string) (l schemas.GateLimit, ok bool) {
	if bound.Off || sketch.N == 0 {
		return l, false
	}
	if ground == schemas.GroundBright && !bound.Given {
		switch {
		case r.reason == schemas.ReasonBorder:
			sketch = dark
		case r.reason == schemas.ReasonSaturated && sketch.Quantile(1, 2) > r.harmless:
			return l, false
		}
	}
	l = schemas.GateLimit{Reason: r.reason, Median: sketch.Quantile(1, 2)}
	if l.Below() {
		l.Quartile = sketch.Quantile(1, 4)
	} else {
		l.Quartile = sketch.Quantile(3, 4)
	}
	if l.Given, l.Threshold = bound.Given, bound.Value; !l.Given {
		l.Threshold = r.threshold(l)
	}
	return l, true
}

// threshold returns the threshold that the quantiles give.
func (r rule) threshold(l schemas.GateLimit) float64 {
	median, quartile := max(l.Median, r.least), max(l.Quartile, r.least)
	if median == 0 { // there is nothing to tell a factor of
		if l.Below() {
			return 0
		}
		return r.most
	}
	t := median
	for range 9 {
		t *= quartile / median
	}
	if l.Below() {
		t = min(t, median/r.factor, r.harmless)
	} else {
		t = max(t, median*r.factor, r.harmless)
	}
	rounded := round(min(t, r.most))
	if least := min(top(quartile), r.most); !l.Below() && rounded < least {
		return least
	}
	return rounded
}

// ringIsBright reports whether more than half of the outermost ring is bright in most
// images.
func ringIsBright(border *Sketch) bool { return border.N > 0 && border.Quantile(1, 2) > 0.5 }

// round rounds to three digits.
func round(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return r
}
