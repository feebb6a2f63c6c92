// Package tabular turns the rows of a table into latents, by a model that was trained on
// one: the step of encode where its input is no folder of shards.
//
// What lives here: which columns the model takes, its scale on them, and the parts in which
// the latents are written. What never enters: Beam, Gorgonia, printing, ingesting; how
// tables are read and joined (package vectors), the arithmetic of the encoder (package
// model), and the columns of the Parquet files (latents).
package tabular

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/store"
)

// Config is what a user chooses for one run. DefaultConfig returns one that lacks only
// Input, Model and Output. Names are local, gs:// or s3://.
type Config struct {
	Input  string         // names of tables, separated by commas; several are joined by their ids
	Read   vectors.Config // which columns hold what; those of numbers are the model's where they are not said
	Model  string         // model directory
	Output string         // folder for the latents

	Layout      string // of the columns: list (the default) or wide
	Reconstruct bool   // fill mse, by the model's decoder; by default not
	Batch       int    // rows that go through the encoder at once, 1 to 4096; the latents do not depend on it

	Resume    bool // keep finished files of an interrupted run; the default
	Overwrite bool // make every file again
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config { return Config{Layout: "list", Batch: 32, Resume: true} }

// Inputs returns the names of the tables.
func (c Config) Inputs() []string { return vectors.Inputs(c.Input) }

// names returns the names of the tables without their folders.
func (c Config) names() string {
	var names []string
	for _, input := range c.Inputs() {
		names = append(names, store.Base(input))
	}
	return strings.Join(names, ",")
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return errors.New("Config.Input is missing: name a table")
	case c.Model == "":
		return errors.New("Config.Model is missing: name the model directory")
	case c.Output == "":
		return errors.New("Config.Output is missing: name the folder for the latents")
	case !slices.Contains(schemas.Layouts, c.Layout):
		return fmt.Errorf("Config.Layout=%s: must be one of %v", c.Layout, schemas.Layouts)
	case c.Batch < 1 || c.Batch > 4096:
		return fmt.Errorf("Config.Batch=%d: must be 1 to 4096", c.Batch)
	}
	return nil
}
