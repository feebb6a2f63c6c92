package centering

import (
	"math"
	"math/bits"

	"exemplar/transforms/selection/kmeans"
)

// Median finds the middle value of every coordinate of every group, digit by
// digit: each pass counts, of the values whose leading bits are those found so
// far, how many have which next bits. Values are compared as integers of 32 bits
// in their order (ordered), so the result is exact after at most maxMedianPasses.
type Median struct {
	Values []float64 // groups x D, when Open is 0

	Digit int      // bits a pass
	Open  int      // bits that are not found yet
	Low   []uint32 // of every coordinate: the bits found, zeros behind them
	Rank  []uint32 // number of values below the lower middle value, of those with these bits
}

const (
	binBytes        = 16 << 20 // of the counters of one pass, for every file that is read at a time
	minDigit        = 2
	maxDigit        = 16
	maxMedianPasses = 32 / minDigit
)

// newMedian returns the state before the first pass. The counters stay below
// binBytes up to a million coordinates, and at 16 bytes a coordinate beyond.
func newMedian(groups, d int) *Median {
	cells := groups * d
	digit := bits.Len(uint(binBytes/4/cells)) - 1
	return &Median{Digit: max(minDigit, min(digit, maxDigit)), Open: 32,
		Low: make([]uint32, cells), Rank: make([]uint32, cells)}
}

func (m *Median) done() bool { return m.Open == 0 }

// bins count the values of every coordinate by their next bits.
type bins struct {
	Counts []uint32 // coordinates x 2^digit
	Above  []uint32 // in the last pass: the smallest value with higher leading bits, of every coordinate

	m     *Median
	d     int
	shift int // of the next bits
	digit int
}

func (m *Median) open(d int) *bins {
	digit := min(m.Digit, m.Open)
	b := &bins{Counts: make([]uint32, len(m.Low)<<digit), m: m, d: d, shift: m.Open - digit, digit: digit}
	if b.shift == 0 {
		b.Above = make([]uint32, len(m.Low))
		for i := range b.Above {
			b.Above[i] = math.MaxUint32
		}
	}
	return b
}

// ordered returns an integer that is larger for larger v, 0 being -0.
func ordered(v float32) uint32 {
	u := math.Float32bits(v + 0) // -0 becomes 0
	return u ^ (uint32(int32(u)>>31) | 1<<31)
}

// value reverses ordered.
func value(u uint32) float64 {
	if u>>31 == 0 {
		return float64(math.Float32frombits(^u))
	}
	return float64(math.Float32frombits(u ^ 1<<31))
}

func (b *bins) add(g int, x []float32) {
	open, shift, digit, mask := b.m.Open, b.shift, b.digit, uint32(1)<<b.digit-1
	first := g * b.d
	low := b.m.Low[first : first+len(x)]
	for j, v := range x {
		u := ordered(v)
		if lead, want := u>>open, low[j]>>open; lead == want {
			b.Counts[(first+j)<<digit|int(u>>shift&mask)]++
		} else if lead > want && b.Above != nil {
			b.Above[first+j] = min(b.Above[first+j], u)
		}
	}
}

func (b *bins) fold(o *bins) {
	kmeans.AddAll(b.Counts, o.Counts)
	for i, v := range o.Above {
		b.Above[i] = min(b.Above[i], v)
	}
}

// take finds the next bits of every coordinate, and after the last ones the
// medians.
func (m *Median) take(sizes []int64, b *bins) {
	if m.Open == 32 {
		for i := range m.Rank {
			m.Rank[i] = uint32((sizes[i/b.d] - 1) / 2)
		}
	}
	if b.shift == 0 {
		m.Values = make([]float64, len(m.Low))
	}
	for i := range m.Low {
		if sizes[i/b.d] == 0 {
			continue
		}
		counts := b.Counts[i<<b.digit : (i+1)<<b.digit]
		bin := 0
		for ; m.Rank[i] >= counts[bin]; bin++ {
			m.Rank[i] -= counts[bin]
		}
		m.Low[i] |= uint32(bin) << b.shift
		if b.shift == 0 {
			m.Values[i] = b.middle(i, bin, sizes[i/b.d])
		}
	}
	m.Open = b.shift
}

// middle returns the median of a coordinate whose lower middle value is that of
// a bin.
func (b *bins) middle(i, bin int, size int64) float64 {
	lower := b.m.Low[i]
	counts := b.Counts[i<<b.digit : (i+1)<<b.digit]
	if size%2 == 1 || b.m.Rank[i]+1 < counts[bin] {
		return value(lower)
	}
	upper := b.Above[i]
	for next := bin + 1; next < len(counts); next++ {
		if counts[next] > 0 {
			upper = lower + uint32(next-bin)
			break
		}
	}
	return (value(lower) + value(upper)) / 2
}
