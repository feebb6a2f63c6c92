package training

import (
	"fmt"

	"exemplar/model"
	"exemplar/model/internal/kernel"
)

// pooling is average pooling 2x2 of planes; an odd last row or column is
// dropped.
type pooling struct{ unary }

func newPooling(r *run, l model.Layer) *pooling {
	p := &pooling{newUnary(r, planes(l.In, kernel.Up16(l.In.Channels)), planes(l.Out, kernel.Up16(l.Out.Channels)))}
	p.name, p.relu, p.do, p.back = fmt.Sprintf("pool %v→%v", p.from, p.to), true, p.forward, p.backward
	return p
}

func (p *pooling) forward(y, x []float32) {
	p.each(p.images, func(_, i int) {
		src, dst := p.from.plane(x, i), p.to.plane(y, i)
		for row := range p.to.shape.Height {
			from := kernel.Plane{Data: src[(2*row+1)*p.from.pitch+p.from.stride:], Pitch: p.from.pitch}
			p.set.Average(p.to.row(dst, row), from, p.to.stride, p.to.shape.Width)
		}
		p.to.seal(dst)
	})
}

// backward computes the gradient of x; masked says that it is zero where x is not
// positive.
func (p *pooling) backward(dx, x, g []float32, masked bool) {
	ones := make([]float32, len(p.from.row(dx, 0)))
	fill(ones, 1)
	p.each(p.images, func(_, i int) {
		src, dst, mask := p.to.plane(g, i), p.from.plane(dx, i), p.from.plane(x, i)
		for y := range p.to.shape.Height {
			a, b := ones, ones
			if masked {
				a, b = p.from.row(mask, 2*y), p.from.row(mask, 2*y+1)
			}
			upper, lower := p.from.row(dst, 2*y), p.from.row(dst, 2*y+1)
			p.set.Unpool(upper, lower, p.to.row(src, y), a, b, p.to.stride, p.to.shape.Width)
			n := 2 * p.to.shape.Width * p.to.stride // an odd last column is dropped
			clear(upper[n:])
			clear(lower[n:])
		}
		if p.from.shape.Height%2 == 1 {
			clear(p.from.row(dst, p.from.shape.Height-1))
		}
		p.from.seal(dst)
	})
}

// reshaping turns planes into vectors, or vectors into planes.
type reshaping struct{ unary }

// newReshaping returns the step between two layouts of the same numbers.
func newReshaping(r *run, in, out layout) *reshaping {
	s := &reshaping{newUnary(r, in, out)}
	s.name = fmt.Sprintf("reshape %v→%v", in, out)
	s.do = func(y, x []float32) { s.copy(y, x, out, in) }
	s.back = func(dx, _, g []float32, _ bool) { s.copy(dx, g, in, out) }
	return s
}

// copy copies the numbers of the batch. Of vectors it also zeroes those of the
// images that are not at hand.
func (s *reshaping) copy(dst, src []float32, to, from layout) {
	vectors, planes, reverse := to, from, false
	if to.lead == 0 {
		vectors, planes, reverse = from, to, true
	}
	channels, stride, lead := planes.shape.Channels, planes.stride, vectors.lead
	s.pixels(planes.shape, func(y, x, n int) {
		first, end := (y*planes.shape.Width+x)*channels*lead, (y*planes.shape.Width+x+n)*channels*lead
		for i := range lead {
			switch {
			case i < s.images && reverse:
				vectorsToRow(planes.row(planes.plane(dst, i), y)[x*stride:(x+n)*stride], src[first+i:], channels, stride, lead)
			case i < s.images:
				rowToVectors(dst[first+i:], planes.row(planes.plane(src, i), y)[x*stride:(x+n)*stride], channels, stride, lead)
			case !reverse:
				for u := first + i; u < end; u += lead {
					dst[u] = 0
				}
			}
		}
	})
	if reverse {
		s.each(s.images, func(_, i int) { planes.seal(planes.plane(dst, i)) })
	}
}

// pixelGroup is the number of pixels that a goroutine copies at once.
const pixelGroup = 4

// pixels calls f for groups of n pixels of one row that make up an image.
func (r *run) pixels(s model.Shape, f func(y, x, n int)) {
	groups := (s.Width + pixelGroup - 1) / pixelGroup
	r.each(s.Height*groups, func(_, job int) {
		x := job % groups * pixelGroup
		f(job/groups, x, min(pixelGroup, s.Width-x))
	})
}

// rowToVectors copies the true channels of a row of pixels to numbers that are
// lead apart.
func rowToVectors(dst, row []float32, channels, stride, lead int) {
	at := 0
	for ; len(row) > 0; row = row[stride:] {
		for _, v := range row[:channels] {
			dst[at] = v
			at += lead
		}
	}
}

// vectorsToRow is the reverse; channels that are added become zero.
func vectorsToRow(row, src []float32, channels, stride, lead int) {
	at := 0
	for ; len(row) > 0; row = row[stride:] {
		for c := range channels {
			row[c] = src[at]
			at += lead
		}
		clear(row[channels:stride])
	}
}
