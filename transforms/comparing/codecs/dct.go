package codecs

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"

	"exemplar/schemas"
)

// mostDCT is the longest side of an image that is transformed as a whole, in pixels.
const mostDCT = 1024

// WhyNoDCT says why images of a shape are not transformed; "" where they are.
func WhyNoDCT(s schemas.ImageShape) string {
	if side := max(s.Height, s.Width); side > mostDCT {
		return fmt.Sprintf("it transforms whole images of at most %d pixels a side, these have %d", mostDCT, side)
	}
	return ""
}

// Ladder returns 1, 2, 3, 4, 6, 8, 12, … as far as most, at least 1.
func Ladder(most int) (list []int) {
	for k := 1; k <= max(1, most); k *= 2 {
		list = append(list, k)
		if half := k + k/2; k > 1 && half <= most {
			list = append(list, half)
		}
	}
	return list
}

// DCT is the transform of images of a shape. Goroutines may share it.
type DCT struct {
	height, width, channels int
	work                    sync.Pool // of *work
}

// work is what one goroutine transforms with.
type work struct {
	rows, columns *side // along a column of the image, and along a row
	line, out     []float64
	plane         []float64
}

// NewDCT returns the transform of images of a shape.
func NewDCT(s schemas.ImageShape) *DCT {
	t := &DCT{height: s.Height, width: s.Width, channels: s.Channels}
	t.work.New = func() any {
		longest := max(s.Height, s.Width)
		return &work{newSide(s.Height), newSide(s.Width), make([]float64, longest), make([]float64, longest), make([]float64, s.Height*s.Width)}
	}
	return t
}

// Size returns the number of coefficients of an image.
func (t *DCT) Size() int { return t.height * t.width * t.channels }

// Forward writes the coefficients of an image to y, a channel after the other, rows of them
// from the lowest frequency.
func (t *DCT) Forward(y, image []float64) {
	w := t.work.Get().(*work)
	defer t.work.Put(w)
	size := t.height * t.width
	for c := range t.channels {
		plane := y[c*size : (c+1)*size]
		for i := range plane {
			plane[i] = image[i*t.channels+c]
		}
		t.along(w, plane, (*side).forward)
	}
}

// Inverse writes the image of coefficients.
func (t *DCT) Inverse(image, y []float64) {
	w := t.work.Get().(*work)
	defer t.work.Put(w)
	size := t.height * t.width
	for c := range t.channels {
		copy(w.plane, y[c*size:(c+1)*size])
		t.along(w, w.plane, (*side).inverse)
		for i, v := range w.plane {
			image[i*t.channels+c] = v
		}
	}
}

// along transforms the rows of a plane, and then its columns.
func (t *DCT) along(w *work, plane []float64, transform func(s *side, out, x []float64)) {
	for i := range t.height {
		row := plane[i*t.width : (i+1)*t.width]
		transform(w.columns, w.out[:t.width], row)
		copy(row, w.out)
	}
	for j := range t.width {
		for i := range t.height {
			w.line[i] = plane[i*t.width+j]
		}
		transform(w.rows, w.out[:t.height], w.line[:t.height])
		for i := range t.height {
			plane[i*t.width+j] = w.out[i]
		}
	}
}

// side is the transform of n numbers, by the Fourier transform of as many (Makhoul 1980).
type side struct {
	n        int
	fft      *fourier.FFT
	cos, sin []float64 // of pi k / 2n
	scale    []float64 // of the orthonormal basis
	v        []float64
	c        []complex128
}

func newSide(n int) *side {
	s := &side{n: n, v: make([]float64, n), c: make([]complex128, n/2+1)}
	if n > 1 {
		s.fft = fourier.NewFFT(n)
	}
	for k := range n {
		sin, cos := math.Sincos(math.Pi * float64(k) / float64(2*n))
		s.sin, s.cos = append(s.sin, sin), append(s.cos, cos)
		s.scale = append(s.scale, math.Sqrt(2/float64(n)))
	}
	s.scale[0] = math.Sqrt(1 / float64(n))
	return s
}

// forward writes the coefficients of x.
func (s *side) forward(out, x []float64) {
	if s.n == 1 {
		out[0] = x[0]
		return
	}
	for i, v := range x { // those at even places, then the others backwards
		if i%2 == 0 {
			s.v[i/2] = v
		} else {
			s.v[s.n-1-i/2] = v
		}
	}
	c := s.fft.Coefficients(s.c, s.v)
	for k := range out {
		re, im := 0.0, 0.0
		if k < len(c) {
			re, im = real(c[k]), imag(c[k])
		} else {
			re, im = real(c[s.n-k]), -imag(c[s.n-k])
		}
		out[k] = s.scale[k] * (float64(re*s.cos[k]) + float64(im*s.sin[k]))
	}
}

// inverse writes the numbers of coefficients y.
func (s *side) inverse(out, y []float64) {
	if s.n == 1 {
		out[0] = y[0]
		return
	}
	s.c[0] = complex(y[0]/s.scale[0], 0)
	for k := 1; k < len(s.c); k++ {
		a, b := y[k]/s.scale[k], y[s.n-k]/s.scale[s.n-k]
		s.c[k] = complex(float64(a*s.cos[k])+float64(b*s.sin[k]), float64(a*s.sin[k])-float64(b*s.cos[k]))
	}
	v := s.fft.Sequence(s.v, s.c)
	for i := range out {
		at := i / 2
		if i%2 == 1 {
			at = s.n - 1 - i/2
		}
		out[i] = v[at] / float64(s.n)
	}
}

// Order returns the coefficients by falling magnitude, equal ones by their position.
func Order(y []float64) []int32 {
	order := make([]int32, len(y))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(math.Abs(y[b]), math.Abs(y[a])), cmp.Compare(a, b))
	})
	return order
}

// PositionBits returns how many bits say which k of n coefficients are kept: log2 of the
// number of ways.
func PositionBits(n, k int) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return max(0, (lg(n)-lg(k)-lg(n-k))/math.Ln2)
}

// Range is the range of a number over all images.
type Range struct{ Low, High float64 }

// Nothing is the range of a number that no image has shown yet.
var Nothing = Range{math.Inf(1), math.Inf(-1)}

// Add takes a value in.
func (r *Range) Add(v float64) { r.Low, r.High = min(r.Low, v), max(r.High, v) }

// Merge takes another range in.
func (r *Range) Merge(o Range) { r.Low, r.High = min(r.Low, o.Low), max(r.High, o.High) }

// Rounded returns the nearest of the 256 values that divide the range evenly, both ends among
// them: what is left of v in schemas.CodeBits. Where the range is one value, it is that.
func (r Range) Rounded(v float64) float64 {
	if !(r.High > r.Low) {
		return r.Low
	}
	const last = 1<<schemas.CodeBits - 1
	step := math.Round((v - r.Low) / (r.High - r.Low) * last)
	return r.Low + float64(step/last*(r.High-r.Low))
}
