package vectors

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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

	// Names are, in place of VectorColumns, the names of the columns, of which a file may lack some.
	Names []string
	// Elsewhere says that the label may be in another table: a file without it has none.
	Elsewhere bool
}

// foreign are the ends of names that no folder of this project has.
var foreign = []string{".parquet", ".csv", ".csv.gz", ".tsv", ".h5ad", ".h5", ".hdf5", ".npz", ".pt", ".arrow", ".feather",
	".xlsx", ".xls", ".zip", ".tar", ".json", ".mat", ".rds", ".pkl", ".txt"}

// Given reports whether any field asks for vectors of another program, or the input is
// a file that can be nothing else.
func (c Config) Given() bool {
	return c.IDColumn != "" || c.VectorColumn != "" || c.VectorColumns != "" || c.LabelColumn != "" || c.IDs != "" || c.Matrix() ||
		slices.ContainsFunc(foreign, func(end string) bool { return strings.HasSuffix(strings.ToLower(c.Input), end) })
}

// Inputs returns the names in a list of them with commas between, as ReadTable takes them.
func Inputs(list string) []string { return strings.Split(list, ",") }

// AnyGiven is Given, of any input in a list.
func (c Config) AnyGiven(list string) bool {
	return slices.ContainsFunc(Inputs(list), func(input string) bool {
		c.Input = input
		return c.Given()
	})
}

// matcher returns what says whether a column of plain numbers is one of the vectors.
func (c Config) matcher() func(name string) bool {
	if c.Names == nil {
		return regexp.MustCompile(c.VectorColumns).MatchString
	}
	wanted := map[string]bool{}
	for _, name := range c.Names {
		wanted[name] = true
	}
	return func(name string) bool { return wanted[name] }
}

// noColumns is the error of a table that has none of the columns.
func (c Config) noColumns(there string) error {
	if c.Names != nil {
		return fmt.Errorf("has none of the columns of numbers that the model takes, %s; there are %s", someNames(c.Names), there)
	}
	return fmt.Errorf("no column matches Config.VectorColumns=%s; there are %s", c.VectorColumns, there)
}

// plain reports whether the vectors are plain columns.
func (c Config) plain() bool { return c.VectorColumns != "" || c.Names != nil }

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
	case IsCSV(c.Input) && !c.plain():
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
	if !c.Matrix() && c.VectorColumn == "" && !c.plain() {
		c.VectorColumn = schemas.ColEmbedding
	}
	return c
}
