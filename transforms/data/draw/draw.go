// Package draw decides which images are in a sample: a hash of their id and a seed
// does, and nothing else. So the first by name, the first in a shard and the largest
// source are no likelier to be drawn than others, and a sample does not depend on
// how a collection is sharded, on bundles or on processors.
//
// What never enters: Beam, Parquet, files, flags, printing; reading, and what a sample
// is for.
package draw

import (
	"slices"

	"github.com/zeebo/xxh3"
)

// Hash returns the number that decides about an image. Uses that must not depend on
// each other have seeds of their own.
func Hash(seed uint64, imageID string) uint64 { return xxh3.HashStringSeed(imageID, seed) }

// Uniform returns the number in [0, 1) that decides about an image.
func Uniform(seed uint64, imageID string) float64 {
	return float64(Hash(seed, imageID)>>11) / (1 << 53)
}

// Smallest returns the n items that compare as the smallest, sorted; it keeps the
// order of equal ones.
func Smallest[T any](items []T, n int, compare func(a, b T) int) []T {
	slices.SortStableFunc(items, compare)
	return items[:min(n, len(items))]
}
