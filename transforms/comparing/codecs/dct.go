package codecs

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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

// DCT is the transform of images of a shape. It is read only: goroutines may share it.
type DCT struct {
	height, width, channels int
	rows, columns           []float64 // the basis: of a side, frequency by frequency
}

// NewDCT returns the transform of images of a shape.
func NewDCT(s schemas.ImageShape) *DCT {
	return &DCT{s.Height, s.Width, s.Channels, basis(s.Height), basis(s.Width)}
}

// basis returns the orthonormal basis of the DCT-II of n numbers: n of n.
func basis(n int) []float64 {
	c := make([]float64, n*n)
	for k := range n {
		scale := math.Sqrt(2 / float64(n))
		if k == 0 {
			scale = math.Sqrt(1 / float64(n))
		}
		for i := range n {
			// The angle as a part of a whole turn, reduced exactly.
			c[k*n+i] = scale * math.Cos(math.Pi*float64((2*i+1)*k%(4*n))/float64(2*n))
		}
	}
	return c
}

// Size returns the number of coefficients of an image.
func (t *DCT) Size() int { return t.height * t.width * t.channels }

// Forward writes the coefficients of an image to y, a channel after the other, rows of them
// from the lowest frequency.
func (t *DCT) Forward(y, image []float64) {
	h, w := t.height, t.width
	part := make([]float64, h*w) // rows transformed
	for c := range t.channels {
		for i := range h {
			for v := range w {
				var sum float64
				for j, b := range t.columns[v*w : (v+1)*w] {
					sum += float64(image[(i*w+j)*t.channels+c] * b)
				}
				part[i*w+v] = sum
			}
		}
		out := y[c*h*w : (c+1)*h*w]
		clear(out)
		for u := range h {
			row := out[u*w : (u+1)*w]
			for i, b := range t.rows[u*h : (u+1)*h] {
				addScaled(row, part[i*w:(i+1)*w], b)
			}
		}
	}
}

// addScaled adds b times x to sum.
func addScaled(sum, x []float64, b float64) {
	for i, v := range x {
		sum[i] += float64(v * b)
	}
}

// Inverse writes the image of coefficients; rows of frequencies that are all 0 take no time.
func (t *DCT) Inverse(image, y []float64) {
	h, w := t.height, t.width
	part, plane := make([]float64, w), make([]float64, h*w)
	for c := range t.channels {
		clear(plane)
		for u := range h {
			if !t.alongRow(part, y[(c*h+u)*w:][:w]) {
				continue
			}
			for i := range h {
				addScaled(plane[i*w:(i+1)*w], part, t.rows[u*h+i])
			}
		}
		for i, v := range plane {
			image[i*t.channels+c] = v
		}
	}
}

// alongRow writes the values of a row of frequencies, and reports whether one is not 0.
func (t *DCT) alongRow(part, y []float64) (any bool) {
	clear(part)
	for v, b := range y {
		if b != 0 {
			any = true
			addScaled(part, t.columns[v*t.width:(v+1)*t.width], b)
		}
	}
	return any
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
