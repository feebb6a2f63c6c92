package ingesting

import (
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/outdir"
)

// Config is what a user chooses for one run. Input and Output must be given, and IDs for a
// matrix; names are local, gs:// or s3://.
type Config struct {
	Input  string // a folder or glob of Parquet or CSV files, one such file, or a .npy matrix
	Output string // folder for the latents

	IDColumn      string // of the Parquet or CSV files or the table of ids; "" for schemas.ColImageID
	VectorColumn  string // of Parquet files: a list of numbers; "" for schemas.ColEmbedding
	VectorColumns string // instead, and always of CSV files: a regexp of the names of plain columns of numbers
	LabelColumn   string // "" for none
	IDs           string // CSV table of ids, for a matrix

	// Accepts refuses vectors, before any are converted, by what will be said of their latents;
	// nil takes all.
	Accepts func(spec *schemas.LatentsSpec) error `json:"-"`

	// Kept says that something finished was made of the vectors that are there: others
	// are refused.
	Kept bool

	Resume    bool // keep finished files of an interrupted run; the default
	Overwrite bool // make every file again
}

// DefaultConfig returns the defaults of all that need not be given.
func DefaultConfig() Config { return Config{Resume: true} }

// Given reports whether any field asks for vectors of another program, or the input is
// a file that can be nothing else.
func (c Config) Given() bool { return c.columns().Given() }

// columns returns which columns are read of what.
func (c Config) columns() vectors.Config {
	return vectors.Config{Input: c.Input, IDColumn: c.IDColumn, VectorColumn: c.VectorColumn, VectorColumns: c.VectorColumns,
		LabelColumn: c.LabelColumn, IDs: c.IDs}
}

// choices returns what the user chose.
func (c Config) choices() []outdir.Parameter {
	return []outdir.Parameter{
		outdir.Chosen("id_column", c.IDColumn), outdir.Chosen("vector_column", c.VectorColumn),
		outdir.Chosen("vector_columns", c.VectorColumns), outdir.Chosen("label_column", c.LabelColumn), outdir.Given("ids", c.IDs),
	}
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return fmt.Errorf("Config.Input is missing: name the Parquet or CSV files or the .npy matrix of the vectors")
	case c.Output == "":
		return fmt.Errorf("Config.Output is missing: name the folder for the result")
	}
	return c.columns().Validate()
}

// withDefaults fills in the names of columns that are not given: this project's own.
func (c Config) withDefaults() Config {
	full := c.columns().WithDefaults()
	c.IDColumn, c.VectorColumn = full.IDColumn, full.VectorColumn
	return c
}
