// Package dataset streams the images of a folder of shards as training needs
// them: split into training and validation, shuffled anew in every epoch, in
// bounded memory.
//
// # Split
//
// Whether an image is for validation is decided by a hash of its id alone: no
// image is ever in both parts, and an image stays in its part when the
// collection grows or is sharded again. See Held.
//
// # Order
//
// The order of an epoch is a function of the shards, the seed, the number of the
// epoch and the size of the buffer: shards come in a random order, some of them
// are read at the same time, one image from each in turn, and the images go
// through a buffer out of which a random one is drawn for each that enters. It
// does not depend on timing or the number of processors. A position in an epoch
// is the number of images before it; see Set.Epoch.
//
// # Rows
//
// The rows of a table are a folder, too, see OfRows: what trains on images trains on them.
//
// # Memory
//
// The buffer holds the pixels of at most Config.Buffer bytes of images. A
// collection that fits into that is read once and then kept.
//
// What never enters: Beam, Gorgonia, printing; batches' arithmetic and models.
package dataset
