// Package deepzoom lays out all images of a collection, or of a few groups, side by
// side as one picture of any size that a browser can zoom into: a contact sheet as
// a Deep Zoom pyramid, and a page to look at it from disk.
//
// What lives here: the layout, the pyramid and the page. What never enters: Beam,
// Parquet, printing; which images there are and in which order, and reading of shards.
//
// # Files
//
//	deepzoom.html                  the page
//	openseadragon.min.js           the viewer, and openseadragon.LICENSE.txt
//	sheet.dzi                      size and tiles, for other viewers
//	sheet_files/<level>/<column>_<row>.png
//	sheet_index/<n>.js             ids of images n·4096 and following
//
// The page is written last: without it the sheet is unfinished. A sheet is written
// whole, over what is left of an earlier one.
//
// # Pixels
//
// A cell is an image whose squares of n x n pixels are averaged, n the least whole
// number that makes its longer side no longer than asked, and whose brightness is
// scaled as in the report. Every lower level is half as wide and high, each pixel the
// mean of the 2 x 2, at the edges 1 or 2, above it, rounded. Cells without an image
// are light gray.
//
// # Memory
//
// Images come in any order; their cells wait in a file without a name, of
// Side x Side bytes per image at most, three times that for RGB. Of each level no more
// than 256 lines are in memory. Names, which the caller has, are most of it: of a
// million images of 32 pixels a process that made a sheet had 236 MB, 96 of them for
// names.
package deepzoom
