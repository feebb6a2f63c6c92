// Package codecs measures the codecs that models are compared with: JPEG, and the discrete
// cosine transform of a whole image. Pixels are in [0,1], errors are those of an image.
//
// JPEG is that of image/jpeg, of gray images of 8 bits; of its bytes those of the entropy-coded
// scan alone count. The transform is the orthonormal DCT-II in both directions, each channel by
// itself; the largest coefficients by magnitude are kept, each in 8 bits over the range that the
// coefficient has in all images, as the numbers of a code are.
//
// What never enters: Beam, Parquet, Gorgonia, plots, files, flags, printing,
// model; which images there are.
package codecs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"

	"exemplar/schemas"
)

// Errors are the mean squared and the mean absolute error of an image.
type Errors struct{ MSE, MAE float64 }

// ErrorsOf returns the errors of an image of which got was made.
func ErrorsOf(got, want []float64) (e Errors) {
	for i, v := range want {
		d := got[i] - v
		e.MSE += float64(d * d)
		e.MAE += max(d, -d)
	}
	n := float64(len(want))
	return Errors{e.MSE / n, e.MAE / n}
}

// Qualities are those that JPEG is measured at.
var Qualities = qualities()

func qualities() []int {
	list := []int{1, 2, 5}
	for q := 10; q <= 95; q += 5 {
		list = append(list, q)
	}
	return list
}

// WhyNoJPEG says why JPEG does not take images of a shape; "" where it does.
func WhyNoJPEG(s schemas.ImageShape) string {
	switch {
	case s.Bits != 8:
		return fmt.Sprintf("it holds 8 bits, these images have %d", s.Bits)
	case s.Channels != 1:
		return fmt.Sprintf("it is measured on gray images, these have %d channels", s.Channels)
	case s.Height >= 1<<16 || s.Width >= 1<<16:
		return "it holds images of at most 65,535 pixels a side"
	}
	return ""
}

// JPEG takes an image through JPEG and returns how many bytes the scan has, and the errors.
func JPEG(pixels []byte, s schemas.ImageShape, quality int) (scan int, e Errors, err error) {
	im := &image.Gray{Pix: pixels, Stride: s.Width, Rect: image.Rect(0, 0, s.Width, s.Height)}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: quality}); err != nil {
		return 0, e, err
	}
	if scan, err = scanBytes(b.Bytes()); err != nil {
		return 0, e, err
	}
	decoded, err := jpeg.Decode(&b)
	if err != nil {
		return 0, e, err
	}
	gray, ok := decoded.(*image.Gray)
	if !ok {
		return 0, e, fmt.Errorf("a gray JPEG was decoded as %T", decoded)
	}
	for y := range s.Height {
		got, want := gray.Pix[y*gray.Stride:], pixels[y*s.Width:]
		for x := range s.Width {
			d := float64(int(got[x])-int(want[x])) / 255
			e.MSE += float64(d * d)
			e.MAE += max(d, -d)
		}
	}
	n := float64(s.Height * s.Width)
	return scan, Errors{e.MSE / n, e.MAE / n}, nil
}

// Markers of a JPEG file.
const (
	markerSOI = 0xd8 // start of the image
	markerEOI = 0xd9 // end
	markerSOS = 0xda // start of the scan
)

// scanBytes returns the bytes of the entropy-coded scan of a JPEG file with one scan: those
// behind the header of the scan, without the marker at the end.
func scanBytes(data []byte) (int, error) {
	if len(data) < 4 || data[0] != 0xff || data[1] != markerSOI || data[len(data)-2] != 0xff || data[len(data)-1] != markerEOI {
		return 0, fmt.Errorf("a JPEG file of %d bytes is not whole", len(data))
	}
	for at := 2; at+4 <= len(data); {
		marker, size := data[at+1], int(binary.BigEndian.Uint16(data[at+2:]))
		if data[at] != 0xff {
			break
		}
		if at += 2 + size; marker == markerSOS {
			return len(data) - 2 - at, nil
		}
	}
	return 0, fmt.Errorf("a JPEG file of %d bytes has no scan", len(data))
}
