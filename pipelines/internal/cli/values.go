package cli

import (
	"fmt"
	"strconv"
	"strings"
)

// Strings is a flag that may be given several times.
type Strings []string

// String returns the values with commas between them.
func (s *Strings) String() string { return strings.Join(*s, ", ") }

// Set adds one value.
func (s *Strings) Set(v string) error {
	*s = append(*s, v)
	return nil
}

// Size is a flag for an image size: "256x256" (height x width) or "256".
type Size struct{ Height, Width int }

// String returns the size as it is typed, or nothing where it was not given.
func (s *Size) String() string {
	if s == nil || *s == (Size{}) {
		return ""
	}
	return fmt.Sprintf("%dx%d", s.Height, s.Width)
}

// Set parses one size.
func (s *Size) Set(v string) error {
	height, width, two := strings.Cut(v, "x")
	if !two {
		width = height
	}
	h, errH := strconv.Atoi(height)
	w, errW := strconv.Atoi(width)
	if errH != nil || errW != nil || h < 1 || w < 1 {
		return fmt.Errorf("want HEIGHTxWIDTH in pixels, as 256x256")
	}
	*s = Size{h, w}
	return nil
}
