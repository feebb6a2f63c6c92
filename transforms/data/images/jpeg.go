package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
)

// decodeJPEG decodes a JPEG file with image/jpeg after its markers are checked.
func decodeJPEG(data []byte, o Options) (Image, error) {
	im, err := scanJPEG(data, o.Limits)
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

// jpegScan is what the markers of a JPEG file say.
type jpegScan struct {
	im          Image
	progressive bool
	components  [3]byte // identifiers

	// For walk: the components, the largest sampling factors, the MCUs of a picture,
	// the MCUs between restart markers, and the tables for DC and AC.
	frames        [3]jpegComponent
	h, v          int
	columns, rows int
	interval      int
	huffman       [2][4]*huffman

	// missing holds, for each coefficient of each component, how many of its low
	// bits no scan has brought yet; notSeen where no scan has brought any.
	missing [3][64]uint8
}

const notSeen = 255

// scanJPEG reads all markers of the file. It refuses what image/jpeg would
// convert or would allocate without need, pictures that are to be turned for
// display, and those whose last scans are missing, which image/jpeg decodes to a
// coarse or gray picture.
func scanJPEG(data []byte, lim Limits) (Image, error) {
	var s jpegScan
	for b := data[2:]; ; {
		if b = nextMarker(b); len(b) < 2 {
			return s.im, corrupt("the JPEG file is cut off: it has no end marker")
		}
		marker := b[1]
		if marker == 0xd9 { // end of image
			return s.im, s.complete()
		}
		if len(b) < 4 || int(binary.BigEndian.Uint16(b[2:])) > len(b)-2 || binary.BigEndian.Uint16(b[2:]) < 2 {
			return s.im, corrupt("the JPEG file is cut off or damaged at byte %d", len(data)-len(b))
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		body := b[4 : 2+n]
		var err error
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			err = s.frame(marker, body, len(data), lim)
		case marker == 0xc4:
			err = s.tables(body)
		case marker == 0xdd && len(body) == 2:
			s.interval = int(binary.BigEndian.Uint16(body))
		case marker == 0xda:
			if b, err = s.scan(body, b[2+n:]); err == nil {
				continue
			}
		case marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			err = refuseOrientation(body[6:])
		case marker == 0xe2 && bytes.HasPrefix(body, []byte("MPF\x00")):
			err = refusePictures(body[4:])
		}
		if err != nil {
			return s.im, err
		}
		b = b[2+n:]
	}
}

// nextMarker skips entropy-coded data, with its restart markers, and fill bytes.
func nextMarker(b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || i+1 == len(b) {
			return nil
		}
		b = b[i:]
		switch m := b[1]; {
		case m == 0xff:
			b = b[1:]
		case m == 0 || m >= 0xd0 && m <= 0xd7:
			b = b[2:]
		default:
			return b
		}
	}
}

// frame reads the frame header of a file of the given size.
func (s *jpegScan) frame(marker byte, b []byte, size int, lim Limits) error {
	if s.im.Bits != 0 {
		return corrupt("the JPEG file has two frame headers")
	}
	if marker > 0xc2 {
		return unsupported("JPEG of an unusual kind (SOF%d): only baseline and progressive are read", marker-0xc0)
	}
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return corrupt("the JPEG frame header is damaged")
	}
	if b[0] != 8 {
		return unsupported("JPEG with %d bits per sample: only 8 are read", b[0])
	}
	h, w := uint64(binary.BigEndian.Uint16(b[1:])), uint64(binary.BigEndian.Uint16(b[3:]))
	if err := lim.check(w, h); err != nil {
		return err
	}
	// Every block of 8x8 pixels takes one bit at least.
	if w*h > 512*uint64(size) {
		return corrupt("the JPEG file holds %d bytes, too few for the %dx%d (height x width) picture it declares", size, h, w)
	}
	if b[5] != 1 && b[5] != 3 {
		return unsupported("JPEG with %d channels: only gray and color of 3 are read", b[5])
	}
	s.im = Image{Height: int(h), Width: int(w), Channels: int(b[5]), Bits: 8}
	s.progressive = marker == 0xc2
	if err := s.sample(b[6:]); err != nil {
		return err
	}
	for c := range s.im.Channels {
		s.components[c] = b[6+3*c]
		for k := range s.missing[c] {
			s.missing[c][k] = notSeen
		}
	}
	return nil
}

// sample reads the sampling factors of the components and sets the grid of blocks.
func (s *jpegScan) sample(b []byte) error {
	s.h, s.v = 1, 1
	for c := range s.im.Channels {
		h, v := int(b[3*c+1]>>4), int(b[3*c+1]&15)
		if h < 1 || h > 4 || v < 1 || v > 4 {
			return corrupt("the JPEG frame header is damaged")
		}
		s.frames[c].h, s.frames[c].v = h, v
		s.h, s.v = max(s.h, h), max(s.v, v)
	}
	s.columns, s.rows = (s.im.Width+8*s.h-1)/(8*s.h), (s.im.Height+8*s.v-1)/(8*s.v)
	for c := range s.frames[:s.im.Channels] {
		f := &s.frames[c]
		f.columns = s.columns * f.h
		if s.progressive {
			f.nonzero = make([]uint64, f.columns*s.rows*f.v)
		}
	}
	return nil
}

// scan reads a scan header (ITU T.81, B.2.3), notes which bits of which
// coefficients the scan brings, and returns what follows the scan.
func (s *jpegScan) scan(b, data []byte) ([]byte, error) {
	damaged := corrupt("a JPEG scan header is damaged")
	if len(b) < 1 || b[0] == 0 || len(b) != 4+2*int(b[0]) {
		return nil, damaged
	}
	n := int(b[0])
	first, last, high, low := int(b[1+2*n]), int(b[2+2*n]), b[3+2*n]>>4, b[3+2*n]&15
	if !s.progressive {
		first, last, high, low = 0, 63, 0, 0
	}
	// Of a progressive picture a scan brings first coefficients, or others of one channel.
	if first > last || last > 63 || s.progressive && (first == 0) != (last == 0) || first > 0 && n > 1 {
		return nil, damaged
	}
	band := jpegBand{first, last, high > 0}
	scanned := make([]jpegComponent, 0, 3)
	for i := range n {
		for c := range s.im.Channels {
			if s.components[c] != b[1+2*i] {
				continue
			}
			f := s.frames[c]
			f.dc, f.ac = int(b[2+2*i]>>4&3), int(b[2+2*i]&3)
			if first == 0 && !band.refine && s.huffman[0][f.dc] == nil || last > 0 && s.huffman[1][f.ac] == nil {
				return nil, corrupt("a JPEG Huffman table is missing")
			}
			scanned = append(scanned, f)
			for k := first; k <= last; k++ {
				s.missing[c][k] = low
			}
		}
	}
	if len(scanned) != n {
		return nil, damaged
	}
	return s.walk(data, scanned, band)
}

// complete refuses a picture to which scans are missing.
func (s *jpegScan) complete() error {
	if s.im.Bits == 0 {
		return corrupt("the JPEG file has no frame header")
	}
	for c := range s.im.Channels {
		for _, m := range s.missing[c] {
			if m != 0 {
				return corrupt("the JPEG file is incomplete: scans of channel %d are missing, the picture would be coarse", c+1)
			}
		}
	}
	return nil
}

// refuseOrientation refuses a picture whose Exif data, a small TIFF file, say
// that it is to be turned: readers disagree about doing so. Exif data that
// cannot be read say nothing.
func refuseOrientation(exif []byte) error {
	d, ok := openSmall(exif)
	if !ok {
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

// openSmall opens the small TIFF file that a segment of a JPEG file may be.
func openSmall(data []byte) (d directories, ok bool) {
	if !isTIFF(data) {
		return d, false
	}
	d, err := openDirectories(data)
	return d, err == nil
}
