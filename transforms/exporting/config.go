// Package exporting writes a model for other programs: ONNX Runtime, Keras, NumPy.
//
// Run is the whole step: it reads the model directory, makes the files of one format
// in memory, and writes them and then export.json, by the protocol of an output folder
// (package outdir). The same export again does nothing; what an export with a decoder
// left goes where one without is written over it.
//
// What lives here: which files a format has, what export.json says of them, and when
// they stand. What never enters: Beam, Parquet, printing; the formats themselves
// (packages model/onnx and model/keras), pixels, latents.
package exporting

import (
	"errors"
	"fmt"
	"strings"
)

// Config is what a user chooses for one run; names are local, gs:// or s3://. Model, Format
// and Output must be given.
type Config struct {
	Model  string // model directory
	Format string // one of Formats
	Output string // folder for the files

	Overwrite bool // also where another export is there
	Summary   bool // Plan has the tables of the layers, see model.Arch.Summary
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config { return Config{} }

// Validate checks what can be checked without reading anything.
func (c Config) Validate() error {
	switch {
	case c.Model == "":
		return errors.New("Config.Model is missing: give a model folder, of train or import")
	case c.Format == "":
		return fmt.Errorf("Config.Format is missing: give one of %s", strings.Join(Formats(), ", "))
	case formatOf(c.Format) == nil:
		return fmt.Errorf("Config.Format=%s: must be one of %s", c.Format, strings.Join(Formats(), ", "))
	case c.Output == "":
		return errors.New("Config.Output is missing: give the folder for the files")
	}
	return nil
}
