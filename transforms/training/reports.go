package training

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"exemplar/schemas"
	"exemplar/transforms/store"
	"exemplar/transforms/training/fit"
)

// unreported says that the reports which were asked for are not made, since the model is there
// already and its training made others or none; "" where they are there.
func (d *draft) unreported(ctx context.Context) (string, error) {
	f := d.Fit
	if d.result.Made || f.ReportSteps == 0 || f.Steps > 0 && f.ReportSteps == fit.DefaultReportSteps { // nobody asked
		return "", nil
	}
	name := store.Join(d.Output, schemas.StepsLogFile)
	data, err := store.ReadFile(ctx, name)
	has := "there is no " + name
	switch {
	case err == nil && d.reported(data):
		return "", nil
	case err == nil:
		has = name + " stays as its training wrote it"
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	return fmt.Sprintf("Config.ReportSteps=%d: no step is made, and %s; Config.Overwrite trains again, with these reports", f.ReportSteps, has), nil
}

// reported reports whether a table of reports has the rows that Fit.ReportSteps asks for, and
// no others: the first step, every so many, and the last of Fit.Steps.
func (d *draft) reported(table []byte) bool {
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(rows) == 0 {
		return false
	}
	t, batch, every := d.result.Training, int64(d.Fit.Batch), d.Fit.ReportSteps
	steps := int64(t.Metrics["epochs"]) * ((t.Images + batch - 1) / batch)
	if d.Fit.Steps > 0 {
		steps = min(steps, d.Fit.Steps)
	}
	next := int64(1)
	for _, row := range rows[1:] {
		if row[0] != strconv.FormatInt(next, 10) {
			return false
		}
		if next = (next/every + 1) * every; next > steps && d.Fit.Steps > 0 && row[0] != strconv.FormatInt(steps, 10) {
			next = steps
		}
	}
	return next > steps
}
