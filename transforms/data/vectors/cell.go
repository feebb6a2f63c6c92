package vectors

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// cellKind is what a cell of a column of numbers holds.
type cellKind int

const (
	cellNumber  cellKind = iota
	cellMissing          // nothing, or a word for it
	cellOdd              // NaN or infinite
	cellText             // anything else
)

// missing are the words, in lower case, that programs write where there is no number.
var missing = map[string]bool{"": true, "na": true, "n/a": true, "#n/a": true, "<na>": true, "null": true, "none": true}

// parseCell reads a number as programs write it: with a point, and nothing between thousands.
// Spaces around it do not count.
func parseCell(cell string) (v float64, kind cellKind) {
	cell = strings.Trim(cell, " \t")
	v, err := strconv.ParseFloat(cell, 64)
	switch {
	case strings.ContainsAny(cell, "xXpP_"): // hexadecimal, and Go's own spelling
		return 0, cellText
	case err == nil && !math.IsNaN(v) && !math.IsInf(v, 0):
		return v, cellNumber
	case missing[strings.ToLower(cell)]:
		return 0, cellMissing
	case err == nil, errors.Is(err, strconv.ErrRange), strings.EqualFold(cell, "-nan"):
		return v, cellOdd
	}
	return 0, cellText
}

// vanished reports whether a cell with the number v, which is 0 in float32, has another one.
func vanished(cell string, v float64) bool {
	mantissa := cell
	if at := strings.IndexAny(cell, "eE"); at >= 0 {
		mantissa = cell[:at]
	}
	return v != 0 || strings.ContainsAny(mantissa, "123456789")
}

// separated reports whether a cell that is no number has digits and what some languages write
// between them: a decimal comma, or something between thousands.
func separated(cell string) bool {
	signs := 0
	for _, r := range strings.Trim(cell, " \t") {
		switch {
		case r >= '0' && r <= '9', strings.ContainsRune("+-eE", r):
		case strings.ContainsRune(",.'’ \u00a0\u202f", r):
			signs++
		default:
			return false
		}
	}
	return signs > 0 && strings.ContainsAny(cell, "0123456789")
}

// shownCell is a cell for a message, as far as a line has room for it.
func shownCell(cell string) string {
	const longest = 40
	if len(cell) > longest {
		cell = strings.ToValidUTF8(cell[:longest], "") + "…"
	}
	return fmt.Sprintf("%q", cell)
}
