// Package importing turns weights that Keras, NumPy or safetensors saved into a model
// directory.
//
// Run is the whole step: it reads the files of weights, finds the place of every array
// in the architecture, and writes the model directory, model.json last, by the protocol
// of an output folder (package outdir). The same import again does nothing. A model that
// was trained is never replaced, another imported one only when told to.
//
// What lives here: which files are read and how large they may be, and when the model in
// the output stands or may go. What never enters: Beam, Parquet, printing, training; the
// formats of weights and their places (package model/keras), pixels.
package importing

import (
	"errors"
	"fmt"

	"exemplar/model"
	"exemplar/schemas"
)

// Config is what a user chooses for one run; names are local, gs:// or s3://. Encoder and
// Output must be given; the zero value of every other field is its default.
type Config struct {
	Encoder string // file with the encoder's weights
	Decoder string // file with the decoder's weights, another one; empty: the model gets no decoder
	Arch    string // preset, JSON file, or empty for the one in the encoder's file
	Output  string // folder for the model

	TrainingLog string // CSV file of the losses by epoch, which the report draws; empty: none

	Latent int        // dimensions of a latent vector, from 1; 0: that of the architecture
	Input  model.Size // of the images, in pixels; zero: that of the architecture
	Scale  string     // of the pixels, model.ScaleUnit or model.ScaleSymmetric; empty: that of the architecture

	FullScale int    // the pixel that was 1 when the weights were trained, as 4095; 0: that of the architecture, or the largest of the type
	Channels  string // names of the channels in the model's order, separated by commas; empty: not known

	Overwrite bool // also where another imported model is there
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config { return Config{} }

// Validate checks what can be checked without reading anything.
func (c Config) Validate() error {
	switch {
	case c.Encoder == "":
		return errors.New("Config.Encoder is missing: give the file with the encoder's weights")
	case c.Output == "":
		return errors.New("Config.Output is missing: give the folder for the model")
	case c.Latent < 0:
		return fmt.Errorf("Config.Latent=%d: must be at least 1", c.Latent)
	case c.FullScale < 0 || c.FullScale > 1<<16-1:
		return fmt.Errorf("Config.FullScale=%d: must be 1 to 65535", c.FullScale)
	case c.TrainingLog != "" && (c.TrainingLog == c.Encoder || c.TrainingLog == c.Decoder):
		return fmt.Errorf("Config.TrainingLog=%s: is a file of weights", c.TrainingLog)
	case c.Encoder == c.Decoder:
		return fmt.Errorf("Config.Decoder=%s: is the encoder's file", c.Decoder)
	}
	_, err := schemas.ChannelNames(c.Channels)
	return err
}
