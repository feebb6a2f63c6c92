package verifying

import (
	"math"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// channelTally counts the figures of one channel as gateTally does those of images.
type channelTally struct {
	empty  int64
	counts [5]map[uint32]int64 // by limit; that of the mse is of the whole image
	dark   map[uint32]int64
	mean   map[uint32]int64
}

// isConstant reports whether all pixels of an image, or all of each channel, are equal.
func isConstant(b *latents.Batch, k int) bool {
	channels := b.ChannelsOf(k)
	unequal := slices.ContainsFunc(channels, func(q schemas.Quality) bool { return q.Object > 0 })
	return b.QCFlags[k]&schemas.QCConstant != 0 || len(channels) > 0 && !unequal
}

// showsNothing reports whether a channel of an image does.
func showsNothing(b *latents.Batch, k, c int) bool { return b.QCFlags[k]>>(8+c)&1 != 0 }

// channelFigure is figure of a channel. One that shows nothing has no foreground, unless it is
// saturated throughout, and neither border nor sharpness.
func channelFigure(reason string, b *latents.Batch, k, c int) (float32, bool) {
	q := &b.ChannelsOf(k)[c]
	if reason == schemas.ReasonSaturated || !showsNothing(b, k, c) {
		return figureOf(reason, q, 0)
	}
	if reason != schemas.ReasonForeground {
		return 0, false
	}
	if q.Saturated == 1 {
		return q.Foreground, true
	}
	return 0, true
}

func count(counts *map[uint32]int64, v float32) {
	if *counts == nil {
		*counts = map[uint32]int64{}
	}
	(*counts)[math.Float32bits(v)>>13]++
}

func (t *gateTally) addChannels(b *latents.Batch, k int) {
	if v, ok := figure(schemas.ReasonMSE, b, k); ok {
		count(&t.counts[len(limits)-1], v)
	}
	for c, q := range b.ChannelsOf(k) {
		if len(t.channels) <= c {
			t.channels = append(t.channels, channelTally{})
		}
		into := &t.channels[c]
		for i := range into.counts {
			if v, ok := channelFigure(limits[i].reason, b, k, c); ok {
				count(&into.counts[i], v)
			}
		}
		if showsNothing(b, k, c) {
			into.empty++
			continue
		}
		count(&into.dark, float32(1-float64(q.Border)))
		count(&into.mean, q.Mean)
	}
}

func (t *gateTally) foldChannels(from []channelTally) {
	for c, o := range from {
		if len(t.channels) <= c {
			t.channels = append(t.channels, channelTally{})
		}
		into := &t.channels[c]
		into.empty += o.empty
		pairs := [][2]*map[uint32]int64{{&into.dark, &o.dark}, {&into.mean, &o.mean}}
		for i := range o.counts {
			pairs = append(pairs, [2]*map[uint32]int64{&into.counts[i], &o.counts[i]})
		}
		for _, p := range pairs {
			if *p[0] == nil {
				*p[0] = map[uint32]int64{}
			}
			for bin, n := range *p[1] {
				(*p[0])[bin] += n
			}
		}
	}
}

// channelGate finds the limits of each channel, and that of the mse.
func (t *gateTally) channelGate(g *schemas.Gate, p schemas.GateParameters, names []string) {
	of := make([]channelTally, len(names))
	copy(of, t.channels)
	for c, name := range names {
		known := schemas.GateChannel{Channel: name, Empty: of[c].empty}
		if !p.MaxBorder.Given && !p.MaxBorder.Off && quartile(of[c].counts[2], 2) > 0.5 {
			known.Ground = schemas.GroundBright
		}
		g.Channels = append(g.Channels, known)
	}
	for i := range limits {
		l := &limits[i]
		bound := l.parameter(p)
		if l.reason == schemas.ReasonMSE {
			if len(t.counts[i]) > 0 && !bound.Off {
				g.Limits = append(g.Limits, l.of(t.counts[i], bound, false))
			}
			continue
		}
		for c, known := range g.Channels {
			if out, ok := of[c].limit(i, bound, known.Ground, t.judged); ok {
				out.Channel = known.Channel
				g.Limits = append(g.Limits, out)
			}
		}
	}
}

// limit is that of one channel, number i of limits; false where it has none.
func (t *channelTally) limit(i int, bound schemas.GateBound, ground string, judged int64) (out schemas.GateLimit, ok bool) {
	l, counts, automatic := &limits[i], t.counts[i], !bound.Given
	bright := ground == schemas.GroundBright && automatic
	switch {
	case len(counts) == 0 || bound.Off:
		return out, false
	case bright && l.reason == schemas.ReasonBorder:
		counts = t.dark
	case bright && l.reason == schemas.ReasonSaturated && quartile(counts, 2) > l.harmless:
		return out, false
	}
	out = l.of(counts, bound, false)
	if !automatic || l.reason == schemas.ReasonSaturated {
		return out, true
	}
	if 20*t.empty > judged { // a marker
		return out, false
	}
	if l.reason == schemas.ReasonBorder {
		return out, true
	}
	switch l.reason {
	case schemas.ReasonSharpness:
		out.Mean = threeDigits(quartile(t.mean, 1) / 2)
	case schemas.ReasonNoise:
		out.Mean = threeDigits(quartile(t.mean, 3) * 2)
	}
	all, beyond, halfway := int64(0), int64(0), math.Sqrt(out.Median*out.Threshold)
	for bin, n := range counts {
		all += n
		if v := float64(math.Float32frombits(bin << 13)); l.below && v < halfway || !l.below && v > halfway {
			beyond += n
		}
	}
	return out, 20*beyond <= all
}

func threeDigits(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return v
}

// exclusionByChannels applies the limits of channels: of the first reason that has a channel
// beyond its limit, the channel that is beyond it by the largest factor.
func exclusionByChannels(b *latents.Batch, k int, gate *schemas.Gate) (schemas.Exclusion, bool) {
	for i := range limits {
		reason, below := limits[i].reason, limits[i].below
		var worst schemas.Exclusion
		by, found := 0.0, false
		for _, l := range gate.Limits {
			if l.Reason != reason {
				continue
			}
			v, ok := figure(reason, b, k)
			if c := slices.IndexFunc(gate.Channels, func(g schemas.GateChannel) bool { return g.Channel == l.Channel }); c >= 0 {
				v, ok = channelFigure(reason, b, k, c)
				if ok && reason == schemas.ReasonBorder && gate.Channels[c].Ground == schemas.GroundBright {
					v = float32(1 - float64(v))
				}
				mean := float64(b.ChannelsOf(k)[c].Mean)
				ok = ok && (l.Mean == 0 || below && mean >= l.Mean || !below && mean <= l.Mean)
			}
			x, far := float64(v), float64(v)/l.Threshold
			if below {
				far = l.Threshold / x
			}
			if miss := ok && (below && x < l.Threshold || !below && x > l.Threshold); miss && (!found || far > by) {
				worst = schemas.Exclusion{ImageID: b.ImageID[k], Reason: reason, Channel: l.Channel, Value: x, Threshold: l.Threshold}
				by, found = far, true
			}
		}
		if found {
			return worst, true
		}
	}
	return schemas.Exclusion{}, false
}
