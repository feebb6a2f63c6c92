// Package shown lets pages of HTML show names that hold what is not seen (package
// visible): a script, for such pages only, writes escapes wherever the page shows a
// name, while the data in the page, and so what it lets people copy, stay as they are.
//
// What never enters: Beam, files, flags, printing, other modules; other scripts; how a
// page is drawn is its own.
package shown

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"exemplar/schemas/visible"
)

//go:embed shown.js
var source string

// classMark is where the characters go in shown.js.
const classMark = "{{unseen}}"

// Script returns the script, which must run before the one that draws the page.
var Script = sync.OnceValue(func() string { return strings.Replace(source, classMark, Class(), 1) })

// Class returns the ranges of the unseen characters as of a class of JavaScript's
// regular expressions with the flag u.
func Class() string {
	var b strings.Builder
	first := rune(-1)
	for r := rune(0); r <= unicode.MaxRune+1; r++ {
		switch unseen := r <= unicode.MaxRune && visible.Unseen(r); {
		case unseen && first < 0:
			first = r
		case !unseen && first >= 0:
			fmt.Fprintf(&b, `\u{%x}-\u{%x}`, first, r-1)
			first = -1
		}
	}
	return b.String()
}

// Needed reports whether a text of JSON, as encoding/json writes it, holds strings that
// hold unseen characters.
func Needed(json []byte) bool {
	for at := 0; at < len(json); {
		c := json[at]
		switch {
		case c == '\\':
			r, n := unescape(json[at+1:])
			if visible.Unseen(r) {
				return true
			}
			at += 1 + n
		case c < utf8.RuneSelf:
			if c == 0x7f {
				return true
			}
			at++
		default:
			r, n := utf8.DecodeRune(json[at:])
			if visible.Unseen(r) {
				return true
			}
			at += n
		}
	}
	return false
}

// unescape returns the character of an escape of JSON, and its bytes behind the
// backslash: U+FFFD for one that is seen.
func unescape(json []byte) (rune, int) {
	if len(json) == 0 {
		return utf8.RuneError, 0
	}
	switch json[0] {
	case 'b':
		return '\b', 1
	case 'f':
		return '\f', 1
	case 'r':
		return '\r', 1
	case 'u':
		if len(json) < 5 {
			return utf8.RuneError, len(json)
		}
		r, err := strconv.ParseUint(string(json[1:5]), 16, 32)
		if err != nil {
			return utf8.RuneError, 5
		}
		return rune(r), 5
	}
	return utf8.RuneError, 1 // a tab, the end of a line, or one that is seen
}
