package images

import (
	"encoding/binary"
	"math/bits"

	"exemplar/schemas"
)

// This file resizes in exact integer arithmetic. Along each side every output
// sample is a weighted sum of input samples with integer weights of a common
// sum; the sums of both sides are multiplied out, and rounded once, at the end:
// half up. The result is the same on every machine.

// axis holds the weights along one side that goes from n pixels to m. The sum of
// an output's weights is total.
//
// A side that shrinks is averaged over areas: output i covers [i*n, (i+1)*n) and
// input j covers [j*m, (j+1)*m) of n*m parts, the weight is the length of the
// overlap, and the total n. A side that grows is interpolated linearly between
// pixel centers: output i lies at ((2i+1)*n - m) / 2m, the total is 2m, and the
// picture goes on beyond its edge with the edge's value.
type axis struct {
	n, m  int
	total uint64
}

func newAxis(n, m int) axis {
	if m <= n {
		return axis{n, m, uint64(n)}
	}
	return axis{n, m, 2 * uint64(m)}
}

// span is what one output takes: count inputs from start on, the first, the last
// (where there are two or more) and those between with a weight each.
type span struct {
	start, count       int
	first, inner, last uint64
}

// weight returns the weight of input start+k.
func (s *span) weight(k int) uint64 {
	switch k {
	case 0:
		return s.first
	case s.count - 1:
		return s.last
	}
	return s.inner
}

// span returns the inputs and weights of output i.
func (a axis) span(i int) span {
	n, m := a.n, a.m
	if m <= n {
		start, end := i*n, (i+1)*n
		j, last := start/m, (end-1)/m
		return span{j, last - j + 1, uint64(min((j+1)*m, end) - start), uint64(m), uint64(end - last*m)}
	}
	at := (2*i+1)*n - m
	j := max(at, 0) / (2 * m)
	part := uint64(max(at, 0) % (2 * m))
	if j == n-1 || part == 0 {
		return span{start: j, count: 1, first: a.total}
	}
	return span{start: j, count: 2, first: a.total - part, last: part}
}

// resize returns the image with height h and width w.
func resize(im Image, h, w int) (Image, error) {
	down, across := newAxis(im.Height, h), newAxis(im.Width, w)
	hi, total := bits.Mul64(down.total, across.total)
	if overflow, _ := bits.Mul64(total, 1<<16); hi != 0 || overflow != 0 {
		return Image{}, rejectFit(schemas.ReasonTooLarge, "the image is %dx%d (height x width): too large to resize to %dx%d",
			im.Height, im.Width, h, w)
	}
	out := Image{Height: h, Width: w, Channels: im.Channels, Bits: im.Bits}
	out.Pixels = make([]byte, out.Shape().Bytes())
	sum := make([]uint64, w*im.Channels)
	row := make([]uint64, w*im.Channels)
	have := -1 // input row that row holds: neighboring outputs share one
	for y := range h {
		clear(sum)
		rows := down.span(y)
		for k := range rows.count {
			if j := rows.start + k; j != have {
				across.apply(row, im, j)
				have = j
			}
			weight := rows.weight(k)
			for i, v := range row {
				sum[i] += weight * v
			}
		}
		for i, v := range sum {
			out.set(y*len(sum)+i, (v+total/2)/total)
		}
	}
	return out, nil
}

// apply computes the weighted sums along row y of the image.
func (a axis) apply(dst []uint64, im Image, y int) {
	for i := range a.m {
		columns := a.span(i)
		at := (y*im.Width + columns.start) * im.Channels
		for c := range im.Channels {
			var sum uint64
			for k := range columns.count {
				sum += columns.weight(k) * im.sample(at+k*im.Channels+c)
			}
			dst[i*im.Channels+c] = sum
		}
	}
}

// sample returns sample i.
func (im *Image) sample(i int) uint64 {
	if im.Bits == 8 {
		return uint64(im.Pixels[i])
	}
	return uint64(binary.LittleEndian.Uint16(im.Pixels[2*i:]))
}

// set sets sample i.
func (im *Image) set(i int, v uint64) {
	if im.Bits == 8 {
		im.Pixels[i] = byte(v)
	} else {
		binary.LittleEndian.PutUint16(im.Pixels[2*i:], uint16(v))
	}
}
