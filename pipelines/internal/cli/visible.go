package cli

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible returns text for a terminal: names hold what their owners like, and what
// would move the cursor, change colors or turn the direction of the text is shown as
// its escape (\x1b, \u202e) and does nothing.
func visible(text string) string {
	if strings.IndexFunc(text, unseen) < 0 {
		return text
	}
	var b strings.Builder
	for at := 0; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		switch {
		case r == utf8.RuneError && n == 1, unseen(r):
			quoted := strconv.QuoteToASCII(text[at : at+n])
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(text[at : at+n])
		}
		at += n
	}
	return b.String()
}

// unseen tells characters that a terminal acts on instead of showing them; lines and
// tabs are ours. An invalid byte counts as one, for some are controls in other codes.
func unseen(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case utf8.RuneError, '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
