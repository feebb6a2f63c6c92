package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
)

// decodeJPEG decodes a JPEG file with image/jpeg after its markers are checked.
func decodeJPEG(data []byte, lim Limits) (Image, error) {
	im, err := scanJPEG(data, lim)
	if err != nil {
		return Image{}, err
	}
	decoded, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		if _, ok := err.(jpeg.UnsupportedError); ok {
			return Image{}, unsupported("%v", err)
		}
		return Image{}, corrupt("the JPEG data are damaged or cut off: %v", err)
	}
	if d, ok := decoded.(*image.YCbCr); ok && im.Channels == 3 && d.Bounds().Size() == image.Pt(im.Width, im.Height) {
		im.Pixels = rgb(d)
		return im, nil
	}
	return takeOver(im, decoded)
}

// rgb converts luma and chroma to RGB by JFIF's rule as in color.YCbCrToRGB, with
// the chroma sample that covers each pixel.
func rgb(d *image.YCbCr) []byte {
	size := d.Bounds().Size()
	dst := make([]byte, 3*size.X*size.Y)
	i := 0
	for y := d.Rect.Min.Y; y < d.Rect.Max.Y; y++ {
		for x := d.Rect.Min.X; x < d.Rect.Max.X; x++ {
			c := d.COffset(x, y)
			dst[i], dst[i+1], dst[i+2] = color.YCbCrToRGB(d.Y[d.YOffset(x, y)], d.Cb[c], d.Cr[c])
			i += 3
		}
	}
	return dst
}

// scanJPEG reads the markers up to the frame header and refuses what image/jpeg
// would allocate without need, and pictures that are to be turned for display.
func scanJPEG(data []byte, lim Limits) (Image, error) {
	for b := data[2:]; ; {
		for len(b) >= 2 && b[0] == 0xff && b[1] == 0xff { // fill bytes
			b = b[1:]
		}
		if len(b) < 4 {
			return Image{}, corrupt("the JPEG file is cut off before its picture")
		}
		marker, n := b[1], int(binary.BigEndian.Uint16(b[2:]))
		if b[0] != 0xff || n < 2 {
			return Image{}, corrupt("the JPEG file is damaged: no marker at byte %d", len(data)-len(b))
		}
		if n+2 > len(b) {
			return Image{}, corrupt("the JPEG file is cut off before its picture")
		}
		body := b[4 : 2+n]
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			return jpegFrame(marker, body, len(data), lim)
		case marker == 0xd9 || marker == 0xda:
			return Image{}, corrupt("the JPEG file has no frame header before its picture")
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			if err := refuseOrientation(body[6:]); err != nil {
				return Image{}, err
			}
		}
		b = b[2+n:]
	}
}

// jpegFrame reads the frame header of a file of the given size.
func jpegFrame(marker byte, b []byte, size int, lim Limits) (Image, error) {
	if marker > 0xc2 {
		return Image{}, unsupported("JPEG of an unusual kind (SOF%d): only baseline and progressive are read", marker-0xc0)
	}
	if len(b) < 6 {
		return Image{}, corrupt("the JPEG frame header is cut off")
	}
	if b[0] != 8 {
		return Image{}, unsupported("JPEG with %d bits a sample: only 8 are read", b[0])
	}
	h, w := uint64(binary.BigEndian.Uint16(b[1:])), uint64(binary.BigEndian.Uint16(b[3:]))
	if err := lim.check(w, h); err != nil {
		return Image{}, err
	}
	// Every block of 8x8 pixels takes one bit at least.
	if w*h > 512*uint64(size) {
		return Image{}, corrupt("the JPEG file holds %d bytes, too few for the %dx%d (height x width) picture it declares", size, h, w)
	}
	if b[5] != 1 && b[5] != 3 {
		return Image{}, unsupported("JPEG with %d channels: only grey and colour of 3 are read", b[5])
	}
	return Image{Height: int(h), Width: int(w), Channels: int(b[5]), Bits: 8}, nil
}

// refuseOrientation refuses a picture whose Exif data, a small TIFF file, say
// that it is to be turned: readers disagree about doing so. Exif data that
// cannot be read say nothing.
func refuseOrientation(exif []byte) error {
	if !isTIFF(exif) {
		return nil
	}
	d, err := openDirectories(exif)
	if err != nil {
		return nil
	}
	p, err := d.page(d.first)
	if err != nil {
		return nil
	}
	if v := p.orientation.or(1); v != 1 {
		return unsupported("Exif orientation %d: only 1 (upright as stored) is read, save the picture turned", v)
	}
	return nil
}
