// Package imagefile makes image files of pixels that are at hand: their bytes, TIFF or
// PNG, and their names, which every file system takes.
//
// What lives here: both, so that whatever step writes images writes them alike. What never
// enters: Beam, Parquet, printing, flags; decoding (package images), where files are
// written, and what is in them.
package imagefile
