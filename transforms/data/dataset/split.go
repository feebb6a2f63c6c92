package dataset

import "exemplar/transforms/data/draw"

// The salts separate the uses of the hash of an id. That of the split is part of
// what users rely on: it never changes.
const (
	splitSalt  = 0x65786d706c721
	someSalt   = 0x65786d706c722
	sampleSalt = 0x65786d706c723 // with a seed
)

// partOf returns the number that decides about an image's part.
func partOf(id string) float64 { return draw.Uniform(splitSalt, id) }

// Held reports whether an image is held out for validation, where a share of
// fraction is: those whose id has a small hash. With a larger fraction the same
// images are held out, and others too.
func Held(id string, fraction float64) bool { return partOf(id) < fraction }
