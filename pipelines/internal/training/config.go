// Package training runs the training of a model: image shards in, a model
// directory out.
//
// What lives here: finding and reading the shards, the fingerprint, the files of
// the model directory. What never enters: flags and the mathematics of a model
// (packages below model).
package training

import (
	"errors"
	"fmt"

	"exemplar/model/linear"
)

// ArchLinear is the closed-form linear autoencoder (PCA), see package linear.
const ArchLinear = "linear"

// Step is the name under which package progress counts the images read.
const Step = "train"

// Config says what to train on, and what.
type Config struct {
	Shards string // folder of image shards
	Output string // folder for the model

	Arch    string // ArchLinear
	Latent  int    // dimensions of a latent vector
	Working int    // height and width to which images are averaged, pixels; smaller images keep theirs
	Seed    uint64
	Limit   int64 // images to train on, an even share of each shard; 0: all
}

// Validate reports the first field that cannot be, naming its flag.
func (c Config) Validate() error {
	switch {
	case c.Shards == "":
		return errors.New("--input is missing: name the folder of image shards")
	case c.Output == "":
		return errors.New("--output is missing: name a folder for the model")
	case c.Arch != ArchLinear:
		return fmt.Errorf("--arch=%s: the only architecture that can be trained is %s (weights of others come in through pipelines/import)", c.Arch, ArchLinear)
	case c.Latent < 1:
		return fmt.Errorf("--latent=%d: must be at least 1", c.Latent)
	case c.Working < 1:
		return fmt.Errorf("--working_size=%d: must be at least 1", c.Working)
	case c.Latent > 3*c.Working*c.Working:
		return fmt.Errorf("--latent=%d: more than a working image of --working_size=%d has numbers", c.Latent, c.Working)
	case c.Limit < 0:
		return fmt.Errorf("--limit=%d: must be 0 (all images) or more", c.Limit)
	}
	return nil
}

// Result says what a run did.
type Result struct {
	Made    bool           // false: the output held this model already
	SHA256  string         // of the model
	Summary linear.Summary // of the training; only where Made
	Skipped int64          // records that hold no usable image; only where Made
	MSE     float64        // mean squared reconstruction error, pixels in [0,1]
	Sample  int            // images, of those trained on, that MSE was measured on
}
