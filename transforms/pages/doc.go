// Package pages opens Parquet files whose bytes may be damaged.
//
// The Parquet library takes the memory that a page's header asks for before it
// reads the page, and one flipped bit in a header asks for gigabytes. So the
// pages of a column chunk are read through a guard, which decodes every header on
// its way to the library and refuses sizes that cannot be: of more bytes than are
// left of the chunk, or of more numbers than any page that is worth reading has.
//
// What never enters: what the columns mean.
package pages
