// Package visible shows text that comes from names to people. Names hold what their
// owners like: what would move the cursor of a terminal, change colors, turn the
// direction of the text or not be seen at all is shown as its escape (\x1b, \u202e,
// \u200b) and does nothing.
//
// What never enters: flags; data (tables, manifests and what a page lets people copy
// hold names as they are), and other packages of this project: what draws uses it, too.
package visible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns text for people: what is not seen in it, and bytes that are no UTF-8,
// for some are controls in other codes, become escapes. Lines and tabs are ours.
func Text(text string) string {
	if strings.IndexFunc(text, escaped) < 0 {
		return text
	}
	var b strings.Builder
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		if escaped(r) {
			quoted := strconv.QuoteToASCII(text[at : at+n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(text[at : at+n])
		}
		at += n
	}
	return b.String()
}

func escaped(r rune) bool { return r == utf8.RuneError || Unseen(r) }

// Unseen tells characters on which a terminal or a browser acts instead of showing
// them, and those that have no width: controls but for the end of a line and tabs,
// the marks of direction, joiners, and others that Unicode says to ignore. The
// variation selectors, which say how the character before them looks, are not.
func Unseen(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r < 0x7f:
		return r < ' '
	case r == '\u2028', r == '\u2029': // ends of lines and paragraphs
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.In(r, unicode.Prepended_Concatenation_Mark, unicode.Variation_Selector)
}
