package aligning

import (
	"encoding/binary"

	"exemplar/transforms/data/images"
)

// Turn is what was done to an image.
type Turn struct {
	Angle int64 // by which the axes of what was made are turned against those of the image, clockwise as it is seen, in millidegrees: 0 to 359,999
	Flip  bool  // and up and down were exchanged afterwards

	Cut float64 // share of the object, by weight, that came to lie beyond the edge
}

// Align returns the image with its object turned, see the package.
func Align(im images.Image) (images.Image, Turn) {
	weights := Weights(im)
	c := momentsOf(weights, im.Height, im.Width).central()
	t := c.turn(im.Height > im.Width)
	if t.Angle == 0 && !t.Flip {
		return im, t
	}
	t.Cut = t.lost(weights, im.Height, im.Width)
	return t.Apply(im), t
}

// turn returns the turn that brings an object of these moments to lie along the rows, or upright.
func (c *central) turn(upright bool) (t Turn) {
	d, clarity := c.axis()
	if clarity < (1-RoundRatio)/(1+RoundRatio) {
		var ok bool
		if d, ok = c.heavier(); !ok {
			return Turn{}
		}
	}
	if c.tail(d) < 0 {
		d = direction{-d.x, -d.y}
	}
	if upright {
		d = direction{d.y, -d.x} // the axis itself goes down
	}
	t.Angle = d.angle()
	down := direction{-d.y, d.x}
	if upright {
		// The third moment across is that along the rows: a flip of left and right is one of up and
		// down, turned by 180 degrees.
		if c.tail(d) < 0 {
			t.Angle, t.Flip = (t.Angle+half)%full, true
		}
		return t
	}
	t.Flip = c.tail(down) < 0
	return t
}

// Apply turns an image. Its size stays.
func (t Turn) Apply(im images.Image) images.Image {
	c, s := turnOf(t.Angle)
	if t.Flip {
		return turned(im, [4]int64{c, s, s, -c})
	}
	return turned(im, [4]int64{c, -s, s, c})
}

// Undo turns an image back. It is the image of before but for what interpolation smoothed and the edge cut;
// of turns by multiples of 90 degrees of a square it is exactly that.
func (t Turn) Undo(im images.Image) images.Image {
	c, s := turnOf(t.Angle)
	if t.Flip {
		return turned(im, [4]int64{c, s, s, -c})
	}
	return turned(im, [4]int64{c, s, -s, c})
}

// fraction is the number of bits of a position between two pixels.
const fraction = 15

// turned returns the image whose pixel at p, from the center, is that of im at m·p.
func turned(im images.Image, m [4]int64) images.Image {
	out := im
	out.Pixels = make([]byte, len(im.Pixels))
	ground := grounds(im)
	n, samples := im.Channels, make([]uint16, im.Height*im.Width*im.Channels)
	for i := range samples {
		samples[i] = sample(im, i)
	}
	pixel := func(x, y, c int) uint64 {
		if uint(x) >= uint(im.Width) || uint(y) >= uint(im.Height) {
			return ground[c]
		}
		return uint64(samples[(y*im.Width+x)*n+c])
	}
	for j := range im.Height {
		for i := range im.Width {
			x, fx, y, fy := at(m, i, j, im.Width, im.Height)
			for c := range n {
				const whole = 1 << fraction
				above := pixel(x, y, c) * (whole - fx)
				if fx > 0 {
					above += pixel(x+1, y, c) * fx
				}
				sum := above * (whole - fy)
				if fy > 0 {
					below := pixel(x, y+1, c) * (whole - fx)
					if fx > 0 {
						below += pixel(x+1, y+1, c) * fx
					}
					sum += below * fy
				}
				set(out, (j*im.Width+i)*n+c, uint16((sum+1<<(2*fraction-1))>>(2*fraction)))
			}
		}
	}
	return out
}

// at returns the place of pixel (i, j) in the source: the pixel up and to the left of it, and how far it is
// from that.
func at(m [4]int64, i, j, w, h int) (x int, fx uint64, y int, fy uint64) {
	u, v := int64(2*i-(w-1)), int64(2*j-(h-1))
	px := m[0]*u + m[1]*v + int64(w-1)*one // in units of half a pixel
	py := m[2]*u + m[3]*v + int64(h-1)*one
	const drop = 31 - fraction // of 2·one, a pixel
	px, py = (px+1<<(drop-1))>>drop, (py+1<<(drop-1))>>drop
	const mask = 1<<fraction - 1
	return int(px >> fraction), uint64(px & mask), int(py >> fraction), uint64(py & mask)
}

// lost returns the share of the object that comes to lie beyond the edge.
func (t Turn) lost(weights []uint16, h, w int) float64 {
	c, s := turnOf(t.Angle)
	m := [4]int64{c, s, -s, c}
	if t.Flip {
		m = [4]int64{c, s, s, -c}
	}
	var all, gone uint64
	for j := range h {
		for i := range w {
			v := uint64(weights[j*w+i])
			if v == 0 {
				continue
			}
			all += v
			x, fx, y, fy := at(m, i, j, w, h)
			const middle = 1 << (fraction - 1)
			if fx >= middle {
				x++
			}
			if fy >= middle {
				y++
			}
			if uint(x) >= uint(w) || uint(y) >= uint(h) {
				gone += v
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(gone) / float64(all)
}

func set(im images.Image, i int, v uint16) {
	if im.Bits == 8 {
		im.Pixels[i] = byte(v)
		return
	}
	binary.LittleEndian.PutUint16(im.Pixels[2*i:], v)
}

// Before returns the angle that an axis had before the turn, of the angle that it has after it: both 0 to
// 179,999.
func (t Turn) Before(angle int64) int64 {
	if t.Flip {
		angle = -angle
	}
	return ((angle+t.Angle)%half + half) % half
}
