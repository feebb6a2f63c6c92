package selecting

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// Formulas are the names, labels and metadata in the tables of a selection that
// spreadsheet programs take for formulas. They stay what they are, for other programs
// join on them.
type Formulas struct {
	Count int    // different ones
	First string // in the table
}

// findFormulas reads selection.csv. What metadata.csv has beside is the names of
// files, which begin with their scope.
func findFormulas(ctx context.Context, dir string) (f Formulas, err error) {
	name := store.Join(dir, schemas.SelectionCSV)
	in, err := store.Open(ctx, name)
	if err != nil {
		return f, err
	}
	defer in.Close()
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	head, err := rows.Read()
	if err != nil {
		return f, fmt.Errorf("%s: %w", name, err)
	}
	var columns []int
	for i, column := range head {
		if slices.Contains([]string{schemas.ColImageID, "group_id", "next_image_id", schemas.ColLabel}, column) || strings.HasPrefix(column, schemas.MetadataPrefix) {
			columns = append(columns, i)
		}
	}
	seen := map[string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, fmt.Errorf("%s: %w", name, err)
		}
		for _, i := range columns {
			if cell := row[i]; lines.IsFormula(cell) && !seen[cell] {
				cell = strings.Clone(cell)
				seen[cell] = true
				if f.Count++; f.Count == 1 {
					f.First = cell
				}
			}
		}
	}
}

// longestShown bounds the characters of a name within a warning.
const longestShown = 40

// Warning says in a line what spreadsheet programs make of the tables, or nothing.
func (r *Result) Warning() string {
	f := r.Formulas
	if f.Count == 0 {
		return ""
	}
	first := []rune(f.First)
	if len(first) > longestShown {
		first = append(first[:longestShown], '…')
	}
	subject, object := fmt.Sprintf("%s names or labels begin", progress.Count(int64(f.Count))), "them for formulas"
	if f.Count == 1 {
		subject, object = "1 name or label begins", "it for a formula"
	}
	tables := schemas.SelectionCSV
	if r.Manifest.Images {
		tables += " and " + schemas.MetadataCSV
	}
	return fmt.Sprintf(`warning: %s with "=", "+", "-", "@" or a control character, the first %q: spreadsheet programs take %s; import %s as text`,
		subject, string(first), object, tables)
}
