package vectors

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A column of numbers is refused where rounding to float32 moves one of them by more than
// mostRounding standard deviations of the column: what is compared would not be what the table
// holds. So is one that varies by so small a share of its mean that z-scores take it for constant.
const (
	mostRounding = 1e-3
	leastShare   = 2e-6 // twice that of package spaces, whose sample may vary less
)

// Spread is what is known of the numbers of one column, before they are rounded.
type Spread struct {
	n         int64
	low, high float64
	mean, sum float64 // and the sum of squared deviations from it
	rounding  float64 // largest error of float32
}

// Add takes one more number.
func (s *Spread) Add(v float64) {
	if s.n == 0 {
		s.low, s.high = v, v
	}
	s.n++
	s.low, s.high = min(s.low, v), max(s.high, v)
	s.rounding = max(s.rounding, math.Abs(v-float64(float32(v))))
	d := v - s.mean
	s.mean += d / float64(s.n)
	s.sum += float64(d * (v - s.mean))
}

// Join takes the numbers of another part of the column.
func (s *Spread) Join(o Spread) {
	if s.n == 0 || o.n == 0 {
		if s.n == 0 {
			*s = o
		}
		return
	}
	n, d := float64(s.n+o.n), o.mean-s.mean
	share := float64(o.n) / n
	s.mean += float64(d * share)
	s.sum += o.sum + float64(float64(d*d*share)*float64(s.n))
	s.low, s.high, s.rounding, s.n = min(s.low, o.low), max(s.high, o.high), max(s.rounding, o.rounding), s.n+o.n
}

// Deviation returns the standard deviation; of numbers whose squares are 0, half of their range.
func (s *Spread) Deviation() float64 {
	if s.sum == 0 {
		return s.high/2 - s.low/2
	}
	return math.Sqrt(s.sum / float64(s.n))
}

// Constant reports whether the column has one value, but for the last digits of float64.
func (s *Spread) Constant() bool {
	const digits = 8 * 0x1p-53
	return float32(s.low) == float32(s.high) && s.high-s.low <= digits*math.Abs(s.mean)
}

// Fault says why the numbers of a column cannot be compared as float32; "" where they can.
func (s *Spread) Fault(name string) string {
	deviation := s.Deviation()
	if s.n == 0 || s.Constant() || s.rounding <= mostRounding*deviation && deviation > leastShare*math.Abs(s.mean) {
		return ""
	}
	moved := fmt.Sprintf("rounding to float32, in which vectors are compared, moves its numbers by up to %.2g", s.rounding)
	if s.rounding == 0 {
		moved = "float32, in which vectors are compared, rounds z-scores of it away"
	}
	advice := "subtract " + s.offset() + " from the column"
	if math.Max(math.Abs(s.low), math.Abs(s.high)) < 0x1p-100 {
		advice = "multiply the column, whose numbers are next to 0 in float32,"
	}
	return fmt.Sprintf("column %q has the mean %.12g and the standard deviation %.3g, and %s: %s, or leave it out",
		name, s.mean, deviation, moved, advice)
}

// offset is the mean, with no more digits than the standard deviation asks for.
func (s *Spread) offset() string {
	exponent := int(math.Ceil(math.Log10(s.Deviation())))
	unit := math.Pow(10, float64(exponent))
	text := strconv.FormatFloat(math.Round(s.mean/unit)*unit, 'f', max(0, -exponent), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
