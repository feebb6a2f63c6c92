// Package images turns image files into raw pixels and fits them to the shape of
// a collection: decoding, fitting, and the quality figures of one image.
//
// What lives here: decoding of TIFF, PNG, JPEG and MNIST IDX held in memory, padding,
// cropping, resizing and the change from 16 to 8 bits, and the exact sums behind the
// quality columns; of other modules the inflating of klauspost/compress, for .gz IDX.
// What never enters: Beam, Gorgonia, Parquet, files, records, printing; any guess about
// pixels.
//
// # Never silent about pixels
//
// An image is decoded exactly or refused with a *RejectError; nothing is
// scaled, converted, turned or filled in on the way. Where exchanging black and white, a
// palette of grays or leaving out an opaque alpha is what reads the pixels exactly, it is done, and
// noted in Facts.
//
//	TIFF  8- or 16-bit unsigned gray or RGB, or 2 to 16 channels: as samples of a
//	      pixel, together or apart, or as pages or planes that OME-XML, ImageJ or
//	      tifffile's axes describe, of z and t by Options.Project alone; no
//	      compression, LZW, Deflate or PackBits; horizontal predictor with LZW and
//	      Deflate; strips or tiles; either byte order; BigTIFF
//	      with Options.Range also floats of 16, 32 and 64 bits, signed integers of 8, 16
//	      and 32, and unsigned ones of 32, brought to 16 bits; predictor 3 of floats
//	PNG   8- or 16-bit gray or RGB without animation; the stored values, whatever
//	      gamma or color profile goes with them
//	JPEG  8-bit gray or YCbCr/RGB; color by image/jpeg and
//	      color.YCbCrToRGB, chroma of the nearest sample
//
// Whatever else is a sound file is refused as unsupported; a damaged file as
// corrupt. An orientation other than top-left, also in Exif, is refused. JPEG
// has no checksum: damage that still parses cannot be seen.
//
// # Memory
//
// No more pixels than Limits.MaxPixels are decoded, and none before the file is
// seen to hold enough bytes for them at the best ratio that its compression can
// reach, so that a short file which declares a large picture costs nothing. Of several channels
// there are at most three times as many samples, of which those of 32 bits count twice and those of 64
// four times. Planes of z and t are decoded one after the other; all of them together hold at most
// four times the bytes of the file, so that pages which share their blocks cost no time without end.
package images
