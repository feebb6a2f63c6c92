// Package latents reads and writes the Parquet files of latents, one per shard:
// one row per image, in the order of the image shard's records.
//
// What lives here: the columns of schemas.Latent as a Parquet schema, the writer, a
// reader that hands out columns in batches of bounded size, and the ARROW:schema hint
// for readers built on Arrow. What never enters: Beam, images, printing; the encoder,
// the choice of file names and where files lie.
//
// # File
//
// Columns stand in the order of the schemas.Col constants, then Metadata_*. In
// layout "list" the embedding is a three-level LIST of required float32 named
// list.element; in layout "wide" it is one required float32 column per dimension
// (schemas.WideColumn) in its place. Floats of the embedding are coded
// BYTE_STREAM_SPLIT, label, shard and Metadata_* by dictionary, all columns
// compressed by zstd. A row group holds 8,192 rows (fewer above 2,048 dimensions,
// so that it stays below 64 MiB), the last one the rest.
// Only mse and label may be null.
//
// In schemas.LatentsFormat the file is, byte for byte, the one that the Parquet
// library writes; in LatentsFormat3 the pages of the embedding are packed otherwise
// (packer). The embedding's chunks are made here (floatColumn), the others by the
// library, and put together (assembly).
//
// The bytes of a file depend on the rows and the specification alone: not on
// the size of the writes, the number of processors, or the build.
package latents

const (
	maxRows   = 8192     // rows of a row group, and of a batch
	maxFloats = 16 << 20 // floats of the embedding in them
)

// MaxDimension is the largest dimension of latents: a batch of the fewest rows holds
// the floats of one.
const MaxDimension = maxFloats / writeRows

// groupRows returns the rows of a row group, and of the largest batch, for
// embeddings of d dimensions: a multiple of writeRows.
func groupRows(d int) int {
	return min(maxRows, max(writeRows, maxFloats/d/writeRows*writeRows))
}
