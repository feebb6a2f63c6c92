// Package decoding turns latent vectors into images, by the decoder of the model that made
// them: those of a folder of latents, steps between two of them or along a dimension, and
// draws from the prior of a variational model.
//
// Run is the whole step: it reads what latents and model say of themselves, decides which
// files of latents are still to be decoded, runs a Beam pipeline over them, and merges
// their results into images.csv, a contact sheet, errors.jsonl and decode.json.
// DecodeLatents is the PTransform inside it: its elements are files of latents, never
// vectors or images.
//
// A decoded image has the shape and depth of those that the model takes. The decoder's
// numbers, black 0 and white 1, are multiplied by the largest value of a pixel and rounded;
// what is beyond black or white is clipped, and counted. An image of which a number is not
// finite is rejected, and listed.
//
// What never enters: printing, encoding, selecting; the arithmetic of the decoder (package
// model), the columns of the Parquet files (latents), the bytes of image files (imagefile).
package decoding

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
)

// DefaultSteps is the number of images between two others, or along a dimension.
const DefaultSteps = 7

// Config is what a user chooses for one run. DefaultConfig returns one that lacks only
// Input, Model and Output; the zero Config is not valid. Folders are local, gs:// or s3://.
type Config struct {
	Input string // folder of latents
	Model string // model directory, of the model that made them
	// Shards is, instead of Input, the folder of shards whose images were encoded into the
	// folder schemas.LatentsDir of Output, by whoever calls Run.
	Shards string
	Output string // folder for the images

	// Reconstruct or Denoise says, with Shards, what the images are to be; to denoise takes
	// a model that was trained with noise.
	Reconstruct, Denoise bool

	// IDs is a file of the ids of the images that are decoded, one per line or a CSV with a
	// column image_id; empty for all.
	IDs string

	// Between is two ids with a comma between them: images from the vector of the one to that
	// of the other are decoded. Traverse is a dimension, from 0, along which images are
	// decoded, -1 for none: from three standard deviations below its mean to three above, all
	// other dimensions at their means. Sample is the number of draws from the prior of a
	// variational model, which take no Input; 0 for none.
	Between  string
	Traverse int
	Sample   int

	// Steps is the number of images of Between and Traverse, with both ends; 2 to
	// schemas.MaxDecodeSteps, 0 for DefaultSteps. Seed is that of Sample.
	Steps int
	Seed  uint64

	Format string // of the files: tiff (the default) or png

	// Resume, which is the default, keeps finished files of an interrupted run with the
	// same inputs and parameters.
	Resume bool
	// Overwrite makes every file again, also of finished work of other parameters.
	Overwrite bool
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config {
	return Config{Traverse: -1, Seed: 1, Format: schemas.DecodedTIFF, Resume: true}
}

// Validate reports the first wrong field, and what cannot go together, before any work.
func (c Config) Validate() error {
	if err := c.modes(); err != nil {
		return err
	}
	switch {
	case c.Sample == 0 && c.Shards == "" && c.Input == "":
		return fmt.Errorf("Config.Input is missing: name the folder of latents that encode wrote; or images, with Config.Shards, or Config.Sample of a variational model")
	case c.Model == "":
		return fmt.Errorf("Config.Model is missing: name the model directory")
	case c.Output == "":
		return fmt.Errorf("Config.Output is missing: name the folder for the images")
	case !slices.Contains(schemas.DecodedFormats, c.Format):
		return fmt.Errorf("Config.Format=%s: must be one of %s", c.Format, strings.Join(schemas.DecodedFormats, ", "))
	}
	return nil
}

// modes makes sure that one thing is asked for.
func (c Config) modes() error {
	steps := c.Between != "" || c.Traverse >= 0
	switch {
	case c.Traverse < -1:
		return fmt.Errorf("Config.Traverse=%d: must be the number of a dimension, from 0", c.Traverse)
	case c.Sample < 0 || c.Sample > schemas.MaxDecodeSamples:
		return fmt.Errorf("Config.Sample=%d: must be 1 to %d", c.Sample, schemas.MaxDecodeSamples)
	case c.Between != "" && c.Traverse >= 0:
		return c.rivals("Config.Between", "Config.Traverse")
	case c.Between != "" && c.Sample > 0:
		return c.rivals("Config.Between", "Config.Sample")
	case c.Traverse >= 0 && c.Sample > 0:
		return c.rivals("Config.Traverse", "Config.Sample")
	case c.Between != "" && !strings.Contains(c.Between, ","):
		return fmt.Errorf("Config.Between=%s: must be the ids of two images with a comma between them", c.Between)
	case c.Steps != 0 && !steps:
		return fmt.Errorf("Config.Steps=%d: is for Config.Between and Config.Traverse, give one of them", c.Steps)
	case steps && c.Steps != 0 && (c.Steps < 2 || c.Steps > schemas.MaxDecodeSteps):
		return fmt.Errorf("Config.Steps=%d: must be 2 to %d", c.Steps, schemas.MaxDecodeSteps)
	case c.IDs != "" && (steps || c.Sample > 0):
		return fmt.Errorf("Config.IDs=%s: says which images of latents or shards are decoded: leave it out with Config.Between, Config.Traverse and Config.Sample", c.IDs)
	case c.Sample > 0 && c.Input != "":
		return fmt.Errorf("Config.Input=%s: Config.Sample draws from the prior of the model and reads no latents: leave one of them out", c.Input)
	}
	return c.images(steps)
}

// images makes sure that what is said of images of shards is.
func (c Config) images(steps bool) error {
	switch {
	case c.Shards != "" && c.Input != "":
		return c.rivals("Config.Input", "Config.Shards")
	case c.Shards != "" && (steps || c.Sample > 0):
		return fmt.Errorf("Config.Shards=%s: is for Config.Reconstruct and Config.Denoise; encode these images first, and name the latents with Config.Input", c.Shards)
	case c.Reconstruct && c.Denoise:
		return c.rivals("Config.Reconstruct", "Config.Denoise")
	case c.Shards != "" && !c.Reconstruct && !c.Denoise:
		return fmt.Errorf("Config.Shards=%s: say with Config.Reconstruct, or with Config.Denoise for a model that was trained with noise, that its images are to be encoded and decoded", c.Shards)
	case c.Shards == "" && c.Reconstruct:
		return fmt.Errorf("Config.Reconstruct is for images: name their shards with Config.Shards; latents are decoded without it")
	case c.Shards == "" && c.Denoise:
		return fmt.Errorf("Config.Denoise is for images: name their shards with Config.Shards; latents are decoded without it")
	}
	return nil
}

func (c Config) rivals(one, other string) error {
	return fmt.Errorf("%s and %s exclude each other: give one of them", one, other)
}

// mode is one of schemas.DecodeModes.
func (c Config) mode() string {
	switch {
	case c.Between != "":
		return schemas.DecodeBetween
	case c.Traverse >= 0:
		return schemas.DecodeTraverse
	case c.Sample > 0:
		return schemas.DecodeSample
	}
	return schemas.DecodeLatents
}

// steps returns the number of steps, 0 where there are none.
func (c Config) steps() int {
	switch mode := c.mode(); {
	case mode != schemas.DecodeBetween && mode != schemas.DecodeTraverse:
		return 0
	case c.Steps == 0:
		return DefaultSteps
	}
	return c.Steps
}

// made says what images of shards are to be; "" of latents.
func (c Config) made() string {
	switch {
	case c.Denoise:
		return schemas.DecodeDenoise
	case c.Reconstruct:
		return schemas.DecodeReconstruct
	}
	return ""
}
