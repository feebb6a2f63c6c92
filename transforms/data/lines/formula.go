package lines

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainNumber is one with a sign, which spreadsheet programs take for what it is.
var plainNumber = regexp.MustCompile(`^[-+]([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)

// IsFormula reports whether spreadsheet programs may take a cell for a formula. A sign
// alone is none.
func IsFormula(cell string) bool {
	first, n := utf8.DecodeRuneInString(cell)
	switch {
	case unicode.IsControl(first):
		return true
	case strings.ContainsRune("=+-@", first):
		return len(cell) > n && !plainNumber.MatchString(cell)
	}
	return false
}
