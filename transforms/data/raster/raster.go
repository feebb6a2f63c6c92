// Package raster holds the pixels of an image as numbers, for pictures, figures and
// contact sheets: reduced by averaging, and shown as gray.
//
// What never enters: Beam, Parquet, files, printing; which range of values is shown, and
// how pictures are encoded.
package raster

import (
	"encoding/binary"
	"math"

	"exemplar/schemas"
)

// Image is the values of an image, in its own unit, as in a record: row by row, the
// channels of a pixel together.
type Image struct {
	Height, Width, Channels int
	V                       []float64
}

// New returns a black image.
func New(height, width, channels int) *Image {
	return &Image{height, width, channels, make([]float64, height*width*channels)}
}

// Of reads the raw pixels of an image, reduced as by Reduced.
func Of(pixels []byte, s schemas.ImageShape, n int) *Image {
	if s.Bits == 8 {
		return reduced(pixels, s.Height, s.Width, s.Channels, n)
	}
	values := make([]uint16, len(pixels)/2)
	for i := range values {
		values[i] = binary.LittleEndian.Uint16(pixels[2*i:])
	}
	return reduced(values, s.Height, s.Width, s.Channels, n)
}

// Reduced averages squares of n x n pixels; those at the right and lower edge may
// be smaller.
func (im *Image) Reduced(n int) *Image {
	if n == 1 {
		return im
	}
	return reduced(im.V, im.Height, im.Width, im.Channels, n)
}

func reduced[T uint8 | uint16 | float64](v []T, height, width, channels, n int) *Image {
	out := New((height+n-1)/n, (width+n-1)/n, channels)
	for y := range out.Height {
		bottom, sums := min(height, (y+1)*n), out.V[y*out.Width*channels:]
		for i := y * n; i < bottom; i++ {
			row := v[i*width*channels:][:width*channels]
			for x := range out.Width {
				for c := range channels {
					sum := sums[x*channels+c]
					for j := x*n*channels + c; j < min(len(row), (x+1)*n*channels); j += channels {
						sum += float64(row[j])
					}
					sums[x*channels+c] = sum
				}
			}
		}
		for x := range out.Width {
			count := float64((bottom - y*n) * (min(width, (x+1)*n) - x*n))
			for c := range channels {
				sums[x*channels+c] /= count
			}
		}
	}
	return out
}

// Gray returns what a value is shown as where low is black and high is white.
func Gray(v, low, high float64) uint8 {
	return uint8(math.Round(255 * min(1, max(0, (v-low)/(high-low)))))
}
