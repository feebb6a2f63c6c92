package clustering

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"exemplar/transforms/selection/kmeans"
)

// bounds are the least and the largest value of each coordinate of some rows.
type bounds struct{ least, most []float32 }

// add takes one row in.
func (b *bounds) add(x []float32) {
	if b.least == nil {
		b.least, b.most = append([]float32(nil), x...), append([]float32(nil), x...)
		return
	}
	b.span(x, x)
}

// fold takes the rows of o in.
func (b *bounds) fold(o *bounds) {
	if b.least == nil {
		*b = *o
	} else if o.least != nil {
		b.span(o.least, o.most)
	}
}

func (b *bounds) span(least, most []float32) {
	low, high := b.least[:len(least)], b.most[:len(least)]
	for j, v := range least {
		if v < low[j] {
			low[j] = v
		}
		if most[j] > high[j] {
			high[j] = most[j]
		}
	}
}

// extent returns the largest difference of two values of one coordinate.
func (b *bounds) extent() float64 {
	extent := 0.0
	for j, v := range b.most {
		extent = max(extent, float64(v)-float64(b.least[j]))
	}
	return extent
}

// largest takes in the largest magnitude of an image. Of several the first by id is named, so
// that the order of rows does not matter.
func (c *Counts) largest(v float64, id string) {
	if v > c.MaxAbs || v == c.MaxAbs && (c.Largest == "" || id < c.Largest) {
		c.MaxAbs, c.Largest = v, id
	}
}

// magnitude counts n rows of a magnitude.
func (c *Counts) magnitude(exponent int, n int64) {
	if c.Magnitudes == nil {
		c.Magnitudes = map[int]int64{}
	}
	c.Magnitudes[exponent] += n
}

// ordinary returns a magnitude that at least half of the rows that are not zeros stay below,
// and infinity where none were counted.
func (c *Counts) ordinary() float64 {
	total, below := int64(0), int64(0)
	for _, n := range c.Magnitudes {
		total += n
	}
	for _, exponent := range slices.Sorted(maps.Keys(c.Magnitudes)) {
		if below += c.Magnitudes[exponent]; 2*below >= total {
			return math.Ldexp(1, exponent)
		}
	}
	return math.Inf(1)
}

const (
	resolution = 0x1p-10  // the part of what rows differ by that a mean may be off by
	least      = 0x1p-126 // the least number that float32 holds with all its digits
)

// resolves refuses rows whose means and deviations would not hold what they differ by: too far
// from 0, beside others that are far larger, or smaller than float32 holds.
func resolves(in string, s kmeans.Scale, c Counts) error {
	step := math.Ldexp(1, -s.Shift-1)
	switch {
	case c.Extent == 0:
	case c.Extent < least:
		return fmt.Errorf("%s: no dimension of the latents differs by more than %.3g between images, and float32 holds nothing below %.3g with all its digits: multiply all numbers, by %.0g or so",
			in, c.Extent, least, 1/c.Extent)
	case step > resolution*c.Extent:
		return fmt.Errorf("%s: the latents have numbers up to %.3g, and no dimension differs by more than %.3g between images: "+
			"means of %d images cannot hold both; leave the columns of large numbers out, or subtract a constant from them", in, c.MaxAbs, c.Extent, c.Eligible)
	case step > resolution*c.ordinary():
		return fmt.Errorf("%s: the latent of %q has numbers up to %.3g, and half of the images none above %.3g: means of %d images cannot hold both; leave that image out with Config.Where, or correct it",
			in, c.Largest, c.MaxAbs, c.ordinary(), c.Eligible)
	}
	return nil
}
