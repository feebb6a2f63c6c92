package sample

import "math"

// Size is the height and width of a crop in pixels.
const Size = 256

// batch is what the nuclei of one well have in common.
type batch struct {
	gain       float64 // gray levels of a typical interphase nucleus
	sigma      float64 // blur of the optics, pixels
	background float64 // gray levels under everything
	shot       float64 // variance of the shot noise for one gray level of signal
	read       float64 // standard deviation of the read noise, gray levels
}

// runs of the collection: a dim one, a usual one, a bright one, a soft one.
var runs = []batch{
	{gain: 120, sigma: 1.2, background: 4, shot: 0.9, read: 1.0},
	{gain: 70, sigma: 1.1, background: 3, shot: 1.1, read: 1.3},
	{gain: 144, sigma: 1.2, background: 6, shot: 0.9, read: 1.1},
	{gain: 112, sigma: 2.2, background: 5, shot: 0.8, read: 0.8},
}

// wellOf returns the conditions of a well: those of its run, a little off.
func wellOf(seed uint64, run, well int) batch {
	r := newRNG(seed, 1<<40+uint64(run)<<8+uint64(well))
	b := runs[run]
	b.gain = float64(b.gain * r.between(0.85, 1.18))
	b.sigma = float64(b.sigma * r.between(0.9, 1.15))
	b.background += r.between(-1, 1.5)
	return b
}

// expose takes the picture of a scene: blur, segmentation, gain, noise, 8 bits.
// The result is as large as the scene; 0 is outside the nucleus, every pixel
// inside is at least 1.
func (b batch) expose(r *rng, s scene) *field {
	sigma := float64(b.sigma * r.between(0.85, 1.2))
	if r.chance(0.03) {
		sigma += r.between(2.5, 5) // out of focus
	}
	gain := float64(b.gain * clamp(1+float64(0.16*r.norm()), 0.6, 1.5))
	s.blur(sigma)

	// What a segmentation finds: all that stands out, with a wide margin, as in the
	// study's crops, where a dim rim of background is part of what was cut out.
	mask := newField(s.w, s.h)
	copy(mask.v, s.v)
	mask.blur(s.margin)
	level := r.between(0.05, 0.11)

	noise := newField(s.w, s.h)
	for i, v := range s.v {
		signal := float64(max(v, 0)*gain) + b.background
		variance := float64(b.shot*signal) + float64(b.read*b.read)
		noise.v[i] = signal + float64(math.Sqrt(variance)*r.norm())
	}
	noise.blur(0.4) // neighbors share a little of it

	out := newField(s.w, s.h)
	for i := range out.v {
		if mask.v[i] > level {
			out.v[i] = math.Floor(clamp(noise.v[i]+0.5, 1, 255))
		}
	}
	return out
}

// bounds returns the smallest box around what is not zero: first column and row,
// and the ones after the last. All are 0 for an empty field.
func (f *field) bounds() (x0, y0, x1, y1 int) {
	x0, y0 = f.w, f.h
	for y := range f.h {
		for x := range f.w {
			if f.v[y*f.w+x] != 0 {
				x0, x1 = min(x0, x), max(x1, x+1)
				y0, y1 = min(y0, y), max(y1, y+1)
			}
		}
	}
	if x1 == 0 {
		return 0, 0, 0, 0
	}
	return x0, y0, x1, y1
}

// center puts the picture of a nucleus into a crop: long side horizontal, its box
// in the middle, moved by (dx, dy) for a nucleus that the border cuts.
func (f *field) center(dx, dy int) []byte {
	x0, y0, x1, y1 := f.bounds()
	turned := x1-x0 < y1-y0
	if turned {
		x0, y0, x1, y1 = y0, x0, y1, x1
	}
	left, top := x0-(Size-(x1-x0))/2-dx, y0-(Size-(y1-y0))/2-dy
	pixels := make([]byte, Size*Size)
	for y := range Size {
		for x := range Size {
			if turned {
				pixels[y*Size+x] = byte(f.at(top+y, left+x))
			} else {
				pixels[y*Size+x] = byte(f.at(left+x, top+y))
			}
		}
	}
	return pixels
}

// nucleus draws one whole nucleus of a phase.
func nucleus(r *rng, b batch, draw func(*rng) scene) []byte {
	return b.expose(r, draw(r)).center(0, 0)
}

// cut draws an interphase nucleus that lies over the crop's border: between a
// quarter and a half of its length, or of its width, is outside.
func cut(r *rng, b batch) []byte {
	f := b.expose(r, interphase(r))
	x0, y0, x1, y1 := f.bounds()
	w, h := max(y1-y0, x1-x0), min(y1-y0, x1-x0)
	part := r.between(0.25, 0.5)
	if r.chance(0.5) {
		return f.center(int(r.sign())*((Size-w)/2+int(float64(part*float64(w)))), 0)
	}
	return f.center(0, int(r.sign())*((Size-h)/2+int(float64(part*float64(h)))))
}

// blank draws a crop without a nucleus: empty, or with a few specks of debris.
func blank(r *rng) []byte {
	pixels := make([]byte, Size*Size)
	if r.chance(0.5) {
		return pixels
	}
	for range 1 + r.intn(4) {
		x, y := 8+r.intn(Size-16), 8+r.intn(Size-16)
		bright := 2 + r.intn(28)
		for range 1 + r.intn(5) {
			pixels[y*Size+x] = byte(1 + bright/2 + r.intn(bright))
			x, y = x+r.intn(3)-1, y+r.intn(3)-1
		}
	}
	return pixels
}
