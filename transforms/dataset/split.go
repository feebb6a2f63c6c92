package dataset

import "github.com/zeebo/xxh3"

// splitSalt separates this use of the hash from others of the same ids. It is
// part of what users rely on: it never changes.
const splitSalt = 0x65786d706c721

// draw returns the number in [0, 1) that decides about an image.
func draw(id string) float64 {
	return float64(xxh3.HashStringSeed(id, splitSalt)>>11) / (1 << 53)
}

// Held says whether an image is held back for validation, where a share of
// fraction is: those whose id has a small hash. With a larger fraction the same
// images are held back, and others too.
func Held(id string, fraction float64) bool { return draw(id) < fraction }
