package sweep

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
)

var columns = []string{
	"run", "lr", "batch", "latent", "filters", "epochs", "best_epoch", "loss", "mse", "val_loss", "val_mse", "diverged",
}

// row is one run of the table.
type row struct {
	name     string
	values   values
	training *model.Training // nil: it diverged
	diverged string          // why
}

// newRow makes the row of a run of c: of its result, or of why it diverged.
func newRow(v values, c training.Config, result *training.Result, diverged string) row {
	full := v.config(c)
	r := row{
		name: v.name(), values: values{full.Fit.LR, full.Fit.Batch, full.Latent, full.Change.Filters},
		diverged: diverged,
	}
	if result != nil {
		r.values.Latent, r.values.Filters = result.Arch.Latent, result.Arch.Filters
		r.training = result.Training
	}
	return r
}

// measure is what runs are sorted by: the validation loss or, without one, the
// training loss.
func (r row) measure() (v float64, ok bool) {
	if r.training == nil {
		return 0, false
	}
	if v, ok = r.training.Metrics["val_loss"]; !ok {
		v, ok = r.training.Metrics["loss"]
	}
	return v, ok
}

// sorted returns the rows by rising measure, those without one last, ties by
// name.
func sorted(rows []row) []row {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b row) int {
		x, hasX := a.measure()
		y, hasY := b.measure()
		switch {
		case hasX && !hasY:
			return -1
		case !hasX && hasY:
			return 1
		}
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.name, b.name))
	})
	return rows
}

// metric writes a number of the run's summary, or nothing.
func (r row) metric(name string) string {
	if r.training == nil {
		return ""
	}
	v, ok := r.training.Metrics[name]
	if !ok {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// orDefault writes a number; nothing for 0, which stands for the architecture's.
func orDefault(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// writeTable writes the table. Of a run that diverged the values that are the
// architecture's own are empty.
func writeTable(ctx context.Context, dir string, rows []row) error {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	lines := [][]string{columns}
	for _, r := range sorted(rows) {
		line := []string{
			r.name, strconv.FormatFloat(r.values.LR, 'g', -1, 64), strconv.Itoa(r.values.Batch),
			orDefault(r.values.Latent), words.Joined(r.values.Filters, "x"),
		}
		for _, name := range columns[5:11] {
			line = append(line, r.metric(name))
		}
		lines = append(lines, append(line, r.diverged))
	}
	if err := w.WriteAll(lines); err != nil {
		return err
	}
	return store.WriteFile(ctx, store.Join(dir, schemas.SweepFile), text.Bytes())
}

// printTable prints the runs for people, the best first.
func printTable(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  \trun\tval_loss\tval_mse\tbest epoch")
	for i, r := range sorted(rows) {
		if r.training == nil {
			fmt.Fprintf(w, "%d\t%s\tdiverged\t\t\n", i+1, r.name)
			continue
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s of %s\n", i+1, r.name,
			short(r, "val_loss"), short(r, "val_mse"), r.metric("best_epoch"), r.metric("epochs"))
	}
	w.Flush() // errors of a terminal are of no use
}

// short writes a metric with five digits.
func short(r row, name string) string {
	if v, ok := r.training.Metrics[name]; ok {
		return strconv.FormatFloat(v, 'g', 5, 64)
	}
	return "-"
}
