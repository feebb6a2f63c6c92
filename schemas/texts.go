package schemas

import (
	"fmt"
	"unicode/utf8"
)

// Largest texts, in bytes. An id is a path; a label or a value of metadata stands
// twice in the header of a page of Parquet, which readers bound.
const (
	MaxID   = 4 << 10
	MaxText = 64 << 10
)

// TextFault says why a text cannot be written into a file, as the end of a sentence
// about it; "" where it can. Other programs do not open a file of which one text is
// not UTF-8.
func TextFault(text string) string {
	switch {
	case len(text) > MaxText:
		return fmt.Sprintf("has a text of %d bytes, more than the %d that are read: is it the right column?", len(text), MaxText)
	case !utf8.ValidString(text):
		return "is not UTF-8: write it as text in UTF-8, or as numbers"
	}
	return ""
}

// IDFault is TextFault for the id of an image.
func IDFault(id string) string {
	if len(id) > MaxID {
		return fmt.Sprintf("has %d bytes, more than the %d that an id may have", len(id), MaxID)
	}
	return TextFault(id)
}
