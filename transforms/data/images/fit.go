package images

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"

	"exemplar/schemas"
)

// Fit brings images to the shape of a collection, or refuses them. Only what its
// flags say is done to pixels, and color is never converted.
type Fit struct {
	// Shape is that of every image of the collection. Where Bits is "8", its
	// Bits are 8, whatever the first image has.
	Shape schemas.ImageShape

	// Mode is one of schemas.FitModes, for images of another size:
	//
	//	reject  refuses them
	//	pad     adds zeros, the image in the center (an odd row or column goes below
	//	        and to the right); refuses an image with a side that is larger
	//	crop    keeps the center (an odd row or column is cut below and to the
	//	        right); refuses an image with a side that is smaller
	//	resize  averages areas along a side that shrinks, interpolates linearly
	//	        along one that grows; aspect ratio not kept (see resize.go)
	Mode string

	// Bits is one of schemas.BitsModes: keep refuses images of another depth; 8
	// makes 8-bit images of 16-bit ones, v*255/Full rounded to the nearest, after
	// the size is fitted. 8 bits never become 16.
	Bits string
	// Full is the sample that becomes 255, and so does what is above it; 0 stands for 65535.
	Full int

	// Channels are those of the collection; the zero value of gray and RGB.
	Channels Channels
}

// FitOf returns what brought the images of a finished collection to their shape.
func FitOf(m *schemas.ShardsManifest) Fit {
	return Fit{Shape: m.Image, Mode: m.Parameters.Fit, Bits: m.Parameters.BitsMode, Full: m.Parameters.FullScale, Channels: ChannelsOf(m)}
}

// Apply returns the image in the shape of the collection; one that has it
// already is returned as it is. im must fill its shape. Every error is a *RejectError
// with stage fit.
func (f Fit) Apply(im Image) (Image, error) {
	im, err := f.Channels.Apply(im)
	if err != nil {
		return Image{}, err
	}
	if im.Shape() == f.Shape {
		return im, nil
	}
	if err := f.refuseDepth(im); err != nil {
		return Image{}, err
	}
	if im.Height != f.Shape.Height || im.Width != f.Shape.Width {
		var err error
		if im, err = f.size(im); err != nil {
			return Image{}, err
		}
	}
	if im.Bits == 16 && f.Shape.Bits == 8 {
		im = to8(im, f.Full)
	}
	return im, nil
}

// refuseDepth refuses an image whose channels or bits cannot become the
// collection's.
func (f Fit) refuseDepth(im Image) error {
	switch {
	case im.Channels != f.Shape.Channels:
		return rejectFit(schemas.ReasonWrongDepth, "the image is %s, the collection %s: color is never converted, convert the image first",
			kindOf(im.Channels), f.kind())
	case im.Bits == f.Shape.Bits, im.Bits == 16 && f.Shape.Bits == 8 && f.Bits == "8":
		return nil
	case im.Bits == 16:
		return rejectFit(schemas.ReasonWrongDepth, "the image has 16 bits, the collection 8: use --bits=8 to scale it to 8")
	}
	return rejectFit(schemas.ReasonWrongDepth, "the image has %d bits, the collection %d: 8 bits never become 16, use --bits=8 to bring all images to 8",
		im.Bits, f.Shape.Bits)
}

// kind says what the collection is.
func (f Fit) kind() string {
	if f.Channels.Of != nil {
		return fmt.Sprintf("one of %d channels", f.Shape.Channels)
	}
	return kindOf(f.Shape.Channels)
}

func kindOf(channels int) string {
	switch channels {
	case 1:
		return "gray (1 channel)"
	case 3:
		return "RGB (3 channels)"
	}
	return fmt.Sprintf("one of %d channels", channels)
}

func rejectFit(reason, format string, args ...any) error {
	return &RejectError{Stage: schemas.StageFit, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Check refuses the shape of an image that Apply would refuse.
func (f Fit) Check(shape schemas.ImageShape) error {
	im := Image{Height: shape.Height, Width: shape.Width, Channels: shape.Channels, Bits: shape.Bits}
	if err := f.refuseDepth(im); err != nil {
		return err
	}
	return f.refuseSize(im)
}

// size brings an image of another size to the collection's.
func (f Fit) size(im Image) (Image, error) {
	if err := f.refuseSize(im); err != nil {
		return Image{}, err
	}
	if f.Mode == "resize" {
		return resize(im, f.Shape.Height, f.Shape.Width)
	}
	return place(im, f.Shape.Height, f.Shape.Width), nil
}

// refuseSize refuses an image whose size cannot become the collection's.
func (f Fit) refuseSize(im Image) error {
	h, w := f.Shape.Height, f.Shape.Width
	larger, smaller := im.Height > h || im.Width > w, im.Height < h || im.Width < w
	advice := ""
	switch {
	case f.Mode == "resize", !larger && !smaller, f.Mode == "pad" && !larger, f.Mode == "crop" && !smaller:
		return nil
	case f.Mode == "pad":
		advice = "--fit=pad never cuts an image with a side that is larger: use --fit=resize, or another --size"
		if !smaller {
			advice = "--fit=pad never cuts a larger image: use --fit=crop or --fit=resize, or another --size"
		}
	case f.Mode == "crop":
		advice = "--fit=crop never fills up an image with a side that is smaller: use --fit=resize, or another --size"
		if !larger {
			advice = "--fit=crop never fills up a smaller image: use --fit=pad or --fit=resize, or another --size"
		}
	case !larger:
		advice = "use --fit=pad or --fit=resize to take it, or another --size"
	case !smaller:
		advice = "use --fit=crop or --fit=resize to take it, or another --size"
	default:
		advice = "use --fit=resize to take it, or another --size"
	}
	return rejectFit(schemas.ReasonWrongSize, "the image is %dx%d (height x width), the collection %dx%d: %s",
		im.Height, im.Width, h, w, advice)
}

// place copies the center of an image to the center of a black one of height h
// and width w.
func place(im Image, h, w int) Image {
	out := Image{Height: h, Width: w, Channels: im.Channels, Bits: im.Bits}
	out.Pixels = make([]byte, out.Shape().Bytes())
	pixel := im.Channels * im.Bits / 8
	rows, n := min(h, im.Height), min(w, im.Width)*pixel
	for y := range rows {
		src := ((im.Height-rows)/2+y)*im.Width*pixel + max(im.Width-w, 0)/2*pixel
		dst := ((h-rows)/2+y)*w*pixel + max(w-im.Width, 0)/2*pixel
		copy(out.Pixels[dst:dst+n], im.Pixels[src:])
	}
	return out
}

// to8 scales 16-bit samples to 8 bits: v*255/full rounded to the nearest, halves up, which there are
// none of where full is odd; 65535 for full 0. Samples above it become 255.
func to8(im Image, full int) Image {
	of := uint32(cmp.Or(full, math.MaxUint16))
	out := im
	out.Bits, out.Pixels = 8, make([]byte, len(im.Pixels)/2)
	for i := range out.Pixels {
		v := min(uint32(binary.LittleEndian.Uint16(im.Pixels[2*i:])), of)
		out.Pixels[i] = byte((v*255 + of/2) / of)
	}
	return out
}
