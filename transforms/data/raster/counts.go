package raster

// Counts counts pixel values of 8 or 16 bits.
type Counts []int64

// NewCounts returns the counts of no pixel, of images of so many bits.
func NewCounts(bits int) Counts { return make(Counts, 1<<bits) }

// Add counts the raw pixels of an image, as in a record.
func (c Counts) Add(pixels []byte) {
	if len(c) == 1<<8 {
		for _, v := range pixels {
			c[v]++
		}
		return
	}
	for i := 0; i+1 < len(pixels); i += 2 {
		c[int(pixels[i])|int(pixels[i+1])<<8]++
	}
}

// Merge adds other counts.
func (c Counts) Merge(o Counts) {
	for v, n := range o {
		c[v] += n
	}
}

// Quantile returns the smallest value that at least the share q of the pixels do
// not exceed.
func (c Counts) Quantile(q float64) int {
	var total, seen int64
	for _, n := range c {
		total += n
	}
	for v, n := range c {
		if seen += n; seen > 0 && float64(seen) >= q*float64(total) {
			return v
		}
	}
	return len(c) - 1
}

// Quantiles of the pixels between which pictures show gray.
const (
	darkest   = 0.001
	brightest = 0.999
)

// Range chooses one range for the pictures of all images that were counted, shown from
// black to white. Images that use half of their range or more, or that are black, are
// shown as they are; a background that is almost black stays where it is.
func (c Counts) Range() (low, high float64) { return c.RangeTo(float64(len(c) - 1)) }

// RangeTo is Range of images whose white is full: a camera of 12 bits in 16 has 4095.
func (c Counts) RangeTo(full float64) (low, high float64) {
	low, high = float64(c.Quantile(darkest)), float64(c.Quantile(brightest))
	if high <= low || high >= full/2 {
		high = full
	}
	if low < high/20 || low >= high {
		low = 0
	}
	return low, high
}
