package schemas

import (
	"fmt"
	"strconv"
	"strings"
)

// Size is the size of images in pixels; zero where none is chosen.
type Size struct{ Height, Width int }

// Validate refuses a size of which one side is not positive.
func (s Size) Validate() error {
	if s != (Size{}) && min(s.Height, s.Width) < 1 {
		return fmt.Errorf("Config.Size=%dx%d: both sides must be positive", s.Height, s.Width)
	}
	return nil
}

// Rules by which the sizes of all images decide that of the collection, beside percentiles.
const (
	SizeLargest  = "largest"  // the largest height, and the largest width
	SizeFrequent = "frequent" // the most frequent size
)

// ParseSizeRule returns the percentile of the heights and of the widths that a rule takes: NN of pNN, 1 to
// 100, and 100 of largest; 0 of frequent.
func ParseSizeRule(rule string) (percentile int, err error) {
	switch rule {
	case SizeFrequent:
		return 0, nil
	case SizeLargest:
		return 100, nil
	}
	if digits, ok := strings.CutPrefix(rule, "p"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n >= 1 && n <= 100 && digits == strconv.Itoa(n) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%q is no rule: largest, frequent, or a percentile, as p95", rule)
}
