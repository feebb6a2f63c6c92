// Package sharding turns a collection of image files into TFRecord shards.
//
// Run is the whole step: it lists the images, plans which image belongs to
// which shard, runs a Beam pipeline that writes the shards that are missing, and
// merges their results into shards.json and errors.jsonl. WriteShards is the
// PTransform inside it: its elements are shards, never images.
//
// What never enters: printing, encoding; decoding of image formats (package images), the
// framing of records (tfrecord).
package sharding

import (
	"fmt"
	"regexp"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
)

// DefaultMaxPixels is the number of pixels above which an image is rejected
// before its pixels are decoded.
const DefaultMaxPixels = 100_000_000

// Config is what a user chooses for one run.
type Config struct {
	Listing listing.Config // which images
	Output  string         // folder for the shards

	// Shards is the number of shards; 0 takes one for every 100 images, at most 100.
	Shards int
	// Height and Width are the size of every image in pixels; 0 takes the most
	// frequent one, see survey.shape, or that of a finished folder that grows.
	Height, Width int
	// Fit says what happens to an image of another size: reject, pad, crop, resize.
	Fit string
	// Bits says what happens to the sample depth: keep, or 8 to round 16-bit
	// values to 8 bits.
	Bits string
	// Compression of the shards: none or gzip.
	Compression string
	// MaxPixels is the number of pixels above which an image is rejected.
	MaxPixels int64
	// MetadataPattern is recorded for the encode step: a regexp whose named groups
	// become Metadata_* columns.
	MetadataPattern string

	// Accept is told the number of images that were listed, before any is read: its
	// error ends the run. nil takes any number.
	Accept func(images int64) error

	// Resume keeps finished shards of an interrupted run with the same inputs and
	// parameters; Overwrite makes every shard again.
	Resume, Overwrite bool
}

// Validate reports the first wrong flag, before any work.
func (c Config) Validate() error {
	if err := c.Listing.Validate(); err != nil {
		return err
	}
	if c.Output == "" {
		return fmt.Errorf("--output is missing: name the folder for the shards")
	}
	if c.Shards < 0 || c.Shards > schemas.MaxShards {
		return fmt.Errorf("--shards=%d: must be 1 to %d, or 0 to let the number of images decide", c.Shards, schemas.MaxShards)
	}
	if (c.Height == 0) != (c.Width == 0) || c.Height < 0 {
		return fmt.Errorf("--size=%dx%d: both sides must be positive", c.Height, c.Width)
	}
	if err := c.parameters(max(c.Shards, 1)).Validate(); err != nil {
		return err
	}
	if c.MetadataPattern == "" {
		return nil
	}
	re, err := regexp.Compile(c.MetadataPattern)
	if err != nil {
		return fmt.Errorf("--metadata_pattern is no regular expression: %v", err)
	}
	if !slices.ContainsFunc(re.SubexpNames(), func(name string) bool { return name != "" }) {
		return fmt.Errorf("--metadata_pattern=%s has no named group: write the part that becomes column Metadata_run as (?P<run>…)", c.MetadataPattern)
	}
	return nil
}

// defaultShards takes about 100 images per shard, 100 shards at most.
func defaultShards(images int) int { return min(100, max(1, (images+99)/100)) }
