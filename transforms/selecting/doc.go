// Package selecting picks the real images nearest to the centre of each group
// of a collection.
//
// Run is the whole step: it checks the latents, runs one Beam pipeline (gate,
// k-means or means, picks, writing) and writes selection.json last. Select is
// the PTransform inside it; its elements are latents files, and what crosses
// stages are counts, centres and the candidates for picks.
//
// What lives here: candidates and their ranks, the tables of a selection in all
// their file formats, and fetching the picked originals. What never enters: the
// mathematics of clusters and the reading of latents (clustering), flags.
//
// # Definitions
//
// The groups of scope cluster are those of the nearest centre in centers.parquet
// by squared Euclidean distance; k-means decides them whatever --metric says,
// and the metric ranks the images of a group. Clusters are numbered by falling
// size, equal ones by the coordinates of their centre. Distances are float64 sums
// in the order of the dimensions. Images at the same distance are ranked by id.
// The cosine distance of a zero vector is 1.
package selecting
