package looks

import (
	"encoding/binary"

	"exemplar/schemas"
)

// focus returns how fine the structure of an image is, from 0 to 1: half of 1 - r, where r is the
// correlation of the gradient with itself a pixel further on, along rows and columns. In terms of
// the power spectrum it is the mean of sin²(ω/2) over the frequencies ω at which the gradient has its
// power: 0 where all is smooth, 1 at the finest pattern that pixels can hold. A factor on all
// pixels, or a number added to them, changes nothing: unlike the variance of the Laplacian it does not
// take dim images, or such with little contrast, for blurred ones.
//
// It is related to Vollath's autocorrelation ("Automatic focusing by correlative methods", J.
// Microscopy 1987), and is a quarter of von Neumann's ratio (1941) of the gradient. Only the smallest rectangle
// that holds all pixels above zero is looked at, so that black padding adds no edge. An image
// without a gradient has 0.
func focus(pixels []byte, s schemas.ImageShape) float64 {
	if s.Bits == 8 {
		return focusOf(pixels, s)
	}
	values := make([]uint16, len(pixels)/2)
	for i := range values {
		values[i] = binary.LittleEndian.Uint16(pixels[2*i:])
	}
	return focusOf(values, s)
}

func focusOf[T uint8 | uint16](v []T, s schemas.ImageShape) float64 {
	n := s.Width * s.Channels
	top, bottom, left, right := lit(v, s.Height, n, s.Channels)
	row := func(y int) []T { return v[y*n+left : y*n+right] }
	var sum gradients
	for y := top; y < bottom; y++ {
		if r := row(y); len(r) > 2*s.Channels {
			addTriples(&sum, r, r[s.Channels:], r[2*s.Channels:])
		}
		if y+2 < bottom {
			addTriples(&sum, row(y), row(y+1), row(y+2))
		}
	}
	if sum.squares == 0 {
		return 0
	}
	return 0.5 - sum.products/sum.squares
}

// gradients are sums over pairs of neighboring differences. Those of a row are exact.
type gradients struct{ products, squares float64 }

// addTriples adds the two differences of each three samples that follow each other; c is the
// shortest of the rows.
func addTriples[T uint8 | uint16](sum *gradients, a, b, c []T) {
	var products, squares int64
	a, b = a[:len(c)], b[:len(c)]
	for i, v := range c {
		g, h := int64(b[i])-int64(a[i]), int64(v)-int64(b[i])
		products += g * h
		squares += g*g + h*h
	}
	sum.products += float64(products)
	sum.squares += float64(squares)
}

// lit returns the smallest rectangle with all samples above zero, of rows of n samples, a multiple
// of the channels wide; an empty one where there are none.
func lit[T uint8 | uint16](v []T, height, n, channels int) (top, bottom, left, right int) {
	top, left = height, n
	for y := range height {
		row := v[y*n : (y+1)*n]
		first := 0
		for first < n && row[first] == 0 {
			first++
		}
		if first == n {
			continue
		}
		last := n
		for row[last-1] == 0 {
			last--
		}
		top, bottom = min(top, y), y+1
		left, right = min(left, first), max(right, last)
	}
	if bottom == 0 {
		return 0, 0, 0, 0
	}
	return top, bottom, left / channels * channels, (right + channels - 1) / channels * channels
}
