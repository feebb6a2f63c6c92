package images

import (
	"encoding/binary"
	"sync"

	"exemplar/schemas"
)

// ChannelQualities returns what Quality does, with the same bits, and the quality of each
// channel for itself, as of a gray image of its samples. Further QC bits say of channels that
// they are constant, see schemas.QCConstantChannel, or show nothing, see
// schemas.QCEmptyChannel and noise.
//
// The figures of the whole image follow from the sums of its channels, so that every sample is
// looked at once; one channel at a time is taken out of the image.
func ChannelQualities(pixels []byte, s schemas.ImageShape, full int) (whole schemas.Quality, channels []schemas.Quality, flags int32) {
	one := schemas.ImageShape{Height: s.Height, Width: s.Width, Channels: 1, Bits: s.Bits}
	plane := planes.Get().(*[]byte)
	defer planes.Put(plane)
	if len(*plane) < one.Bytes() {
		*plane = make([]byte, one.Bytes())
	}
	parts := make([]*sums, s.Channels)
	constant := false
	for c := range parts {
		p := (*plane)[:one.Bytes()]
		take(p, pixels, s, c)
		parts[c] = sumsOf(p, one, uint64(schemas.FullScale(full, s.Bits)))
		channels = append(channels, parts[c].quality(p, one))
		constant = constant || parts[c].constant
		if parts[c].constant || parts[c].noise() {
			flags |= schemas.QCEmptyChannel(c)
		}
	}
	t := join(parts)
	switch {
	case t.constant:
		flags |= schemas.QCConstant
	case constant:
		flags |= schemas.QCConstantChannel
	}
	return t.quality(pixels, s), channels, flags
}

// planes holds memory for one channel of an image.
var planes = sync.Pool{New: func() any { return new([]byte) }}

// take copies the samples of channel c.
func take(plane, pixels []byte, s schemas.ImageShape, c int) {
	if s.Bits == 8 {
		for i, at := 0, c; i < len(plane); i, at = i+1, at+s.Channels {
			plane[i] = pixels[at]
		}
		return
	}
	for i, at := 0, 2*c; i < len(plane); i, at = i+2, at+2*s.Channels {
		binary.LittleEndian.PutUint16(plane[i:], binary.LittleEndian.Uint16(pixels[at:]))
	}
}

// join returns the sums of an image from those of its channels. Histograms of 16 bits drop as
// many bits as the largest sample wants, which is that of one channel: the others drop fewer.
func join(parts []*sums) *sums {
	t := &sums{fullScale: parts[0].fullScale}
	t.constant = true
	largest := parts[0]
	for _, p := range parts {
		t.n, t.inner = t.n+p.n, t.inner+p.inner
		t.sum, t.zero, t.full = t.sum+p.sum, t.zero+p.zero, t.full+p.full
		t.constant = t.constant && p.constant && p.max == largest.max
		t.lap.join(&p.lap)
		if p.max > t.max {
			t.max = p.max
		}
		if p.max > largest.max {
			largest = p
		}
	}
	t.shift, t.hist = largest.shift, make([]uint64, len(largest.hist))
	for _, p := range parts {
		for v, n := range p.hist {
			t.hist[v>>(t.shift-p.shift)] += n
		}
	}
	return t
}

// noise reports whether an image shows noise alone. The Laplacian of pixels that do not know
// of their neighbors has 20 times their variance (4² + 4·1²), whatever their distribution,
// and that of objects, which are wider than a pixel, a twentieth of that or less: an image is
// noise where the Laplacian says that at least half of the variance is.
func (t *sums) noise() bool {
	if t.constant || t.inner == 0 {
		return false
	}
	var sum, squares uint64
	for v, n := range t.hist {
		sum, squares = sum+n*uint64(v), squares+n*uint64(v)*uint64(v)
	}
	unit := float64(uint64(1) << t.shift)
	mean := float64(sum) / float64(t.n)
	variance := float64(unit*unit) * (float64(squares)/float64(t.n) - float64(mean*mean))
	laplacian := float64(t.lap.variance(t.inner, 1))
	return laplacian >= 20*variance/2
}
