package verifying

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
)

// compareCSV checks that a table says the same as selection.parquet. files are
// the values of a column file_name in front, nil where there is none.
func compareCSV(file string, data []byte, picks []schemas.Pick, metadata, files []string, r *Report) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		r.problemf(file, "%v", err)
		return
	}
	lines := tables.Lines(picks, metadata, files)
	head := lines[0]
	if len(rows) == 0 || !slices.Equal(rows[0], head) {
		r.problemf(file, "its first line is not %s", strings.Join(head, ","))
		return
	}
	if len(rows) != len(lines) {
		r.problemf(file, "%d picks, %s has %d", len(rows)-1, schemas.SelectionParquet, len(picks))
		return
	}
	for i, want := range lines {
		for j, value := range want {
			if got := rows[i][j]; got != value {
				r.problemf(file, "line %d, column %s is %q, %s says %q", i+1, head[j], got, schemas.SelectionParquet, value)
				break
			}
		}
	}
}
