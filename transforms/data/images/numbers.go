package images

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"exemplar/schemas"
)

// Numbers are samples that are no pixels until a range says which of them is black and which
// white: floats, signed integers, and those of 32 bits.

// ParseRange reads LOW,HIGH.
func ParseRange(s string) (*Range, error) {
	low, high, _ := strings.Cut(s, ",")
	l, errL := strconv.ParseFloat(low, 64)
	h, errH := strconv.ParseFloat(high, 64)
	switch span := h - l; {
	case errL != nil || errH != nil || math.IsNaN(span) || math.IsInf(l, 0) || math.IsInf(h, 0):
		return nil, fmt.Errorf("%q is not two numbers LOW,HIGH, as 0,1", s)
	case span <= 0:
		return nil, fmt.Errorf("%q: LOW must be below HIGH", s)
	case math.IsInf(span, 0):
		return nil, fmt.Errorf("%q: the numbers are too far apart", s)
	}
	return &Range{Low: l, High: h}, nil
}

// broughtBy is what is between the type of samples and the range in the note of Options.Range.
const broughtBy = " brought to 16 bits by --range="

// Ranged reports whether a note tells that Options.Range made pixels of numbers.
func Ranged(note string) bool { return strings.Contains(note, broughtBy) }

// String returns the range as ParseRange reads it.
func (r Range) String() string {
	return digits(r.Low) + "," + digits(r.High)
}

// digits returns a number to be read and typed: without an exponent unless it is long.
func digits(v float64) string {
	if a := math.Abs(v); v == 0 || a >= 1e-6 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// numberOf returns the type of samples that are numbers; "" of others.
func numberOf(format, bits uint64) string {
	switch {
	case format == 1 && bits == 32:
		return "uint32"
	case format == 2 && (bits == 8 || bits == 16 || bits == 32):
		return fmt.Sprintf("int%d", bits)
	case format == 3 && (bits == 16 || bits == 32 || bits == 64):
		return fmt.Sprintf("float%d", bits)
	}
	return ""
}

// kind names the type of the samples.
func (l *layout) kind() string { return cmp.Or(l.number, fmt.Sprintf("uint%d", l.bits)) }

// numbersOf refuses numbers that mean something else than how bright a channel is, and more
// bytes of them than those of the largest image of pixels.
func (l *layout) numbersOf(lim Limits) error {
	switch {
	case l.number == "":
		return nil
	case l.meaning.alpha || l.meaning.invert || l.meaning.ramp != nil:
		return unsupported("%s samples with alpha, a palette or 0 as white: only as gray (MinIsBlack) or RGB they are read", l.number)
	}
	// A page is held as it is stored, beside its pixels of 16 bits.
	if words := uint64(max(l.bits/16, 1) * l.samples); words > 3 && lim.check(uint64(l.width)*words, (uint64(l.height)+2)/3) != nil {
		return reject(schemas.ReasonTooLarge, "the picture is %dx%d (height x width) of %d samples of %d bits, more bytes than three times the pixels of 16 bits that --max_pixels allows", l.height, l.width, l.samples, l.bits)
	}
	return nil
}

// survey is what is known of the numbers of an image.
type survey struct {
	all, odd, outside int // odd: NaN or infinite
	low, high         float64
}

// scale brings the numbers of a plane to 16 bits, each for itself, and counts those that the range
// does not hold.
func (s *survey) scale(im Image, number string, r Range) Image {
	size, read := im.Bits/8, reader(number)
	out := make([]byte, len(im.Pixels)/size*2)
	for i := range len(out) / 2 {
		v := read(im.Pixels[i*size:])
		s.all++
		if math.IsNaN(v) || math.IsInf(v, 0) {
			s.odd++
			continue
		}
		if s.all-s.odd == 1 {
			s.low, s.high = v, v
		}
		s.low, s.high = min(s.low, v), max(s.high, v)
		if v < r.Low || v > r.High {
			s.outside++
			continue
		}
		binary.LittleEndian.PutUint16(out[2*i:], uint16(math.Round((v-r.Low)/(r.High-r.Low)*math.MaxUint16)))
	}
	im.Bits, im.Pixels = 16, out
	return im
}

// judge refuses numbers without a range, and those that it does not hold.
func (s *survey) judge(number string, r *Range) error {
	from := digits(s.low) + " to " + digits(s.high)
	switch {
	case s.odd > 0 && s.odd == s.all:
		return unsupported("all %d samples (%s) are NaN or infinite: no pixels can be made of them", s.all, number)
	case s.odd > 0:
		return unsupported("%d of %d samples (%s) are NaN or infinite, the others %s: no pixels can be made of them, write what they stand for into the file", s.odd, s.all, number, from)
	case r == nil:
		return unsupported("its samples are %s, %s: say with --range=LOW,HIGH which numbers become 0 and 65535, the same for the whole collection", number, from)
	case s.outside > 0:
		return unsupported("%d of %d samples (%s, %s) are outside of --range=%v: nothing is clipped, give a range that holds all", s.outside, s.all, number, from, r)
	}
	return nil
}

// reader returns what reads a little-endian number.
func reader(number string) func([]byte) float64 {
	le := binary.LittleEndian
	return map[string]func([]byte) float64{
		"int8":    func(b []byte) float64 { return float64(int8(b[0])) },
		"int16":   func(b []byte) float64 { return float64(int16(le.Uint16(b))) },
		"int32":   func(b []byte) float64 { return float64(int32(le.Uint32(b))) },
		"uint32":  func(b []byte) float64 { return float64(le.Uint32(b)) },
		"float16": func(b []byte) float64 { return float16(le.Uint16(b)) },
		"float32": func(b []byte) float64 { return float64(math.Float32frombits(le.Uint32(b))) },
		"float64": func(b []byte) float64 { return math.Float64frombits(le.Uint64(b)) },
	}[number]
}

// float16 returns the value of IEEE 754 binary16.
func float16(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	v := 0.0
	switch {
	case exponent == 31 && fraction > 0:
		return math.NaN()
	case exponent == 31:
		v = math.Inf(1)
	case exponent == 0:
		v = math.Ldexp(fraction, -24)
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 != 0 {
		return -v
	}
	return v
}
