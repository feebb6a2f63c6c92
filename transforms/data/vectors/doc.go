// Package vectors reads tables of numbers with an id a row, as other programs write them:
// Parquet files, CSV tables and NumPy matrices.
//
// What lives here: the one reader of such tables, the checks of their ids and numbers, and
// rows in memory, of one table or of several that are joined by their ids. What never
// enters: Beam, Gorgonia, printing, encoding; models, and what the numbers become.
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
// there, is no vector: Row.Reject says why.
package vectors
