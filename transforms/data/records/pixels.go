package records

import (
	"math"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// maxSide bounds each number of a declared shape, so that their product is an
// int64.
const maxSide = 1 << 28

// setPixels fills pixels and shape of im from the image feature and the shape d
// that the record declares, in which what is not known is 0.
func (im *Image) setPixels(data []byte, d schemas.ImageShape, f Fields) *BadRecord {
	if d.Height == 0 && f.Shape.Height == 0 && images.IsImage(data) {
		// Nothing says how many raw pixels there are: the content decides.
		return im.decode(data, d, f)
	}
	s := assume(d, len(data), f)
	if s.Height > 0 && int64(s.Height)*int64(s.Width) > f.maxPixels() {
		return bad(schemas.ReasonTooLarge, "%dx%d pixels are more than %d", s.Height, s.Width, f.maxPixels())
	}
	switch {
	case s.Height > 0 && sizeOf(s) == int64(len(data)):
		im.Height, im.Width, im.Channels, im.Bits, im.Pixels = s.Height, s.Width, s.Channels, s.Bits, data
		return nil
	case images.IsImage(data):
		return im.decode(data, d, f)
	case s.Height == 0:
		return bad(schemas.ReasonUnsupported, "feature %q has %d bytes, which is no square image and no PNG, JPEG or TIFF file, and the record has no height and width", f.image(), len(data))
	}
	return bad(schemas.ReasonWrongSize, "feature %q has %d bytes, pixels of %s have %d", f.image(), len(data), s, sizeOf(s))
}

// assume completes the declared shape of n bytes of raw pixels: by Fields.Shape
// where it is set; channels and bits otherwise by the bytes per pixel, which they
// determine (1: 8-bit gray, 2: 16-bit gray, 3: 8-bit RGB, 6: 16-bit RGB), height
// and width as those of a square. Height 0 means that there is no such square.
func assume(d schemas.ImageShape, n int, f Fields) schemas.ImageShape {
	s := d
	if s.Height == 0 {
		s.Height, s.Width = f.Shape.Height, f.Shape.Width
	}
	if s.Channels == 0 {
		s.Channels = f.Shape.Channels
	}
	if s.Bits == 0 {
		s.Bits = f.Shape.Bits
	}
	if s.Height > 0 {
		s.Channels, s.Bits = complete(s, int64(n))
		return s
	}
	s.Channels, s.Bits = max(s.Channels, 1), max(s.Bits, 8)
	pixel := s.Channels * s.Bits / 8
	side := int(math.Sqrt(float64(n / pixel)))
	if side > 0 && side*side*pixel == n {
		s.Height, s.Width = side, side
	}
	return s
}

// complete returns the channels and bits with which a shape of known height and
// width has n bytes; where none do, 8-bit gray for what is not known.
func complete(s schemas.ImageShape, n int64) (channels, bits int) {
	for _, c := range []int{max(s.Channels, 1), 3} {
		for _, b := range []int{8, 16} {
			t := schemas.ImageShape{Height: s.Height, Width: s.Width, Channels: c, Bits: b}
			if (s.Channels == 0 || s.Channels == c) && (s.Bits == 0 || s.Bits == b) && sizeOf(t) == n {
				return c, b
			}
		}
	}
	return max(s.Channels, 1), max(s.Bits, 8)
}

// sizeOf returns the bytes of raw pixels; with sides up to maxSide it does not
// overflow.
func sizeOf(s schemas.ImageShape) int64 {
	return int64(s.Height) * int64(s.Width) * int64(s.Channels) * int64(s.Bits/8)
}

// decode fills im from an image file, which must have the declared shape.
func (im *Image) decode(data []byte, d schemas.ImageShape, f Fields) *BadRecord {
	got, err := images.Decode(im.Filename, data, images.Options{Limits: images.Limits{MaxPixels: f.MaxPixels}})
	if err != nil {
		return reject(err)
	}
	s := got.Shape()
	if d.Height > 0 && (d.Height != s.Height || d.Width != s.Width) {
		return bad(schemas.ReasonWrongSize, "the image file in feature %q is %s, the record says %dx%d", f.image(), s, d.Height, d.Width)
	}
	if d.Channels > 0 && d.Channels != s.Channels || d.Bits > 0 && d.Bits != s.Bits {
		return bad(schemas.ReasonWrongDepth, "the image file in feature %q is %s, the record says %d channels and %d bits (0: nothing)", f.image(), s, d.Channels, d.Bits)
	}
	im.Height, im.Width, im.Channels, im.Bits, im.Pixels = s.Height, s.Width, s.Channels, s.Bits, got.Pixels
	return nil
}
