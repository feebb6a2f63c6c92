package importing

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"

	"exemplar/transforms/store"
)

const maxLog = 16 << 20

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
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: give the file that Keras' CSVLogger wrote", name, err)
	}
	if len(rows) < 2 || rows[0][0] != "epoch" || !slices.Contains(rows[0], "loss") {
		return nil, fmt.Errorf("%s: is no log of training: want the columns epoch and loss, and a row for each epoch, as Keras' CSVLogger writes them", name)
	}
	for i, row := range rows[1:] {
		for column, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			switch {
			case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
				return nil, fmt.Errorf("%s: line %d: column %s has %q, which is no number", name, i+2, rows[0][column], text)
			case column == 0 && v != float64(i):
				return nil, fmt.Errorf("%s: line %d: is of epoch %s, want %d: epochs are counted from 0, without a gap", name, i+2, text, i)
			}
		}
	}
	return data, nil
}
