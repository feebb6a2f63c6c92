// Package querying finds the images of a collection that are most like one image, by
// their latent vectors, or those that the model reconstructs best and worst.
//
// Run is the whole step. The image is one of the latents, or a file, which goes the way of
// the collection's images: it is fitted as the manifest of the shards says and encoded by
// the model of the latents, so that a file of the collection has the very vector that is
// there. One pass over the latents then measures every image exactly, file by file on all
// processors; each keeps its nearest images only, and ties are broken by image id: the
// same bytes come of any number of processors. Where the shards are named, the images
// found are drawn on a contact sheet. All is made in memory before the folder changes,
// and written by the protocol of an output folder (package outdir), query.json last.
//
// An image of the latents is not its own neighbor. Other images with the same pixels are:
// at distance 0, with their own ids.
//
// What lives here: which image is meant, the pass, the tables, the contact sheet, and when
// a query stands. What never enters: Beam, printing, selecting, encoding, sharding,
// reporting; how pixels become a vector (package model), the distances (kmeans), and the
// quality gate: all images of the latents are compared.
package querying

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// DefaultTop is the number of images that are found where none is given.
const DefaultTop = 20

// Config is what a user chooses for one run; names are local, gs:// or s3://. Input,
// Output and either Image or Tails must be given.
type Config struct {
	Input  string // folder of latents
	Output string // folder for the tables

	// Image is what the others are compared with: an image id of the latents or, where
	// that is none, an image file.
	Image string
	// Tails asks for both ends of the reconstruction errors instead: schemas.TailsMSE.
	Tails string

	// Top is the number of images that are found, of each metric and of each end, 1 to
	// schemas.MaxQueryTop; the default is DefaultTop. Where there are fewer, all are.
	Top int
	// Metrics are the distances, of schemas.Metrics; the default is the Euclidean one.
	Metrics []string

	// Shards is the folder of the image shards, for a contact sheet; "" makes none. What a
	// file is fitted by is also found without it: beside the latents, or where encode was
	// told that the shards are.
	Shards string
	// Model is the folder of the model that encodes a file, and decodes images for the
	// contact sheet of Tails. "" looks for it beside the latents, and where encode was told
	// that it is.
	Model string

	Overwrite bool // make it again, also where another query is there
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config {
	return Config{Top: DefaultTop, Metrics: []string{schemas.MetricEuclidean}}
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return fmt.Errorf("Config.Input is missing: name the folder of latents that encode wrote")
	case c.Output == "":
		return fmt.Errorf("Config.Output is missing: name the folder for the tables")
	}
	return c.parameters().Validate()
}

// parameters are the choices as the user made them.
func (c Config) parameters() schemas.QueryParameters {
	p := schemas.QueryParameters{Image: c.Image, Tails: c.Tails, Top: c.Top}
	if c.Tails == "" {
		p.Metrics = c.Metrics
	}
	return p
}

// choices are the parameters for messages, and for a folder that is not finished.
func choices(p schemas.QueryParameters, shards bool) []outdir.Parameter {
	given := ""
	if shards {
		given = "given"
	}
	return []outdir.Parameter{
		outdir.Chosen("image", p.Image), outdir.Chosen("tails", p.Tails), outdir.Chosen("top", p.Top),
		outdir.Chosen("metrics", p.Metrics), outdir.Given("shards", given),
	}
}

// output is the folder of the query.
func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.QueryFile, Owns: schemas.IsOfQuery}.Reading(c.Input, c.Shards, c.Model)
}

// beside returns the folders where one of a kind may be: the given one alone or, where none
// is given, the one of that name beside the latents and those that encode was told of.
func (c Config) beside(given, kind string, recorded []outdir.Named) []outdir.Named {
	if given != "" {
		return []outdir.Named{{Dir: given}}
	}
	return append([]outdir.Named{{Dir: store.Join(store.Dir(store.Join(c.Input)), kind)}}, recorded...)
}
