// Package variance measures what a model of images has to explain: how much images
// differ from their mean image, and pixels from one gray value.
//
// Sums of pixels are integers, so that they depend on the images alone and not on the order
// or the grouping in which they were added. Those of rows of a table, float32, are not: whoever
// adds rows does it in their order.
//
// What never enters: Beam, Parquet, files, flags, other modules; models and the choice
// of images.
package variance

import (
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
)

// Sums are the sums of the pixels of some images of one shape. All methods may be
// called by several goroutines. All errors are those of pixels in [0,1].
type Sums struct {
	mu     sync.Mutex
	images uint64
	values []uint64 // of each pixel and channel
	square wide     // of all pixels
	deep   bool     // 16 bits
	full   float64  // the pixel that counts as 1
	rows   *rows    // in place of all but images, where they are rows of a table
}

// New returns the sums of no images of so many bytes of pixels, of 8 or 16 bits, of which full counts
// as 1; of rows of a table 32.
func New(bytes, depth, full int) *Sums {
	if depth == 32 {
		n := bytes / 4
		return &Sums{rows: &rows{mean: make([]float64, n), square: make([]float64, n)}}
	}
	return &Sums{values: make([]uint64, bytes*8/depth), deep: depth == 16, full: float64(full)}
}

// Add adds an image.
func (s *Sums) Add(pixels []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.images++
	if s.rows != nil {
		s.rows.add(pixels, float64(s.images))
		return
	}
	var square uint64 // of an image of at most 2^32 pixels
	if s.deep {
		for i := range s.values {
			v := uint64(binary.LittleEndian.Uint16(pixels[2*i:]))
			s.values[i] += v
			square += v * v
		}
	} else {
		for i, p := range pixels[:len(s.values)] {
			v := uint64(p)
			s.values[i] += v
			square += v * v
		}
	}
	s.square.add(0, square)
}

// Images returns the number of images.
func (s *Sums) Images() int64 { return int64(s.images) }

// Within returns the sum over the images of the mean squared difference to their
// mean image.
func (s *Sums) Within() float64 {
	if s.images == 0 {
		return 0
	}
	if s.rows != nil {
		return s.rows.within()
	}
	// n·Σv² - Σ(Σv)², exactly: 20 + 68 bits where there are a million images of a
	// million pixels.
	var means wide
	for _, v := range s.values {
		means.add(bits.Mul64(v, v))
	}
	whole := s.square.times(s.images)
	whole.subtract(means)
	return whole.float() / float64(s.images) / s.unit() / float64(len(s.values))
}

// Mean returns the mean of all pixels.
func (s *Sums) Mean() float64 {
	if s.images == 0 {
		return 0
	}
	if s.rows != nil {
		return s.rows.overall()
	}
	var sum wide
	for _, v := range s.values {
		sum.add(0, v)
	}
	return sum.float() / float64(s.images) / float64(len(s.values)) / math.Sqrt(s.unit())
}

// Gray returns the sum over the images of the mean squared difference to the mean
// of all pixels.
func (s *Sums) Gray() float64 { return s.Within() + float64(float64(s.images)*s.spread(nil, s.Mean())) }

// Against returns the mean squared errors of the mean image of other images and of
// the mean of all their pixels, in place of every image of s.
func (s *Sums) Against(other *Sums) (meanImage, gray float64) {
	if s.images == 0 || other.images == 0 {
		return 0, 0
	}
	within := s.Within() / float64(s.images)
	return within + s.spread(other, 0), within + s.spread(nil, other.Mean())
}

// spread returns the mean squared difference of the mean image to that of other or,
// without one, to a gray value.
func (s *Sums) spread(other *Sums, gray float64) (sum float64) {
	if s.images == 0 {
		return 0
	}
	if s.rows != nil {
		return s.rows.spread(other, gray)
	}
	full := math.Sqrt(s.unit())
	n := float64(s.images) * full
	for i, v := range s.values {
		to := gray
		if other != nil {
			to = float64(other.values[i]) / (float64(other.images) * full)
		}
		d := float64(v)/n - to
		sum += float64(d * d)
	}
	return sum / float64(len(s.values))
}

// unit returns the square of the pixel that counts as 1.
func (s *Sums) unit() float64 { return s.full * s.full }

// wide is an integer of 128 bits.
type wide struct{ hi, lo uint64 }

func (w *wide) add(hi, lo uint64) {
	var carry uint64
	w.lo, carry = bits.Add64(w.lo, lo, 0)
	w.hi, _ = bits.Add64(w.hi, hi, carry)
}

func (w *wide) subtract(o wide) {
	var borrow uint64
	w.lo, borrow = bits.Sub64(w.lo, o.lo, 0)
	w.hi, _ = bits.Sub64(w.hi, o.hi, borrow)
}

func (w wide) times(n uint64) wide {
	hi, lo := bits.Mul64(w.lo, n)
	return wide{hi + w.hi*n, lo}
}

func (w wide) float() float64 { return math.Ldexp(float64(w.hi), 64) + float64(w.lo) }
