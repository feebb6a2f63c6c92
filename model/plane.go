package model

import "encoding/binary"

// plane is one image's activations in (row, column, channel) order, with a halo
// of one pixel of zeros all around: what a 3x3 convolution reads past the edge.
type plane struct {
	shape Shape
	data  []float32 // (Height+2) x (Width+2) x Channels, at least
}

// planeSize returns the numbers that a plane of a shape takes.
func planeSize(s Shape) int { return (s.Height + 2) * (s.Width + 2) * s.Channels }

// reset gives the plane a shape and zeroes its halo; the inside is undefined.
func (p *plane) reset(s Shape) {
	p.shape = s
	pitch := (s.Width + 2) * s.Channels
	clear(p.data[:pitch])
	clear(p.data[(s.Height+1)*pitch:][:pitch])
	for y := 1; y <= s.Height; y++ {
		row := p.data[y*pitch:][:pitch]
		clear(row[:s.Channels])
		clear(row[pitch-s.Channels:])
	}
}

// haloRow returns row y with its halo; y is -1 to Height.
func (p *plane) haloRow(y int) []float32 {
	pitch := (p.shape.Width + 2) * p.shape.Channels
	return p.data[(y+1)*pitch:][:pitch]
}

// row returns row y without its halo.
func (p *plane) row(y int) []float32 {
	r := p.haloRow(y)
	return r[p.shape.Channels : len(r)-p.shape.Channels]
}

// load sets the plane to the vector x of the same size.
func (p *plane) load(s Shape, x []float32) {
	p.reset(s)
	n := s.Width * s.Channels
	for y := range s.Height {
		copy(p.row(y), x[y*n:(y+1)*n])
	}
}

// store writes the plane to the vector x of the same size.
func (p *plane) store(x []float32) {
	n := p.shape.Width * p.shape.Channels
	for y := range p.shape.Height {
		copy(x[y*n:(y+1)*n], p.row(y))
	}
}

// loadPixels sets the plane to an image's scaled pixels.
func (p *plane) loadPixels(in Input, pixels []byte) {
	p.reset(Shape{in.Height, in.Width, in.Channels})
	n := in.Width * in.Channels * in.Bits / 8
	for y := range in.Height {
		scalePixels(p.row(y), pixels[y*n:(y+1)*n], in.Bits)
	}
}

// unit8 holds v/255 for every uint8, correctly rounded.
var unit8 = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// scalePixels converts raw pixels to [0,1].
func scalePixels(dst []float32, pixels []byte, bits int) {
	if bits == 8 {
		for i, v := range pixels {
			dst[i] = unit8[v]
		}
		return
	}
	for i := range dst {
		dst[i] = float32(binary.LittleEndian.Uint16(pixels[2*i:])) / 65535
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
	src := plane{data: make([]float32, planeSize(Shape{in.Height, in.Width, in.Channels}))}
	src.loadPixels(in, pixels)
	out := Shape{to.Height, to.Width, in.Channels}
	pooled := plane{data: make([]float32, planeSize(out))}
	pooled.reset(out)
	areaPool(&pooled, &src)
	pooled.store(dst)
}

// areaPool averages src over dst's cells; sums are float64, in (row, column)
// order.
func areaPool(dst, src *plane) {
	in, out := src.shape, dst.shape
	for y := range out.Height {
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
