package vectors

import (
	"fmt"
	"regexp"

	"exemplar/schemas"
)

// Config names a source, and which of its columns hold what. Names of files are local,
// gs:// or s3://.
type Config struct {
	Input string // a folder or glob of Parquet or CSV files, one such file, or a .npy matrix

	IDColumn      string // of the Parquet or CSV files or the table of ids; "" for schemas.ColImageID
	VectorColumn  string // of Parquet files: a list of numbers; "" for schemas.ColEmbedding
	VectorColumns string // instead, and always of CSV files: a regexp of the names of plain columns of numbers
	LabelColumn   string // "" for none
	IDs           string // CSV table of ids, for a matrix
}

// Matrix reports whether the input is a NumPy matrix.
func (c Config) Matrix() bool { return isMatrix(c.Input) }

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.VectorColumn != "" && c.VectorColumns != "":
		return fmt.Errorf("Config.VectorColumn and Config.VectorColumns exclude each other: the vector is one list column, or many plain ones")
	case c.Matrix() && c.IDs == "":
		return fmt.Errorf("Config.IDs is missing: a .npy matrix has no ids; name a CSV table with one line for each of its rows")
	case c.Matrix() && c.VectorColumn+c.VectorColumns != "":
		return fmt.Errorf("Config.VectorColumn is for Parquet: the rows of a .npy matrix are the vectors")
	case IsCSV(c.Input) && c.VectorColumn != "":
		return fmt.Errorf("Config.VectorColumn is for Parquet: a CSV table has plain columns of numbers, which Config.VectorColumns names")
	case IsCSV(c.Input) && c.VectorColumns == "":
		return errNoLists
	case !c.Matrix() && c.IDs != "":
		return fmt.Errorf("Config.IDs is for one .npy matrix, %s is none: Parquet and CSV files hold their ids in Config.IDColumn; several matrices become one with numpy.concatenate", c.Input)
	}
	if _, err := regexp.Compile(c.VectorColumns); err != nil {
		return fmt.Errorf("Config.VectorColumns is no regular expression: %v", err)
	}
	return nil
}

// WithDefaults fills in the names of columns that are not given: this project's own.
func (c Config) WithDefaults() Config {
	if c.IDColumn == "" {
		c.IDColumn = schemas.ColImageID
	}
	if !c.Matrix() && c.VectorColumn == "" && c.VectorColumns == "" {
		c.VectorColumn = schemas.ColEmbedding
	}
	return c
}
