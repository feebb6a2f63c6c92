// Package comparing holds models of one collection side by side: what each makes of the same
// images, and what JPEG, the cosine transform and principal components make of them with as
// many bits.
//
// Run is the whole step. Two passes go over the images of the shards, batches of them on all
// processors: the first finds the ranges and means of the codes, the second measures every
// reconstruction, with the codes as they are and in 8 bits a number, and the codecs. Batches
// have a size of their own, and their sums are added in the order of the images: the same bytes
// come of any number of processors. A float per image and model is kept, for the order of the
// errors (the ROC) and for errors.parquet, everything else is sums. All is made in memory before
// the folder changes, and written by the protocol of an output folder (package outdir),
// compare.json last.
//
// What lives here: which models fit, the passes, the ROC, the angles between decoders, the
// tables, and when a comparison stands. What never enters: Beam, Gorgonia, printing, selecting,
// encoding, decoding, sharding, reporting; how pixels become a code and a code pixels (package
// model), the codecs (package codecs), and how curves are drawn (training/pictures).
package comparing

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Config is what a user chooses for one run; names are local, gs:// or s3://. Input, Models
// and Output must be given.
type Config struct {
	Input  string   // folder of image shards
	Models []string // model directories, each with a decoder; no two have the same name
	Output string   // folder for the tables

	// Codecs are those that the models are compared with, of schemas.Codecs; the default is
	// all. None is allowed. One that does not take such images is left out, and named.
	Codecs []string
	// Anomalies is a condition, as schemas.ParseAnomalies reads it: how well the error of the
	// reconstruction tells the images that satisfy it from the others. "" asks for nothing.
	Anomalies string

	Limit int64  // images to compare on, drawn by the hash of their ids and Seed; 0, the default: all
	Seed  uint64 // of Limit; default 1

	Overwrite bool // make it again, also where another comparison is there
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config {
	return Config{Codecs: schemas.Codecs, Seed: 1}
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return errors.New("Config.Input is missing: name the folder of image shards")
	case c.Output == "":
		return errors.New("Config.Output is missing: name the folder for the tables")
	}
	for _, name := range c.Models {
		if !utf8.ValidString(name) {
			return fmt.Errorf("Config.Models: the name %q is not UTF-8, which tables are: rename the folder", name)
		}
	}
	return c.parameters().Validate()
}

// parameters are the choices as the user made them, without what is not used.
func (c Config) parameters() schemas.CompareParameters {
	p := schemas.CompareParameters{Codecs: c.Codecs, Anomalies: c.Anomalies, Limit: c.Limit}
	for _, name := range c.Models {
		if name != "" {
			name = store.Join(name) // without a slash at the end
		}
		p.Models = append(p.Models, name)
	}
	if c.Limit > 0 {
		p.Seed = c.Seed
	}
	return p
}

// choices are the parameters for messages, and for a folder that is not finished.
func choices(p schemas.CompareParameters) []outdir.Parameter {
	return []outdir.Parameter{
		outdir.Chosen("models", strings.Join(p.Models, ",")), outdir.Chosen("codecs", strings.Join(p.Codecs, ",")),
		outdir.Chosen("anomalies", p.Anomalies), outdir.Chosen("limit", p.Limit), outdir.Chosen("seed", p.Seed),
	}
}

// output is the folder of the comparison.
func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.CompareFile, Owns: schemas.IsOfComparison}.Reading(append([]string{c.Input}, c.Models...)...)
}
