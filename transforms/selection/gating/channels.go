package gating

import (
	"math"

	"exemplar/schemas"
)

// Channel holds the quantiles of the figures of one channel over a collection. The zero value
// is empty.
type Channel struct {
	Empty    int64                  // images in which it shows nothing
	Sketches [len(rules) - 1]Sketch // without ReasonMSE, which is of the whole image
	Dark     Sketch
	Mean     Sketch // of the images in which it shows something
}

const (
	// oneIn bounds the images that a channel may keep out by what tells cells apart as well: where
	// more than one in oneIn are on the way to a threshold, this is no artifact.
	oneIn = 20
	// beside is how many times darker than the lower quartile, or brighter than the upper, a channel
	// is when it shows less than is usual, or more.
	beside = 2
)

// constant reports whether an image has nothing to show, as a whole or in each of its channels:
// only a constant one has no object_fraction.
func constant(flags int32, channels []schemas.Quality) bool {
	if flags&schemas.QCConstant != 0 {
		return true
	}
	for i := range channels {
		if channels[i].Object != 0 {
			return false
		}
	}
	return len(channels) > 0
}

// figuresOf returns what channel c of an image that is not constant is judged by. A channel that
// shows nothing has no foreground, and no border, sharpness or noise to be judged by; but it may be
// saturated throughout.
func figuresOf(flags int32, c int, q *schemas.Quality) (f Figures, empty bool) {
	f = FiguresOf(*q, 0, false)
	if empty = flags&schemas.QCEmptyChannel(c) != 0; empty {
		nan := float32(math.NaN())
		f.Border, f.Sharpness = nan, nan
		if q.Saturated < 1 {
			f.Foreground = 0
		}
	}
	return f, empty
}

func (s *Survey) addChannels(flags int32, channels []schemas.Quality) {
	if len(s.Channels) < len(channels) {
		s.Channels = append(s.Channels, make([]Channel, len(channels)-len(s.Channels))...)
	}
	for c := range channels {
		into := &s.Channels[c]
		f, empty := figuresOf(flags, c, &channels[c])
		for i := range into.Sketches {
			into.Sketches[i].Add(f.of(rules[i].reason))
		}
		if empty {
			into.Empty++
			continue
		}
		into.Dark.Add(dark(f.Border))
		into.Mean.Add(channels[c].Mean)
	}
}

func (c *Channel) merge(o *Channel) {
	c.Empty += o.Empty
	for i := range c.Sketches {
		c.Sketches[i].Merge(&o.Sketches[i])
	}
	c.Dark.Merge(&o.Dark)
	c.Mean.Merge(&o.Mean)
}

// deriveChannels sets the limits of each channel, from its own figures as Derive does, but for
// what differs between cells as well as between sharp and blurred images. A marker is off in some
// cells, and they must not be excluded for that, nor those in which it is on:
//
//   - of a channel that is empty in more than one image of twenty, only saturation is judged;
//   - there is no limit on foreground, sharpness and noise where more than one image of twenty is
//     more than halfway from the median to it, on a logarithmic scale;
//   - a channel is out of focus only where its mean is half of the lower quartile, at least, and
//     noise only where it is twice the upper, at most.
//
// A limit that a user gives is that of every channel, and means what it says. ReasonMSE is
// judged of the whole image.
func (s *Survey) deriveChannels(g *schemas.Gate, p schemas.GateParameters, names []string) {
	of := make([]Channel, len(names))
	copy(of, s.Channels)
	for c, name := range names {
		known := schemas.GateChannel{Channel: name, Empty: of[c].Empty}
		if p.MaxBorder == (schemas.GateBound{}) && ringIsBright(&of[c].Sketches[borderRule]) {
			known.Ground = schemas.GroundBright
		}
		g.Channels = append(g.Channels, known)
	}
	for i, f := range p.Flags() {
		if i == len(rules)-1 {
			if l, ok := rules[i].limit(f.Bound, &s.Sketches[i], nil, ""); ok {
				g.Limits = append(g.Limits, l)
			}
			break
		}
		for c, known := range g.Channels {
			if l, ok := of[c].limit(i, f.Bound, known, s.Judged); ok {
				l.Channel = known.Channel
				g.Limits = append(g.Limits, l)
			}
		}
	}
}

// limit returns the limit of the channel by rule i.
func (c *Channel) limit(i int, bound schemas.GateBound, of schemas.GateChannel, judged int64) (l schemas.GateLimit, ok bool) {
	r, sketch := &rules[i], &c.Sketches[i]
	l, ok = r.limit(bound, sketch, &c.Dark, of.Ground)
	if !ok || l.Given || r.reason == schemas.ReasonSaturated {
		return l, ok
	}
	if of.Marker(judged) {
		return l, false
	}
	switch r.reason {
	case schemas.ReasonBorder:
		return l, true
	case schemas.ReasonSharpness:
		l.Mean = round(c.Mean.Quantile(1, 4) / beside)
	case schemas.ReasonNoise:
		l.Mean = round(c.Mean.Quantile(3, 4) * beside)
	}
	halfway := l
	halfway.Threshold = math.Sqrt(l.Median * l.Threshold)
	return l, oneIn*sketch.beyond(&halfway) <= sketch.N
}

// byChannels says why the gate excludes an image by its channels: by the one that misses a
// threshold by the largest factor, of the first reason for which one does.
func byChannels(g *schemas.Gate, flags int32, q schemas.Quality, mse float32, hasMSE bool, channels []schemas.Quality) (worst schemas.Exclusion) {
	var figures [schemas.MaxChannels]Figures
	for c := range channels {
		if figures[c], _ = figuresOf(flags, c, &channels[c]); g.Channels[c].Ground == schemas.GroundBright {
			figures[c].Border = dark(figures[c].Border)
		}
	}
	by, c := 0.0, 0
	for i := range g.Limits {
		l := &g.Limits[i]
		if i == 0 || l.Reason != g.Limits[i-1].Reason {
			if worst.Reason != "" {
				return worst
			}
			c = 0
		}
		if l.Channel == "" {
			whole := FiguresOf(q, mse, hasMSE)
			if v := float64(whole.of(l.Reason)); misses(l, v) {
				return schemas.Exclusion{Reason: l.Reason, Value: v, Threshold: l.Threshold}
			}
			continue
		}
		for g.Channels[c].Channel != l.Channel { // limits are in the order of the channels
			c++
		}
		v := float64(figures[c].of(l.Reason))
		if !misses(l, v) || unusual(l, channels[c].Mean) {
			continue
		}
		far := v / l.Threshold
		if l.Below() {
			far = l.Threshold / v
		}
		if worst.Reason == "" || far > by {
			worst, by = schemas.Exclusion{Reason: l.Reason, Channel: l.Channel, Value: v, Threshold: l.Threshold}, far
		}
	}
	return worst
}

// unusual reports whether a limit is not for images in which the channel has this mean.
func unusual(l *schemas.GateLimit, mean float32) bool {
	if l.Mean == 0 {
		return false
	}
	if l.Below() {
		return float64(mean) < l.Mean
	}
	return float64(mean) > l.Mean
}
