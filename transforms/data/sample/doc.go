// Package sample generates the quickstart's sample collection: synthetic
// fluorescence nuclei that look like the study's crops, so that a newcomer can
// run the whole workflow, and look at the result, without images of their own.
//
// A crop is 256x256, 8-bit gray, zero outside the nucleus and a dim rim around it, the
// nucleus centered with its long side horizontal. Size, brightness, noise and the spectrum
// of the texture are near those of the study's crops; docs/study.md says how near. Most nuclei are in interphase; prophase,
// metaphase, anaphase and telophase are rare, as in a culture. About 2 % of the
// crops are blank and 2.5 % hold a nucleus that the crop's border cuts. Four
// runs of six wells differ in gain, focus, noise and background.
//
// The files are run01/well-A1/interphase_0001.tif and so on (uncompressed TIFF):
// LabelPattern and MetadataPattern read the label, run and well out of them.
//
// # Reproducible to the byte
//
// The same options give the same bytes on every platform and at any GOMAXPROCS.
// Every image has its own splitmix64 generator, seeded with the collection's
// seed and the image's number. Pixels are computed in float64 with +, -, *, /
// and square root only, which IEEE 754 rounds correctly everywhere; every
// product that is added to something passes through an explicit conversion,
// which forbids the compiler a fused multiply-add (products by a power of two are
// exact and may do without). No function whose last bit
// depends on the processor (exp, log, sin) is called.
//
// What lives here: drawing and writing of the sample. What never enters: Beam, Parquet,
// flags, printing; reading of images, anything that a user's own collection needs.
package sample
