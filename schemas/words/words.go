// Package words writes numbers as people read them, in English.
//
// What lives here: the one way to write a number with its noun. What never enters:
// flags; what is counted.
package words

import (
	"math"
	"strconv"
	"strings"
)

// Whole is what can be counted.
type Whole interface {
	~int | ~int32 | ~int64 | ~uint32 | ~uint64
}

// Count writes n with a comma between thousands: 1,061,277.
func Count[N Whole](n N) string {
	s, sign := "", ""
	if n < 0 {
		s, sign = strconv.FormatInt(int64(n), 10)[1:], "-"
	} else {
		s = strconv.FormatUint(uint64(n), 10)
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Noun returns the form of a noun, or of a verb, that goes with n.
func Noun[N Whole](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Plural writes a number with its noun: 1 image, 2,000 images.
func Plural[N Whole](n N, one, many string) string {
	return Count(n) + " " + Noun(n, one, many)
}

// Figure writes a measured number with so many significant digits, and as few
// characters as these allow: 0.0123, 12.3, 1,230, 1.23e-05. It never writes a number
// that is not 0 as 0.
func Figure(v float64, digits int) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e9 {
		return Count(int64(v))
	}
	s := strconv.FormatFloat(v, 'g', digits, 64)
	rounded, err := strconv.ParseFloat(s, 64)
	size := math.Abs(rounded)
	switch {
	case err != nil || size >= 1e9 || size < 1e-4:
		return s
	case size >= math.Pow10(digits-1):
		return Count(int64(math.Round(v)))
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// Percent writes a share of 1 in percent, without noise.
func Percent(share float64, digits int) string {
	return Figure(100*share, digits) + " %"
}

// And joins words as a sentence does: a, b and c.
func And(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// Joined writes numbers one after the other, as they are typed: 16,32,64.
func Joined(numbers []int, by string) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, by)
}

// Sentence returns a text with a capital at its start and one full stop at its end.
func Sentence(s string) string {
	if s == "" {
		return ""
	}
	first := []rune(s)[0]
	return strings.TrimSuffix(strings.ToUpper(string(first))+s[len(string(first)):], ".") + "."
}
