package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
)

// decodePNG decodes a PNG file with image/png after its chunks are checked.
func decodePNG(data []byte, o Options) (Image, error) {
	im, err := scanPNG(data, o.Limits)
	if err != nil {
		return Image{}, err
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Image{}, corrupt("the PNG data are damaged or cut off: %v", err)
	}
	return takeOver(im, decoded)
}

// scanPNG reads the chunks of a PNG file and refuses what image/png would
// convert, or would allocate without need.
func scanPNG(data []byte, lim Limits) (Image, error) {
	var im Image
	b, packed := data[len(pngSignature):], uint64(0)
	for first := true; len(b) > 0; first = false {
		if len(b) < 12 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-12) {
			return im, corrupt("the PNG file is cut off: its chunks run past the end of the file")
		}
		n := int(binary.BigEndian.Uint32(b))
		kind, body := string(b[4:8]), b[8:8+n]
		if first != (kind == "IHDR") {
			return im, corrupt("the PNG file does not start with its one header chunk")
		}
		var err error
		switch kind {
		case "IHDR":
			im, err = pngHeader(body, lim)
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
			return im, err
		}
		if kind == "IEND" {
			break
		}
		b = b[12+n:]
	}
	if uint64(im.Shape().Bytes()) > packed*maxRatio(compressionDeflate) {
		return im, corrupt("the PNG file holds %d bytes of data, too few for the %v picture it declares", packed, im.Shape())
	}
	return im, nil
}

// pngHeader reads the header chunk.
func pngHeader(b []byte, lim Limits) (Image, error) {
	if len(b) != 13 {
		return Image{}, corrupt("the PNG header has %d bytes, want 13", len(b))
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if err := lim.check(uint64(w), uint64(h)); err != nil {
		return Image{}, err
	}
	im := Image{Height: int(h), Width: int(w), Bits: int(b[8])}
	switch b[9] {
	case 0:
		im.Channels = 1
	case 2:
		im.Channels = 3
	case 3:
		return im, unsupported("PNG with a palette: only gray and RGB are read; convert it to one of these")
	case 4, 6:
		return im, unsupported("PNG with an alpha channel: only gray and RGB are read; save it without")
	default:
		return im, corrupt("PNG color type %d does not exist", b[9])
	}
	if im.Bits != 8 && im.Bits != 16 {
		return im, unsupported("PNG with %d bits per sample: only 8 and 16 are read", im.Bits)
	}
	return im, nil
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

// dropAlpha copies red, green and blue of RGBA pixels, each sample size bytes.
func dropAlpha(dst, src []byte, size int) {
	for len(dst) > 0 {
		copy(dst[:3*size], src)
		dst, src = dst[3*size:], src[4*size:]
	}
}
