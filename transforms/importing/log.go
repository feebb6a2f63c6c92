package importing

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

const maxLog = 16 << 20

// notMeasured is what CSVLogger writes in epochs without a figure, as those that were not validated.
const notMeasured = "NA"

// readLog reads the losses of each epoch, as Keras' CSVLogger writes them, and checks them:
// the report draws them, and shows nobody a curve that is not one.
func readLog(ctx context.Context, name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	data, err := store.ReadFileLimit(ctx, name, maxLog)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: is not UTF-8: give the file that Keras' CSVLogger wrote", name)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: give the file that Keras' CSVLogger wrote", name, err)
	}
	if len(rows) < 2 || rows[0][0] != "epoch" || !slices.Contains(rows[0], "loss") {
		return nil, fmt.Errorf("%s: is no log of training%s: want the columns epoch and loss, and a row for each epoch, with commas between, as Keras' CSVLogger writes them", name, begins(rows))
	}
	for i, column := range rows[0] {
		if slices.Contains(rows[0][:i], column) {
			return nil, fmt.Errorf("%s: two columns are named %q: nothing says which of them is meant; rename one", name, column)
		}
	}
	for i, row := range rows[1:] {
		for column, text := range row {
			if text == notMeasured && column > 0 && rows[0][column] != "loss" {
				continue
			}
			v, ok := schemas.Number(text)
			switch {
			case !ok || math.IsNaN(v) || math.IsInf(v, 0):
				return nil, fmt.Errorf("%s: line %d: column %s has %q, which is no number", name, i+2, rows[0][column], text)
			case column == 0 && v != float64(i):
				return nil, fmt.Errorf("%s: line %d: is of epoch %s, want %d: epochs are counted from 0, without a gap", name, i+2, text, i)
			}
		}
	}
	return data, nil
}

// begins says what the first line of a file is that is no log.
func begins(rows [][]string) string {
	const longest = 80
	if len(rows) == 0 {
		return ", but empty"
	}
	head := strings.Join(rows[0], ",")
	if len(head) > longest {
		head = strings.ToValidUTF8(head[:longest], "") + "…"
	}
	return fmt.Sprintf(" (its first line is %q)", head)
}
