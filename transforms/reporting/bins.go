package reporting

import (
	"math"
)

// fineBins is the number of bins that bins keeps at most, and shownBins that of a
// Histogram.
const (
	fineBins  = 512
	shownBins = 64
)

// bins counts numbers whose range is not known before. Bins are 2^exponent wide
// and begin at multiples of that; the exponent is the smallest for which all
// numbers fit. So the counts depend on the numbers alone, not on their order.
type bins struct {
	exponent int
	width    float64 // 2^exponent
	low      int64   // number of the first bin
	counts   []int64
}

// precision is the number of bits by which the largest number is told from others
// at most.
const precision = 40

// add counts a finite number.
func (b *bins) add(v float64) {
	if b.counts != nil {
		if at := math.Floor(v/b.width) - float64(b.low); at >= 0 && at < float64(len(b.counts)) {
			b.counts[int(at)]++
			return
		}
	}
	o := bins{exponent: -900}
	if v != 0 {
		o.exponent = max(o.exponent, math.Ilogb(v)-precision)
	}
	o.width = math.Ldexp(1, o.exponent)
	o.low, o.counts = int64(math.Floor(v/o.width)), []int64{1}
	b.merge(&o)
}

// merge adds the counts of o, which it changes.
func (b *bins) merge(o *bins) {
	switch {
	case o.counts == nil:
		return
	case b.counts == nil:
		*b = *o
		return
	}
	b.widen(o.exponent)
	o.widen(b.exponent)
	for max(b.end(), o.end())-min(b.low, o.low) > fineBins {
		b.widen(b.exponent + 1)
		o.widen(o.exponent + 1)
	}
	low := min(b.low, o.low)
	counts := make([]int64, max(b.end(), o.end())-low)
	for _, from := range []*bins{b, o} {
		for i, n := range from.counts {
			counts[from.low-low+int64(i)] += n
		}
	}
	b.low, b.counts = low, counts
}

// end returns the number of the bin behind the last.
func (b *bins) end() int64 { return b.low + int64(len(b.counts)) }

// widen makes bins 2^exponent wide, if they are narrower.
func (b *bins) widen(exponent int) {
	shift := exponent - b.exponent
	if shift <= 0 {
		return
	}
	shift = min(shift, 63)
	low := b.low >> shift
	counts := make([]int64, (b.end()-1)>>shift-low+1)
	for i, n := range b.counts {
		counts[(b.low+int64(i))>>shift-low] += n
	}
	b.exponent, b.width, b.low, b.counts = exponent, math.Ldexp(1, exponent), low, counts
}

// histogram returns the counts in at most shownBins bins.
func (b *bins) histogram() *Histogram {
	if b.counts == nil {
		return &Histogram{Counts: []int64{}}
	}
	each := (len(b.counts) + shownBins - 1) / shownBins
	h := &Histogram{Counts: make([]int64, (len(b.counts)+each-1)/each)}
	for i, n := range b.counts {
		h.Counts[i/each] += n
	}
	h.Low = float64(b.low) * b.width
	h.High = h.Low + float64(len(h.Counts)*each)*b.width
	return h
}
