package decoding

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/store"
)

// Formulas are image ids that spreadsheet programs may take for formulas. They stay what
// they are, for other programs join on them.
type Formulas struct {
	Count int64
	First string // in the table
}

// findFormulas reads images.csv.
func findFormulas(ctx context.Context, dir string) (f Formulas, err error) {
	name := store.Join(dir, schemas.DecodedCSV)
	in, err := store.Open(ctx, name)
	if err != nil {
		return f, err
	}
	defer in.Close() // only read
	rows := lines.NewCSV(in)
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, fmt.Errorf("%s: %w", name, err)
		}
		if lines.IsFormula(row[0]) {
			if f.Count++; f.Count == 1 {
				f.First = strings.Clone(row[0])
			}
		}
	}
}
