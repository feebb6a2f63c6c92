package model

import "exemplar/model/internal/kernel"

// plane is one image's activations in (row, column, channel) order, with zeros
// all around: one pixel above and left, which is what a 3x3 convolution reads
// past the edge, and enough below and right for whole tiles of 8x8 pixels. The
// channels of a pixel are stride apart; the kernels want whole blocks of 16.
//
// A plane may be a window of rows that slides down the image, see keep.
type plane struct {
	shape  Shape
	stride int       // numbers per pixel
	first  int       // row at the start of data, -1 for the zeros above the image
	done   int       // rows from 0 that have been computed
	data   []float32 // rows of side(Width)+2 pixels, from row first
}

// side returns the pixels that are kept of a side: whole tiles, and two more
// pixels than there are, because tiles of 2x2 are written where 4x4 are pooled.
func side(n int) int { return (n + 9) &^ 7 }

// planeSize returns the numbers that a plane of a shape takes.
func planeSize(s Shape, stride int) int { return (side(s.Height) + 2) * (side(s.Width) + 2) * stride }

// reset gives the plane a shape; all numbers are undefined.
func (p *plane) reset(s Shape, stride int) {
	p.shape, p.stride, p.first, p.done = s, stride, -1, 0
}

// seal says that the rows before to have been computed, and zeroes what is
// around those that are new.
func (p *plane) seal(to int) {
	if p.done == 0 && p.first < 0 {
		clear(p.haloRow(-1))
	}
	pitch, right := p.pitch(), (p.shape.Width+1)*p.stride
	rows := p.from(p.done)[:(to-p.done)*pitch]
	clear(rows[:p.stride])
	for ; len(rows) > pitch; rows = rows[pitch:] {
		clear(rows[right : pitch+p.stride]) // and the left of the next row
	}
	clear(rows[right:])
	p.done = to
	p.sealBelow()
}

// sealBelow zeroes what is below the last row, as far as the window goes.
func (p *plane) sealBelow() {
	if h := p.shape.Height; p.done == h {
		below := p.from(h)
		clear(below[:min(len(below), (side(h)+1-h)*p.pitch())])
	}
}

// keep moves the window down to row y and on, of which it keeps what has been
// computed.
func (p *plane) keep(y int) {
	if y > p.first {
		copy(p.data, p.data[(y-p.first)*p.pitch():(max(p.done, y)-p.first)*p.pitch()])
		p.first = y
		p.sealBelow()
	}
}

// pitch returns the distance of rows.
func (p *plane) pitch() int { return (side(p.shape.Width) + 2) * p.stride }

// from returns the plane from row y on, with the zeros on both ends of rows.
func (p *plane) from(y int) []float32 { return p.data[(y-p.first)*p.pitch():] }

// haloRow returns row y with the zeros on both ends; y is -1 to Height.
func (p *plane) haloRow(y int) []float32 { return p.from(y)[:p.pitch()] }

// row returns the pixels of row y.
func (p *plane) row(y int) []float32 {
	return p.haloRow(y)[p.stride:][:p.shape.Width*p.stride]
}

// load sets the plane to the vector x of the same size; channels that only fill
// up the stride are zero.
func (p *plane) load(s Shape, stride int, x []float32) {
	p.reset(s, stride)
	n := s.Width * s.Channels
	for y := range s.Height {
		row := p.row(y)
		if stride > s.Channels {
			clear(row)
		}
		kernel.Expand(row, x[y*n:(y+1)*n], s.Channels, stride)
	}
	p.seal(s.Height)
}

// store writes the plane to the vector x of the same size.
func (p *plane) store(x []float32) {
	n := p.shape.Width * p.shape.Channels
	for y := range p.shape.Height {
		kernel.Compress(x[y*n:(y+1)*n], p.row(y), p.shape.Channels, p.stride)
	}
}

// loadPixels sets the plane to an image's scaled pixels.
func (p *plane) loadPixels(set *kernel.Set, in Input, pixels []byte) {
	p.reset(Shape{in.Height, in.Width, in.Channels}, in.Channels)
	n := in.Width * in.Channels * in.Bits / 8
	for y := range in.Height {
		in.load(set, p.row(y), pixels[y*n:(y+1)*n])
	}
	p.seal(in.Height)
}

// load converts raw pixels to the numbers that the encoder takes.
func (in Input) load(set *kernel.Set, dst []float32, pixels []byte) {
	if in.Rows() {
		LoadRow(dst, pixels)
		return
	}
	if in.Scale == ScaleByte {
		kernel.BytePixels(dst, pixels, in.Bits, in.Full())
		return
	}
	set.ScalePixels(dst, pixels, in.Bits, in.Full())
	if in.Scale == ScaleSymmetric {
		kernel.ToSymmetric(dst)
	}
}

// Pool averages an image's scaled pixels over a grid of to.Height x to.Width
// cells, as the encoder of family linear does, into dst of that size times
// channels in (row, column, channel) order. Cell i of h covers rows
// floor(i·H/h) to ceil((i+1)·H/h), so that any smaller size works; where h
// divides H the cells tile the image. Columns the same.
func Pool(dst []float32, pixels []byte, in Input, to Size) {
	if len(pixels) != in.Bytes() || len(dst) != to.Height*to.Width*in.Channels {
		panic("model: Pool: sizes do not agree")
	}
	src := plane{data: make([]float32, planeSize(Shape{in.Height, in.Width, in.Channels}, in.Channels))}
	src.loadPixels(kernel.Best(), in, pixels)
	out := Shape{to.Height, to.Width, in.Channels}
	pooled := plane{data: make([]float32, planeSize(out, out.Channels))}
	pooled.reset(out, out.Channels)
	areaPool(&pooled, &src, 0, to.Height)
	pooled.store(dst)
}

// areaPool averages src over dst's cells in the rows before to; sums are
// float64, in (row, column) order.
func areaPool(dst, src *plane, from, to int) {
	in, out := src.shape, dst.shape
	for y := from; y < to; y++ {
		y0, y1 := cell(y, out.Height, in.Height)
		row := dst.row(y)
		for x := range out.Width {
			x0, x1 := cell(x, out.Width, in.Width)
			for c := range out.Channels {
				var sum float64
				for sy := y0; sy < y1; sy++ {
					line := src.row(sy)
					for sx := x0; sx < x1; sx++ {
						sum += float64(line[sx*in.Channels+c])
					}
				}
				row[x*out.Channels+c] = float32(sum / float64((y1-y0)*(x1-x0)))
			}
		}
	}
}

// cell returns the range that cell i of n covers of a side.
func cell(i, n, side int) (from, to int) { return i * side / n, ((i+1)*side + n - 1) / n }
