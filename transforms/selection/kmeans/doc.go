// Package kmeans is the mathematics of k-means over rows in memory, and of sums that
// do not depend on the order of the rows.
//
// What lives here: the seeding sample, k-means++ with restarts (Fit), hierarchical
// k-means (Hierarchy), the choice of the number of clusters (ChooseK), distances, sums
// in fixed point (Scale, Sums), and the rows where centers of empty clusters go
// (Farthest). What never enters: Beam, Parquet, files, flags, printing; the search for
// the nearest center, which is model/nearest's. Package clustering runs it over files.
//
// # Same result whatever the order
//
// A sum over rows is taken in 64-bit fixed point, so it does not depend on how
// the rows are spread over files, bundles and cores (see Scale for its error). The
// distance of a row to a center is a float64 sum in a fixed order, and the
// nearest center the one that it says, to the bit: see package model/nearest. Centers
// are kept sorted by their coordinates (SortRows), and a row as near to two centers
// belongs to the first. Results depend on the arguments alone, not on the number of
// processors.
package kmeans
