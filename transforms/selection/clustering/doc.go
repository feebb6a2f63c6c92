// Package clustering is k-means over latents that lie in many Parquet files,
// and the passes over those files that selection needs too.
//
// What lives here: the quality gate and the reading of eligible rows, exact
// sums, distances, the seeding sample, k-means++ with restarts, and the
// PTransforms that put them together. What never enters: picks, output files,
// images, and the search for the nearest centre, which is model/nearest's.
//
// # Road
//
// The element is a latents file; what crosses a stage is one partial result a bundle,
// and the centres: by name, where they are large (package spill).
//
//	Scan      counts, largest value and exclusions of the eligible rows
//	Mean      the exact mean of all eligible rows
//	Seed      a weighted sample, k-means++ with restarts on it, or Hierarchy
//	Refine    full Lloyd passes, unrolled; after convergence a pass reads nothing.
//	          None after Hierarchy, whose centres they would pull to where most rows are
//
// The pass that decodes a file's embeddings first keeps them on the local disk
// (package scratch), and the following ones read them from there.
//
// # Memory
//
// The centres of 10,000 clusters of 512 dimensions take 41 MB, and so do their sums,
// which there is one of for every core and one for the bundle. The sample that they are
// seeded from takes 82 MB, four rows a cluster. So nothing can do with less than
// about 250 MB; the seeding, which holds the sample in several forms and several sets of
// centres, decides the peak.
//
// # Same bytes whatever the order
//
// A sum over rows is taken in 64-bit fixed point, so it does not depend on how
// the rows are spread over files, bundles and cores (see Scale for its error). Rows
// so far from 0 that this error comes near to what they differ by are refused.
// The distance of a row to a centre is a float64 sum in a fixed order, and the
// nearest centre the one that it says, to the bit: see package model/nearest.
// Random choices hash the image id with the seed. Centres are kept
// sorted by their coordinates, and a row as near to two centres belongs to the
// first. With exact sums, equal assignments give equal centres bit for bit, so a
// run has converged exactly when a pass leaves the centres unchanged.
package clustering
