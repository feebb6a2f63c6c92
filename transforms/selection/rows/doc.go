// Package rows reads the rows of latents files for the passes of a selection.
//
// What lives here: the file as the element of every pass (File), its rows batch by batch
// with those that condition and quality gate leave (EachBatch, Batch), in the space in which they
// are compared (Space), from the copy on the local disk where there is one. What never
// enters: Beam, printing, picking, selecting; writing but that copy, clusters, centers
// and picks.
//
// The pass that decodes a file's embeddings first keeps them on the local disk
// (package scratch), and the following ones read them from there.
package rows
