// Package selecting picks the real images nearest to the centers of the groups
// of a collection.
//
// Run is the whole step: it checks the latents, runs Beam pipelines (gate, k-means,
// centers, picks, writing) and writes selection.json last. Options.Select is
// the PTransform inside each of them; its elements are latents files, and what crosses
// stages are counts, and the names of centers and of candidates for picks, which go
// through files in the state folder where they are large. Its end is, in order:
//
//	candidates.go  the candidates of each target (group, center, metric), in one pass
//	picks.go       which of them are picked, with ranks: in memory (package picking)
//	ranks.go       the distances of all images, for the files of assignments: placing.go,
//	               ties.go, assigning.go and assignfile.go, in one pass, or two
//	lists.go       images that users ask for or leave out, and earlier selections
//	tables.go      picks and centers in their file formats, npz.go for NumPy
//	write.go       everything into files, and the manifest
//
// # Jobs
//
// The passes of k-means, and then those of the centers, are unrolled in the graph of a
// pipeline, and how many of them there will be is not known before. So the first one, a
// job, ends after 2 passes, and the following ones after 10 and 50 in all (jobs.go): what
// has converged by then needs no larger graph, and what each job has found is in the state
// folder (saved.go), where a run that was killed goes on. Where a job takes minutes to
// start, or is not awaited, there is one only (beamrun.OneJob).
//
// What lives here: these, and fetching the picked originals. What never enters:
// printing, encoding, sharding; the mathematics of clusters and the reading of latents
// (package selection/clustering), and that of centers (package selection/centering).
//
// # Definitions
//
// An image belongs to the cluster whose center named kmeans in centers.parquet is
// the nearest by squared Euclidean distance, whatever the metric, which ranks the
// images of a group. Clusters are numbered by falling size, equal ones by the
// coordinates of that center. An image without a label, or with an empty value of
// a Metadata_ column, is in no group of that scope. Distances are float64 sums.
// Candidates at the same distance are ranked by id. Assignments rank all images of a
// group so, those that the user excluded behind the others at their distance. The cosine distance of a zero
// vector is 1.
package selecting
