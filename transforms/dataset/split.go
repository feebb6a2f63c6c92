package dataset

import "github.com/zeebo/xxh3"

// The salts separate the uses of the hash of an id. That of the split is part of
// what users rely on: it never changes.
const (
	splitSalt = 0x65786d706c721
	someSalt  = 0x65786d706c722
)

// uniform returns a number in [0, 1) that depends on an image's id alone.
func uniform(id string, salt uint64) float64 {
	return float64(xxh3.HashStringSeed(id, salt)>>11) / (1 << 53)
}

// draw returns the number that decides about an image's part.
func draw(id string) float64 { return uniform(id, splitSalt) }

// Held says whether an image is held back for validation, where a share of
// fraction is: those whose id has a small hash. With a larger fraction the same
// images are held back, and others too.
func Held(id string, fraction float64) bool { return draw(id) < fraction }
