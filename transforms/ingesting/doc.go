// Package ingesting brings the vectors of other programs into the format of
// latents, so that they are clustered, picked, graded and verified like this
// project's own: embeddings of another network, CellProfiler features, any table
// of numbers with an id.
//
// What lives here: reading foreign Parquet files, CSV tables and NumPy matrices, the checks of their
// ids and numbers, and the PTransform that writes latents files. What never enters:
// printing, model/keras, encoding; encoders, pixels, and any change of a number but its
// rounding to float32.
//
// # Sources
//
// Parquet files (one, a folder or a glob) with a column of ids, strings or
// integers, and either one list column or many plain columns of numbers; CSV
// tables (the same) with plain columns; or a .npy matrix of float32 or float64, little-endian, C order, with a CSV table of
// ids in the order of its rows. Columns Metadata_* and the label come along as
// text.
//
// # Rows
//
// A CSV table is read once before any work, to its end: for its hash, for where its parts begin, and
// to refuse what is no number. An empty cell is what a null is.
//
// A row without an id or with a vector of another length, with a null, with a
// number that is not finite in float32, or with numbers that are not 0 and all become 0
// there, is rejected: one line of _errors.jsonl.
// Two rows with one id are an error, since nothing says which of them is meant.
//
// Of plain columns so is one whose standard deviation is not much larger than what rounding to
// float32 moves its numbers by, since what is compared would not be what the column tells. It is
// looked at before anything is converted, in one pass. Columns of one value are told.
//
// The element of the pipeline is a part: some row groups of a Parquet file, or
// some rows of a table or a matrix.
package ingesting
