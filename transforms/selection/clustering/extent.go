package clustering

import (
	"fmt"
	"math"

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

// resolution is the part of the extent of the rows that a mean may be off by.
const resolution = 0x1p-10

// resolves refuses rows that are too far from 0 for what they differ by: their sums
// would hold the offset and nothing else.
func resolves(s kmeans.Scale, c Counts) error {
	if step := math.Ldexp(1, -s.Shift-1); c.Extent == 0 || step <= resolution*c.Extent {
		return nil
	}
	return fmt.Errorf("the latents have numbers up to %.3g, and no dimension differs by more than %.3g between images: "+
		"means of %d images cannot hold both; leave the columns of large numbers out, or subtract a constant from them", c.MaxAbs, c.Extent, c.Eligible)
}
