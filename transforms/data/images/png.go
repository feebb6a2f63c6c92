package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
)

// decodePNG decodes a PNG file with image/png after its chunks are checked.
func decodePNG(data []byte, o Options) (Image, error) {
	im, kind, err := scanPNG(data, o.Limits)
	if err != nil {
		return Image{}, err
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, corrupt("the PNG data are damaged or cut off: %v", err)
	}
	if im, err = takeOver(im, decoded); err != nil {
		return Image{}, err
	}
	return kind.means(im)
}

// pngKind is what the samples of a PNG file are: as those of a TIFF page.
type pngKind struct {
	meaning
	full int // of sBIT; 0 without it
}

// means brings the samples to what they mean, exactly.
func (k pngKind) means(im Image) (Image, error) {
	l := layout{samples: im.Channels, bits: im.Bits, meaning: k.meaning}
	if im.Channels-b2i(k.alpha) == 3 {
		l.meaning.color = true
	}
	im, err := l.means(im)
	if err == nil && k.full > 0 {
		im.facts().FullScale = k.full
	}
	return im, err
}

// scanPNG reads the chunks of a PNG file and refuses what image/png would
// convert, or would allocate without need.
func scanPNG(data []byte, lim Limits) (Image, pngKind, error) {
	im, of, err := Image{}, pngKind{}, error(nil)
	b, packed := data[len(pngSignature):], uint64(0)
	for first := true; len(b) > 0; first = false {
		if len(b) < 12 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-12) {
			return im, of, corrupt("the PNG file is cut off: its chunks run past the end of the file")
		}
		n := int(binary.BigEndian.Uint32(b))
		kind, body := string(b[4:8]), b[8:8+n]
		if first != (kind == "IHDR") {
			return im, of, corrupt("the PNG file does not start with its one header chunk")
		}
		switch kind {
		case "IHDR":
			im, of.meaning, err = pngHeader(body, lim)
		case "sBIT":
			of.full = significant(body, im.Bits)
		case "PLTE":
			if im.Channels == 1 && of.ramp != nil {
				of.ramp, err = pngRamp(body)
			}
		case "tRNS":
			err = unsupported("PNG with a transparent color: only gray and RGB without transparency are read")
		case "acTL":
			err = unsupported("animated PNG: only single pictures are read")
		case "eXIf":
			err = refuseOrientation(body)
		case "IDAT":
			packed += uint64(n)
		}
		if err != nil {
			return im, of, err
		}
		if kind == "IEND" {
			break
		}
		b = b[12+n:]
	}
	if uint64(im.Shape().Bytes()) > packed*maxRatio(compressionDeflate) {
		return im, of, corrupt("the PNG file holds %d bytes of data, too few for the %v picture it declares", packed, im.Shape())
	}
	return im, of, nil
}

// significant returns the largest sample that an sBIT chunk tells of: samples that are no scaled up
// ones, as the specification has it, stay below. Of colors that differ it tells nothing.
func significant(body []byte, bits int) int {
	for _, b := range body {
		if b != body[0] {
			return 0
		}
	}
	if len(body) == 0 || int(body[0]) >= bits || body[0] == 0 {
		return 0
	}
	return 1<<body[0] - 1
}

// pngRamp returns the grays of a palette.
func pngRamp(body []byte) ([]uint16, error) {
	ramp := make([]uint16, 256)
	for i := 0; i+2 < len(body) && i/3 < len(ramp); i += 3 {
		if body[i] != body[i+1] || body[i] != body[i+2] {
			return nil, unsupported("PNG with a palette: index %d is no gray; only a palette of grays is read, convert it to gray or RGB", i/3)
		}
		ramp[i/3] = 257 * uint16(body[i])
	}
	return ramp, nil
}

// pngHeader reads the header chunk.
func pngHeader(b []byte, lim Limits) (im Image, m meaning, err error) {
	if len(b) != 13 {
		return im, m, corrupt("the PNG header has %d bytes, want 13", len(b))
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if err := lim.check(uint64(w), uint64(h)); err != nil {
		return im, m, err
	}
	im = Image{Height: int(h), Width: int(w), Bits: int(b[8])}
	switch b[9] {
	case 0:
		im.Channels = 1
	case 2:
		im.Channels = 3
	case 3:
		im.Channels, m.ramp = 1, []uint16{} // of the palette, which follows
	case 4:
		im.Channels, m.alpha = 2, true
	case 6:
		im.Channels, m.alpha = 4, true
	default:
		return im, m, corrupt("PNG color type %d does not exist", b[9])
	}
	if im.Bits != 8 && im.Bits != 16 {
		return im, m, unsupported("PNG with %d bits per sample: only 8 and 16 are read", im.Bits)
	}
	return im, m, nil
}

// takeOver moves the samples of a decoded picture into im, whose shape is set.
func takeOver(im Image, decoded image.Image) (Image, error) {
	if size := decoded.Bounds().Size(); size.X != im.Width || size.Y != im.Height {
		return Image{}, corrupt("the picture is %dx%d, but the file declares %dx%d (height x width)", size.Y, size.X, im.Height, im.Width)
	}
	row := im.Width * im.Channels * im.Bits / 8
	im.Pixels = make([]byte, im.Height*row)
	for y := range im.Height {
		dst := im.Pixels[y*row : (y+1)*row]
		switch d := decoded.(type) {
		case *image.Gray:
			copy(dst, d.Pix[y*d.Stride:])
		case *image.Gray16:
			copy(dst, d.Pix[y*d.Stride:])
			swap16(dst)
		case *image.Paletted:
			copy(dst, d.Pix[y*d.Stride:])
		case *image.NRGBA:
			takeAlpha(dst, d.Pix[y*d.Stride:], im.Channels, 1)
		case *image.NRGBA64:
			takeAlpha(dst, d.Pix[y*d.Stride:], im.Channels, 2)
			swap16(dst)
		case *image.RGBA:
			dropAlpha(dst, d.Pix[y*d.Stride:], 1)
		case *image.RGBA64:
			dropAlpha(dst, d.Pix[y*d.Stride:], 2)
			swap16(dst)
		default:
			return Image{}, unsupported("the picture decodes to %T, which is neither gray nor RGB", decoded)
		}
	}
	return im, nil
}

// takeAlpha copies RGBA pixels whole, or of gray ones with alpha the two samples, each of size bytes.
func takeAlpha(dst, src []byte, channels, size int) {
	if channels == 4 {
		copy(dst, src)
		return
	}
	for len(dst) > 0 {
		copy(dst[:size], src)
		copy(dst[size:2*size], src[3*size:])
		dst, src = dst[2*size:], src[4*size:]
	}
}

// dropAlpha copies red, green and blue of RGBA pixels, each sample size bytes.
func dropAlpha(dst, src []byte, size int) {
	for len(dst) > 0 {
		copy(dst[:3*size], src)
		dst, src = dst[3*size:], src[4*size:]
	}
}
