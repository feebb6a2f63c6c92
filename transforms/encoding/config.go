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
	"regexp"
	"slices"

	"exemplar/schemas"
)

// DefaultBatch is the number of images that go through the encoder at once.
const DefaultBatch = 32

// Config is what a user chooses for one run.
type Config struct {
	// Shards is the folder of the image shards. Without a shards.json in it,
	// every *.tfrecord, *.tfrecords and their .gz in it is a shard.
	Shards string
	Model  string // model directory
	Output string // folder for the latents

	Layout      string // list or wide
	Reconstruct bool   // fill mse, by the model's decoder

	// MetadataPattern is a regexp whose named groups, where it matches an image's
	// file name, become Metadata_* columns; empty takes the one of shards.json.
	MetadataPattern string
	// MetadataCSV is a table whose other columns become Metadata_* columns, joined
	// by its column image_id, file_name or filename.
	MetadataCSV string

	// Batch is the largest number of images that go through the encoder at once.
	// It does not change the latents.
	Batch int

	// ImageFeature and NameFeature are the features of the image and of its name;
	// empty stands for this project's. Height and Width are the size of an image
	// whose record does not state one; 0 stands for the model's.
	ImageFeature, NameFeature string
	Height, Width             int

	// ModelDerived says that the model follows from the shards: that of other shards
	// is no other choice. Nor are other pixels of the same images: the shards are the
	// caller's own.
	ModelDerived bool

	// Resume keeps finished files of an interrupted run with the same inputs and
	// parameters; Overwrite makes every file again.
	Resume, Overwrite bool
}

// Validate reports the first wrong flag, before any work.
func (c Config) Validate() error {
	switch {
	case c.Shards == "":
		return fmt.Errorf("--input is missing: name the folder of the image shards")
	case c.Model == "":
		return fmt.Errorf("--model is missing: name the model directory")
	case c.Output == "":
		return fmt.Errorf("--output is missing: name the folder for the latents")
	case !slices.Contains(schemas.Layouts, c.Layout):
		return fmt.Errorf("--layout=%s: must be one of %v", c.Layout, schemas.Layouts)
	case c.Batch < 1 || c.Batch > 4096:
		return fmt.Errorf("--batch=%d: must be 1 to 4096", c.Batch)
	case (c.Height == 0) != (c.Width == 0) || c.Height < 0 || c.Width < 0:
		return fmt.Errorf("--size=%dx%d: both sides must be positive", c.Height, c.Width)
	}
	if c.MetadataPattern == "" {
		return nil
	}
	re, err := regexp.Compile(c.MetadataPattern)
	if err != nil {
		return fmt.Errorf("--metadata_pattern is no regular expression: %v", err)
	}
	if len(groupColumns(re)) == 0 {
		return fmt.Errorf("--metadata_pattern=%s has no named group: write the part that becomes column Metadata_run as (?P<run>…)", c.MetadataPattern)
	}
	return nil
}
