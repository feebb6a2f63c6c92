package images

import (
	"bytes"
	"encoding/binary"

	"exemplar/schemas"
	"exemplar/schemas/caught"
)

// Size returns the height and the width of the image in a file, by its header alone: of one that Decode
// refuses it may return some, too. Every error is a *RejectError with stage decode.
func Size(name string, data []byte, o Options) (size schemas.Size, err error) {
	defer caught.Damaged(&err, func(what string) error { return corrupt("the decoder gave up on damaged data: %s", what) })
	o.file = name
	switch {
	case isTIFF(data):
		return sizeOfTIFF(data, o)
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return sizeOfPNG(data[len(pngSignature):], o)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return sizeOfJPEG(data, o)
	case len(data) == 0:
		return size, reject(schemas.ReasonEmpty, "the file is empty (0 bytes)")
	}
	return size, refuseKind(name, data)
}

func sizeOfTIFF(data []byte, o Options) (size schemas.Size, err error) {
	d, err := openDirectories(data)
	if err != nil {
		return size, err
	}
	l, err := d.pageLayout(d.first, o)
	return schemas.Size{Height: l.height, Width: l.width}, err
}

func sizeOfPNG(b []byte, o Options) (size schemas.Size, err error) {
	if len(b) < 8+13 || binary.BigEndian.Uint32(b) != 13 || string(b[4:8]) != "IHDR" {
		return size, corrupt("the PNG file does not start with its one header chunk")
	}
	im, _, err := pngHeader(b[8:21], o.Limits)
	return schemas.Size{Height: im.Height, Width: im.Width}, err
}

func sizeOfJPEG(data []byte, o Options) (size schemas.Size, err error) {
	var s jpegScan
	for b := data[2:]; ; {
		if b = nextMarker(b); len(b) < 4 || int(binary.BigEndian.Uint16(b[2:])) > len(b)-2 || binary.BigEndian.Uint16(b[2:]) < 2 {
			return size, corrupt("the JPEG file is cut off or damaged at byte %d", len(data)-len(b))
		}
		marker, n := b[1], int(binary.BigEndian.Uint16(b[2:]))
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			err := s.frame(marker, b[4:2+n], len(data), o.Limits)
			return schemas.Size{Height: s.im.Height, Width: s.im.Width}, err
		case marker == 0xda || marker == 0xd9:
			return size, corrupt("the JPEG file has no frame header before its pixels")
		}
		b = b[2+n:]
	}
}
