package model

import (
	"errors"
	"slices"
)

// ranges are the scales as people type them.
var ranges = []struct{ scale, text string }{{ScaleUnit, "0,1"}, {ScaleSymmetric, "-1,1"}, {ScaleByte, "0,255"}}

// ParseRange returns the scale of a range of numbers that pixels become: 0,1 or -1,1 or 0,255.
func ParseRange(text string) (scale string, err error) {
	for _, r := range ranges {
		if text == r.text {
			return r.scale, nil
		}
	}
	return "", errors.New("want 0,1 or -1,1 or 0,255")
}

// RangeText is the reverse of ParseRange; "" for what is no scale.
func RangeText(scale string) string {
	if i := slices.IndexFunc(ranges, func(r struct{ scale, text string }) bool { return r.scale == scale }); i >= 0 {
		return ranges[i].text
	}
	return ""
}
