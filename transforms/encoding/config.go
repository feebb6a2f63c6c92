// Package encoding turns image shards into latents.
//
// Run is the whole step: it reads the manifest of the shards and the model,
// decides which shards are still to be encoded, runs a Beam pipeline over them,
// and merges their results into _latents.json and _errors.jsonl. EncodeShards is
// the PTransform inside it: its elements are shards, never pixels or latents.
//
// Reading, computing and writing overlap. A few shards are under way at once; of
// each, one goroutine reads records, checks them and fills batches, as many
// goroutines as there are processors compute latents, checksums and quality of
// batches of any shard, and one writes the rows in the order of the records.
// Every stage waits for the one behind it, so memory is bounded.
//
// What never enters: printing, sharding, selecting; the arithmetic of the encoder
// (package model), the framing of records (tfrecord, records), the columns of the
// Parquet files (latents).
package encoding

import (
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
)

// DefaultBatch is the number of images that go through the encoder at once.
const DefaultBatch = 32

// Config is what a user chooses for one run. DefaultConfig returns one that lacks only
// Shards, Model and Output; the zero Config is not valid. Folders are local, gs:// or s3://.
type Config struct {
	// Shards is the folder of the image shards. Without a shards.json in it,
	// every *.tfrecord, *.tfrecords and their .gz in it is a shard.
	Shards string
	Model  string // model directory
	Output string // folder for the latents

	Layout      string // of the columns: list (the default) or wide
	Reconstruct bool   // fill mse, by the model's decoder; by default not

	// MetadataPattern is a regexp whose named groups, where it matches an image's
	// file name, become Metadata_* columns; empty takes the one of shards.json.
	MetadataPattern string
	// MetadataCSV is a table whose other columns become Metadata_* columns, joined
	// by its column image_id, file_name or filename.
	MetadataCSV string

	// Batch is the largest number of images that go through the encoder at once, 1 to
	// 4096; the default is DefaultBatch. It does not change the latents.
	Batch int

	// ImageFeature and NameFeature are the features of the image and of its name, in
	// shards of other programs; empty stands for this project's. Size is that of an
	// image, in pixels, whose record does not state one; zero stands for the model's.
	ImageFeature, NameFeature string
	Size                      schemas.Size

	// ModelDerived says that the model follows from the shards: that of other shards
	// is no other choice. Nor are other pixels of the same images: the shards are the
	// caller's own.
	ModelDerived bool

	// Resume, which is the default, keeps finished files of an interrupted run with the
	// same inputs and parameters.
	Resume bool
	// Overwrite makes every file again, also of finished work of other parameters.
	Overwrite bool
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config { return Config{Layout: "list", Batch: DefaultBatch, Resume: true} }

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Shards == "":
		return fmt.Errorf("Config.Shards is missing: name the folder of the image shards")
	case c.Model == "":
		return fmt.Errorf("Config.Model is missing: name the model directory")
	case c.Output == "":
		return fmt.Errorf("Config.Output is missing: name the folder for the latents")
	case !slices.Contains(schemas.Layouts, c.Layout):
		return fmt.Errorf("Config.Layout=%s: must be one of %v", c.Layout, schemas.Layouts)
	case c.Batch < 1 || c.Batch > 4096:
		return fmt.Errorf("Config.Batch=%d: must be 1 to 4096", c.Batch)
	}
	if err := c.Size.Validate(); err != nil {
		return err
	}
	return listing.CheckMetadataPattern(c.MetadataPattern)
}
