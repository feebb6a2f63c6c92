// Package clustering is k-means over latents that lie in many Parquet files,
// and the passes over those files that selection needs too.
//
// What lives here: the PTransforms of the quality gate, the space, the first pass that
// checks and counts, the mean, the seeding sample and the passes of k-means, and how
// their results cross stages. What never enters: printing, picking, selecting; output
// files, images, how rows are read (rows), and the mathematics of k-means (kmeans).
//
// # Passes
//
// The element is a latents file; what crosses a stage is one partial result per bundle,
// and the centers: by name, where they are large (package spill).
//
//	Scan      counts, largest value and exclusions of the eligible rows
//	Mean      the exact mean of all eligible rows
//	Seed      a weighted sample, k-means++ with restarts on it, or kmeans.Hierarchy
//	Refine    full Lloyd passes, unrolled; after convergence a pass reads nothing.
//	          None after Hierarchy, whose centers they would pull to where most rows are
//
// # Memory
//
// The centers of 10,000 clusters of 512 dimensions take 41 MB, and so do their sums,
// which there is one of for every core and one for the bundle. The sample that they are
// seeded from takes 82 MB, four rows per cluster. So nothing can do with less than
// about 250 MB; the seeding, which holds the sample in several forms and several sets of
// centers, decides the peak.
//
// # Same bytes whatever the order
//
// Sums and distances are those of package kmeans, which depend on no order. Rows so far
// from 0 that the error of such a sum comes near to what they differ by are refused.
// Random choices hash the image id with the seed. With exact sums, equal assignments give equal centers bit for bit, so a
// run has converged exactly when a pass leaves the centers unchanged.
package clustering
