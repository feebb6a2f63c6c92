package imagefile

import (
	"bytes"
	"image"
	"image/png"

	"exemplar/schemas"
)

// PNG renders raw pixels as PNG: 8 or 16 bits, gray or RGB. Equal pixels give equal
// bytes.
func PNG(shape schemas.ImageShape, pixels []byte) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(shape, pixels)); err != nil {
		panic(err) // a buffer takes everything, and no picture is empty
	}
	return b.Bytes()
}

// picture returns raw pixels as package png takes them: of 16 bits the high byte first,
// and RGB with an opacity, which it does not write where all is opaque.
func picture(shape schemas.ImageShape, pixels []byte) image.Image {
	r, n := image.Rect(0, 0, shape.Width, shape.Height), shape.Bits/8
	swapped := pixels
	if n == 2 {
		swapped = make([]byte, len(pixels))
		for i := 0; i+1 < len(pixels); i += 2 {
			swapped[i], swapped[i+1] = pixels[i+1], pixels[i]
		}
	}
	if shape.Channels == 1 {
		if n == 1 {
			return &image.Gray{Pix: swapped, Stride: shape.Width, Rect: r}
		}
		return &image.Gray16{Pix: swapped, Stride: 2 * shape.Width, Rect: r}
	}
	opaque := bytes.Repeat([]byte{0xff}, shape.Height*shape.Width*4*n)
	for i := range shape.Height * shape.Width {
		copy(opaque[i*4*n:], swapped[i*3*n:(i+1)*3*n])
	}
	if n == 1 {
		return &image.NRGBA{Pix: opaque, Stride: 4 * shape.Width, Rect: r}
	}
	return &image.NRGBA64{Pix: opaque, Stride: 8 * shape.Width, Rect: r}
}
