package aligning

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"exemplar/transforms/data/images"
)

// weightBits is what is kept of the sums of channels, and so of a weight.
const weightBits = 12

// Weights returns how much each pixel belongs to the object of an image: 0 of the ground, else how much it
// differs from the threshold. All are 0 where nothing differs.
func Weights(im images.Image) []uint16 {
	levels, most := levelsOf(im)
	histogram := make([]uint64, most+1)
	for _, v := range levels {
		histogram[v]++
	}
	t := uint16(images.Otsu(histogram))
	var edge []uint16
	for _, i := range ring(im.Height, im.Width) {
		edge = append(edge, levels[i])
	}
	if bright := median(edge) > t; bright {
		for i, v := range levels {
			levels[i] = max(t+1, v) - v
		}
		return levels
	}
	for i, v := range levels {
		levels[i] = max(t, v) - t
	}
	return levels
}

// levelsOf returns the sum of the channels of each pixel, without the lowest bits where it has more than
// weightBits, and the largest.
func levelsOf(im images.Image) (levels []uint16, most uint16) {
	sums := make([]uint32, im.Height*im.Width)
	var top uint32
	for i := range sums {
		for c := range im.Channels {
			sums[i] += uint32(sample(im, i*im.Channels+c))
		}
		top = max(top, sums[i])
	}
	shift := max(0, bits.Len32(top)-weightBits)
	levels = make([]uint16, len(sums))
	for i, v := range sums {
		levels[i] = uint16(v >> shift)
	}
	return levels, uint16(top >> shift)
}

// ring returns the places of the outermost pixels, row by row.
func ring(h, w int) (at []int) {
	for y := range h {
		first, last := y*w, y*w+w-1
		switch {
		case y == 0 || y == h-1:
			for i := first; i <= last; i++ {
				at = append(at, i)
			}
		case w == 1:
			at = append(at, first)
		default:
			at = append(at, first, last)
		}
	}
	return at
}

// median returns the lower one.
func median(v []uint16) uint16 {
	slices.Sort(v)
	return v[(len(v)-1)/2]
}

// grounds returns what lies beyond the edge of an image: the median of the ring, of each channel.
func grounds(im images.Image) []uint64 {
	out := make([]uint64, im.Channels)
	places := ring(im.Height, im.Width)
	edge := make([]uint16, len(places))
	for c := range out {
		for k, i := range places {
			edge[k] = sample(im, i*im.Channels+c)
		}
		out[c] = uint64(median(edge))
	}
	return out
}

func sample(im images.Image, i int) uint16 {
	if im.Bits == 8 {
		return uint16(im.Pixels[i])
	}
	return binary.LittleEndian.Uint16(im.Pixels[2*i:])
}
