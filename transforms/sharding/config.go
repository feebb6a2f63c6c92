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

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
)

// DefaultMaxPixels is the number of pixels above which an image is rejected
// before its pixels are decoded.
const DefaultMaxPixels = 100_000_000

// Config is what a user chooses for one run. DefaultConfig returns one that lacks only the
// inputs and Output; the zero Config is not valid.
type Config struct {
	Listing listing.Config // which images
	Output  string         // folder for the shards, local, gs:// or s3://; it must be given

	// Shards is the number of shards, 1 to schemas.MaxShards. The default, 0, takes one for
	// every 100 images, at most 100.
	Shards int
	// Size is that of every image in pixels. The default, zero, takes what SizeRule says, else the most frequent
	// one, see survey.shape, or that of a finished folder that grows.
	Size schemas.Size
	// SizeRule says how the sizes of all images decide Size: largest, frequent or a percentile, see
	// schemas.ParseSizeRule. The default, "", looks at a sample.
	SizeRule string
	// Fit says what happens to an image of another size: reject (the default), pad, crop or
	// resize, see images.Fit.
	Fit string
	// Bits says what happens to the sample depth: keep (the default), or 8 to round 16-bit
	// values to 8 bits, of which 255 is the full scale.
	Bits string
	// FullScale is the sample that counts as 1.0, as saturated and as white, to 65535. The default, 0, takes what
	// all files state, else the smallest of schemas.Scales that no pixel exceeds.
	FullScale int
	// Range is LOW,HIGH, what becomes 0 and 65535 of floats, signed and 32-bit integers; the default, "",
	// rejects these.
	Range string
	// Projection says what becomes of planes of Z and T: max, mean, middle or numbers of planes, as z=2,t=0; the
	// default, "", rejects images that have several.
	Projection string
	// MicronsPerPixel is the size of a pixel of the images as they are written. The default, 0, takes what their
	// files state.
	MicronsPerPixel float64
	// Compression of the shards: none (the default) or gzip.
	Compression string
	// MaxPixels is the number of pixels above which an image is rejected unread, from 1;
	// the default is DefaultMaxPixels.
	MaxPixels int64
	// Align says what becomes of the orientation of objects: none (the default) keeps it, moments
	// turns each along its principal axis, see package aligning.
	Align string
	// MetadataPattern is recorded for the encode step: a regexp whose named groups
	// become Metadata_* columns. The default, "", makes none.
	MetadataPattern string

	// Accept is told the number of images that were listed, before any is read: its
	// error ends the run. nil takes any number.
	Accept func(images int64) error

	// Resume, which is the default, keeps finished shards of an interrupted run with the
	// same inputs and parameters.
	Resume bool
	// Overwrite makes every shard again, also of finished work of other parameters.
	Overwrite bool
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config {
	return Config{Fit: "reject", Bits: "keep", Align: schemas.AlignNone, Compression: schemas.CompressionNone, MaxPixels: DefaultMaxPixels, Resume: true}
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	if err := c.Listing.Validate(); err != nil {
		return err
	}
	if c.Output == "" {
		return fmt.Errorf("Config.Output is missing: name the folder for the shards")
	}
	if c.Shards < 0 || c.Shards > schemas.MaxShards {
		return fmt.Errorf("Config.Shards=%d: must be 1 to %d, or 0 to let the number of images decide", c.Shards, schemas.MaxShards)
	}
	if err := c.Size.Validate(); err != nil {
		return err
	}
	if c.SizeRule != "" {
		if _, err := schemas.ParseSizeRule(c.SizeRule); err != nil {
			return fmt.Errorf("Config.SizeRule: %w", err)
		}
		if c.Size != (schemas.Size{}) {
			return fmt.Errorf("Config.SizeRule=%s: Config.Size=%dx%d is given, too", c.SizeRule, c.Size.Height, c.Size.Width)
		}
	}
	if err := c.validatePixels(); err != nil {
		return err
	}
	if err := c.parameters(max(c.Shards, 1)).Validate(); err != nil {
		return err
	}
	return listing.CheckMetadataPattern(c.MetadataPattern)
}

// validatePixels checks what is chosen about the meaning of pixels.
func (c Config) validatePixels() error {
	if c.FullScale < 0 || c.FullScale > 1<<16-1 {
		return fmt.Errorf("Config.FullScale=%d: must be 1 to %d", c.FullScale, 1<<16-1)
	}
	if c.Bits == "8" && c.FullScale > 0 && c.FullScale < 1<<8-1 {
		return fmt.Errorf("Config.FullScale=%d: with Config.Bits=8 it is the value of 16 bits that becomes 255, and so at least 255", c.FullScale)
	}
	if c.Range != "" {
		if _, err := images.ParseRange(c.Range); err != nil {
			return fmt.Errorf("Config.Range: %w", err)
		}
	}
	if err := images.CheckProject(c.Projection); err != nil {
		return fmt.Errorf("Config.Projection: %w", err)
	}
	if m := c.MicronsPerPixel; m != 0 && !(m >= leastMicrons && m <= 1/leastMicrons) {
		return fmt.Errorf("Config.MicronsPerPixel=%g: must be %g to %g", m, leastMicrons, 1/leastMicrons)
	}
	return nil
}

// leastMicrons is the smallest size of a pixel, as of a scale of the report.
const leastMicrons = 1e-6

// defaultShards takes about 100 images per shard, 100 shards at most.
func defaultShards(images int) int { return min(100, max(1, (images+99)/100)) }
