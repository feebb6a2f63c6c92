package verifying

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// limit is what the thresholds of the quality gate follow from, one for each
// reason, in the order in which images are judged.
type limit struct {
	reason    string
	below     bool // too small a figure is the reason
	least     float64
	harmless  float64 // no threshold from the data is stricter
	factor    float64 // between the median and the threshold, at least
	most      float64
	parameter func(schemas.GateParameters) schemas.GateBound
}

var limits = []limit{
	{schemas.ReasonForeground, true, 0, 0.003, 1, 1, func(p schemas.GateParameters) schemas.GateBound { return p.MinForeground }},
	{schemas.ReasonSaturated, false, 0.001, 0.1, 1, 1, func(p schemas.GateParameters) schemas.GateBound { return p.MaxSaturated }},
	{schemas.ReasonBorder, false, 0.002, 0.02, 1, 1, func(p schemas.GateParameters) schemas.GateBound { return p.MaxBorder }},
	{schemas.ReasonSharpness, true, 0, math.MaxFloat32, 4, math.MaxFloat32, func(p schemas.GateParameters) schemas.GateBound { return p.MinSharpness }},
	{schemas.ReasonNoise, false, 0, 0, 4, math.MaxFloat32, func(p schemas.GateParameters) schemas.GateBound { return p.MaxSharpness }},
	{schemas.ReasonMSE, false, 0, 0.5, 4, math.MaxFloat32, func(p schemas.GateParameters) schemas.GateBound { return p.MaxMSE }},
}

// figure is what a reason judges an image by; false where it has none.
func figure(reason string, b *latents.Batch, k int) (float32, bool) {
	if reason == schemas.ReasonMSE && !b.HasMSE[k] {
		return 0, false
	}
	return figureOf(reason, &b.Quality[k], b.MSE[k])
}

// figureOf is figure of the quality of an image or of a channel.
func figureOf(reason string, q *schemas.Quality, mse float32) (float32, bool) {
	if q.Foreground == 0 { // a vector of another program, without pixels, or a channel of zeros
		return 0, false
	}
	over := func(x, y float64) (float32, bool) { return float32(x / y), y > 0 }
	bright, square := float64(q.Foreground), float64(q.Mean)*float64(q.Mean)
	switch reason {
	case schemas.ReasonForeground:
		return q.Foreground, true
	case schemas.ReasonSaturated:
		return over(float64(q.Saturated), bright)
	case schemas.ReasonBorder:
		return q.Border, true
	case schemas.ReasonSharpness, schemas.ReasonNoise:
		return over(float64(q.Sharpness)*bright, square)
	}
	return over(float64(mse)*bright, square)
}

// gateTally counts the figures of the images that are not constant, rounded
// down to ten bits behind the point.
type gateTally struct {
	judged   int64
	counts   [7]map[uint32]int64 // by limit, and of dark
	channels []channelTally      // of images with channels: then counts has the mse alone
}

// dark is the place in counts of the shares of the ring that are not bright.
const dark = 6

func (t *gateTally) add(b *latents.Batch, k int) {
	if isConstant(b, k) || b.Quality[k].Foreground == 0 {
		return
	}
	t.judged++
	if len(b.ChannelsOf(k)) > 0 {
		t.addChannels(b, k)
		return
	}
	count := func(i int, v float32) {
		if t.counts[i] == nil {
			t.counts[i] = map[uint32]int64{}
		}
		t.counts[i][math.Float32bits(v)>>13]++
	}
	for i, l := range limits {
		if v, ok := figure(l.reason, b, k); ok {
			count(i, v)
		}
	}
	count(dark, float32(1-float64(b.Quality[k].Border)))
}

func (t *gateTally) fold(o *gateTally) {
	t.judged += o.judged
	t.foldChannels(o.channels)
	for i, counts := range o.counts {
		if t.counts[i] == nil {
			t.counts[i] = counts
			continue
		}
		for bin, n := range counts {
			t.counts[i][bin] += n
		}
	}
}

// quartile returns the value at quarter/4 of the figures, rounded down.
func quartile(counts map[uint32]int64, quarter int64) float64 {
	total, seen := int64(0), int64(0)
	for _, n := range counts {
		total += n
	}
	for _, bin := range slices.Sorted(maps.Keys(counts)) {
		seen += counts[bin]
		if 4*seen >= quarter*total {
			return float64(math.Float32frombits(bin << 13))
		}
	}
	return 0
}

// gate returns the gate that the figures and the parameters give. Early versions knew no
// bright ground, and could exclude what stands in the bin of the quartile. channels are those
// that the images are judged by, as they are called.
func (t *gateTally) gate(p schemas.GateParameters, early bool, channels []string) schemas.Gate {
	g := schemas.Gate{Mode: p.Mode}
	if p.Mode == schemas.GateOff {
		return g
	}
	g.Judged = t.judged
	if len(channels) > 0 {
		t.channelGate(&g, p, channels)
		return g
	}
	const saturated, border = 1, 2 // of limits
	if !early && !p.MaxBorder.Given && !p.MaxBorder.Off && quartile(t.counts[border], 2) > 0.5 {
		g.Ground = schemas.GroundBright
	}
	for i, l := range limits {
		bound, counts := l.parameter(p), t.counts[i]
		if len(counts) == 0 || bound.Off {
			continue
		}
		if g.Ground == schemas.GroundBright && i == border {
			counts = t.counts[dark]
		}
		if g.Ground == schemas.GroundBright && i == saturated && !bound.Given && quartile(counts, 2) > l.harmless {
			continue
		}
		g.Limits = append(g.Limits, l.of(counts, bound, early))
	}
	return g
}

// of returns the limit that the counts of a figure give, or the bound.
func (l *limit) of(counts map[uint32]int64, bound schemas.GateBound, early bool) schemas.GateLimit {
	quarter := int64(3)
	if l.below {
		quarter = 1
	}
	out := schemas.GateLimit{Reason: l.reason, Given: bound.Given, Threshold: bound.Value,
		Median: quartile(counts, 2), Quartile: quartile(counts, quarter)}
	if !bound.Given {
		out.Threshold = l.threshold(out.Median, out.Quartile)
		if bin := math.Float32bits(float32(out.Quartile)) >> 13; !early && !l.below && bin > 0 {
			out.Threshold = max(out.Threshold, min(l.most, upwards(float64(math.Float32frombits((bin+1)<<13)))))
		}
	}
	return out
}

// threshold is nine times as far from the median as the quartile is, on a
// logarithmic scale, within what the limit allows, to three digits.
func (l limit) threshold(median, quartile float64) float64 {
	median, quartile = max(median, l.least), max(quartile, l.least)
	t := median
	for range 9 {
		t *= quartile / median
	}
	switch {
	case median == 0 && l.below:
		t = 0
	case median == 0:
		t = l.most
	case l.below:
		t = min(t, median/l.factor, l.harmless, l.most)
	default:
		t = min(l.most, max(t, median*l.factor, l.harmless))
	}
	t, _ = strconv.ParseFloat(strconv.FormatFloat(t, 'g', 3, 64), 64)
	return t
}

// upwards rounds to three digits, up.
func upwards(v float64) float64 {
	for _, x := range []float64{v, v * 1.005} {
		if t, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64); t >= v {
			return t
		}
	}
	return v
}

// exclusionOf applies the gate that the selection says it used.
func exclusionOf(b *latents.Batch, k int, gate *schemas.Gate) (schemas.Exclusion, bool) {
	if gate.Mode == schemas.GateOff {
		return schemas.Exclusion{}, false
	}
	e := schemas.Exclusion{ImageID: b.ImageID[k], Reason: schemas.ReasonConstant, Value: float64(b.Quality[k].Mean)}
	if isConstant(b, k) {
		return e, true
	}
	if n := len(gate.Channels); n > 0 && n == len(b.ChannelsOf(k)) {
		return exclusionByChannels(b, k, gate)
	}
	for _, l := range gate.Limits {
		v, ok := figure(l.Reason, b, k)
		if l.Reason == schemas.ReasonBorder && gate.Ground == schemas.GroundBright {
			v = float32(1 - float64(v))
		}
		if low := l.Reason == schemas.ReasonForeground || l.Reason == schemas.ReasonSharpness; ok && (low && float64(v) < l.Threshold || !low && float64(v) > l.Threshold) {
			e.Reason, e.Value, e.Threshold = l.Reason, float64(v), l.Threshold
			return e, true
		}
	}
	return schemas.Exclusion{}, false
}

// compareGate holds the thresholds against those that the latents give.
func (s *selection) compareGate(r *Report) {
	channels := schemas.ChannelLabels(s.latents.manifest.Spec.Channels)
	says, is := s.m.Gate, s.gate.gate(s.m.Parameters.Gate, false, channels)
	if early := s.gate.gate(s.m.Parameters.Gate, true, channels); reflect.DeepEqual(says, early) {
		is = early
	}
	if !slices.Equal(says.Channels, is.Channels) {
		r.problemf(schemas.SelectionFile, "the channels of the quality gate are %+v, the latents give %+v", says.Channels, is.Channels)
	}
	if says.Ground != is.Ground {
		r.problemf(schemas.SelectionFile, "the ground of the images is %q, the latents give %q", says.Ground, is.Ground)
	}
	if says.Mode != is.Mode || says.Judged != is.Judged {
		r.problemf(schemas.SelectionFile, "the quality gate is %s and judged %d images, the latents and parameters give %s and %d",
			says.Mode, says.Judged, is.Mode, is.Judged)
	}
	if len(says.Limits) != len(is.Limits) {
		r.problemf(schemas.SelectionFile, "the quality gate has %d limits, the latents and parameters give %d", len(says.Limits), len(is.Limits))
	}
	for i := range min(len(says.Limits), len(is.Limits)) {
		if says.Limits[i] != is.Limits[i] {
			r.problemf(schemas.SelectionFile, "limit %d of the quality gate is %s, the latents give %s", i, limitText(says.Limits[i]), limitText(is.Limits[i]))
		}
	}
}

// limitText writes a limit with all that it says.
func limitText(l schemas.GateLimit) string {
	text := fmt.Sprintf("{Reason:%s Threshold:%v Given:%v Median:%v Quartile:%v", schemas.ReasonOf(l.Reason, l.Channel), l.Threshold, l.Given, l.Median, l.Quartile)
	if l.Mean != 0 {
		text += fmt.Sprintf(" Mean:%v", l.Mean)
	}
	return text + "}"
}
