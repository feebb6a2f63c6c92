// Package parquetguard opens Parquet files that other programs wrote, or whose bytes may be
// damaged. Everything of this project that reads Parquet reads it through here.
//
// The Parquet library takes the memory that a page's header asks for before it
// reads the page, and one flipped bit in a header asks for gigabytes. It unpacks a
// page into a buffer of its own choice, of which it may then keep another one, and
// takes the codec of a column from its first row group. So the library never sees a
// packed page: every column chunk is read through a stream, which decodes every
// header on its way, refuses sizes that cannot be (more bytes than are left of the
// chunk, more numbers than any page that is worth reading has), and unpacks the
// page to exactly as many bytes as its header states.
//
// What the library then makes of the pages is compared with what the writer of the
// file noted of the column chunk: the number of its values, how many are null, and
// the smallest and the largest. This finds faults that nobody knows of.
//
// What never enters: Beam, files, flags, printing; what the columns mean.
package parquetguard
