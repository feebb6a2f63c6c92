package selectcmd

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// vectorFlags are the flags for vectors of another program.
func vectorFlags(fs *flag.FlagSet, c *ingesting.Config) {
	fs.StringVar(&c.IDColumn, "id_column", "", "`column` of ids, in Parquet or CSV files or the --ids table of another program (default: image_id)")
	fs.StringVar(&c.VectorColumn, "vector_column", "", "`column` of Parquet files that holds the vectors: lists of numbers (default: embedding)")
	fs.StringVar(&c.VectorColumns, "vector_columns", "", "instead, and always of CSV files: `regexp` of the names of plain columns of numbers, a table of features")
	fs.StringVar(&c.LabelColumn, "label_column", "", "`column` of labels in such files")
	fs.StringVar(&c.IDs, "ids", "", "CSV `file` of ids, one line a row of the .npy matrix in --input")
}

// columnsNamed is the number of columns that are named.
const columnsNamed = 12

// someColumns names the first columns.
func someColumns(names []string) string {
	text := visible.Text(strings.Join(names[:min(len(names), columnsNamed)], ", "))
	if more := len(names) - columnsNamed; more > 0 {
		text += fmt.Sprintf(" and %d more, all in %s", more, schemas.LatentsFile)
	}
	return text
}

// summarizeVectors prints what became of the vectors of another program.
func summarizeVectors(out io.Writer, dir string, r *ingesting.Result) {
	m := r.Manifest
	fmt.Fprintf(out, "%s = %s of %s + %s rejected (%s)\n", words.Plural(m.Records, "row", "rows"), words.Plural(m.Rows, "vector", "vectors"),
		words.Plural(m.Spec.Dimension, "number", "numbers"), progress.Count(m.Rejected), m.Spec.Source)
	if n := len(m.Columns); n > 0 {
		fmt.Fprintf(out, "  the numbers are %s\n", someColumns(m.Columns))
	}
	for i, c := range r.Constant {
		if i == columnsNamed {
			fmt.Fprintf(out, "  and %s more\n", words.Plural(len(r.Constant)-i, "such column", "such columns"))
			break
		}
		fmt.Fprintf(out, "  the column %s has the one value %g in all rows, and tells nothing apart\n", visible.Text(c.Name), c.Value)
	}
	if m.Rejected > 0 {
		fmt.Fprintf(out, "  each one rejected is a line of %s\n", store.Join(dir, schemas.LatentsErrorsFile))
	}
}
