// Package centering finds the centers of many groups of latents at once: the
// mean, the coordinate-wise median, the geometric median and the medoid, for
// every group of every scope.
//
// What lives here: what a group is (Scope, Groups), and the passes over the latents
// files that find centers. What never enters: flags, printing, selecting, picking; how
// clusters are found, and which images are picked.
//
// # Passes
//
// The element is a latents file; what crosses a stage is one partial result a
// bundle, and the State between two passes, a singleton: by name, where they are large
// (package spill). One loop of passes
// serves all centers of all scopes; each pass reads every file once, for whatever
// is not finished yet, and nothing when all is:
//
//	1        sizes and means; the first digits of the medians
//	2, …     further digits of the medians; steps of the geometric medians
//	last 2   the images nearest to each geometric median; the sums of their distances
//
// # Definitions
//
// The mean is exact up to the rounding of kmeans.Scale. The median of a
// coordinate is exact: the middle value, or half the sum of the middle two, as
// NumPy has it. The geometric median, the point with the smallest sum of
// Euclidean distances, is followed until the mean of the unit vectors from it to
// the group's rows is shorter than Tolerance, or to the row that it is. Several points are
// geometric medians only where an even number of rows lies on a line, of the points between the
// middle two: one of them is found, of two rows the one in the middle. The medoid
// is the row with the smallest sum of distances to all rows of its group among
// the rows nearest to the geometric median (schemas.MedoidCandidates of them): all rows
// where the group has no more.
//
// # Same bytes whatever the order
//
// Every sum over rows is taken in fixed point, counts are counts, and what is
// kept of single rows is ordered by distance and then by coordinates or image id.
// So the centers depend on the rows of the groups alone, and not on how these are
// spread over files, bundles and cores.
package centering
