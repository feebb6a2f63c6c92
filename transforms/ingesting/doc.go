// Package ingesting brings the vectors of other programs into the format of
// latents, so that they are clustered, picked, graded and verified like this
// project's own: embeddings of another network, CellProfiler features, any table
// of numbers with an id.
//
// What lives here: which sources are taken, and the PTransform that writes latents files of their rows
// (package vectors reads them). What never enters:
// printing, model/keras, encoding; encoders, pixels, and any change of a number but its
// rounding to float32.
//
// Sources, and which of their rows are vectors, are those of package vectors. A row that is
// none is rejected: one line of _errors.jsonl.
// Two rows with one id are an error, since nothing says which of them is meant.
//
// Of plain columns so is one whose standard deviation is not much larger than what rounding to
// float32 moves its numbers by, since what is compared would not be what the column tells. It is
// looked at before anything is converted, in one pass. Columns of one value are told.
//
// The element of the pipeline is a part: some row groups of a Parquet file, or
// some rows of a table or a matrix.
package ingesting
