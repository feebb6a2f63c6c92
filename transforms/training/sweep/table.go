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

// columnOf names the column of a parameter that the sweep varies; columns has a loss already.
func columnOf(parameter string) string {
	if parameter == "loss" {
		return "loss_function"
	}
	return parameter
}

// incomparable are the parameters that change what the loss means: runs with several values
// of one of them are compared by the mean squared error of pixels in [0,1].
var incomparable = []string{"loss", "input_range", "l1", "beta"}

// varied lists the parameters that runs of a table name and columns lacks.
func varied(rows []row) (names []string) {
	for _, name := range []string{"loss", "optimizer", "momentum", "init", "input_range", "noise", "l1", "dropout", "dropout_input", "beta", "seed"} {
		if slices.ContainsFunc(rows, func(r row) bool { return r.parameter(name) != "" }) {
			names = append(names, name)
		}
	}
	return names
}

// byError reports whether rows are compared by the mean squared error, not by the loss.
func byError(rows []row) bool {
	for _, name := range incomparable {
		for _, r := range rows {
			if r.parameter(name) != rows[0].parameter(name) {
				return true
			}
		}
	}
	return false
}

// row is one run of the table.
type row struct {
	name     string
	values   values
	named    [][2]string     // parameters of the file that columns lack, and their texts
	training *model.Training // nil: it diverged
	diverged string          // why
}

// newRow makes the row of a run of c: of its result, or of why it diverged.
func newRow(v values, c training.Config, result *training.Result, diverged string) row {
	full := v.config(c)
	r := row{
		name: v.name(), values: values{LR: full.Fit.LR, Batch: full.Fit.Batch, Latent: full.Latent, Filters: full.Change.Filters}, named: v.named(),
		diverged: diverged,
	}
	if result != nil {
		r.values.Latent, r.values.Filters = result.Arch.Latent, result.Arch.Filters
		r.training = result.Training
	}
	return r
}

// parameter returns the text of a parameter of named; "" where the run does not name it.
func (r row) parameter(name string) string {
	for _, p := range r.named {
		if p[0] == name {
			return p[1]
		}
	}
	return ""
}

// measure is what runs are sorted by: the loss, or the mean squared error, of validation or,
// without one, of training.
func (r row) measure(by string) (v float64, ok bool) {
	if r.training == nil {
		return 0, false
	}
	if v, ok = r.training.Metrics["val_"+by]; !ok {
		v, ok = r.training.Metrics[by]
	}
	return v, ok
}

// sorted returns the rows by rising measure, those without one last, ties by
// name.
func sorted(rows []row) []row {
	rows = slices.Clone(rows)
	by := "loss"
	if byError(rows) {
		by = "mse"
	}
	slices.SortFunc(rows, func(a, b row) int {
		x, hasX := a.measure(by)
		y, hasY := b.measure(by)
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
	head, more := slices.Clone(columns), varied(rows)
	for _, name := range more {
		head = append(head, columnOf(name))
	}
	lines := [][]string{head}
	for _, r := range sorted(rows) {
		line := []string{
			r.name, strconv.FormatFloat(r.values.LR, 'g', -1, 64), strconv.Itoa(r.values.Batch),
			orDefault(r.values.Latent), words.Joined(r.values.Filters, "x"),
		}
		for _, name := range columns[5:11] {
			line = append(line, r.metric(name))
		}
		line = append(line, r.diverged)
		for _, name := range more {
			line = append(line, r.parameter(name))
		}
		lines = append(lines, line)
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
	if byError(rows) {
		fmt.Fprintln(out, "sorted by the mean squared error of pixels in [0,1]: the losses of these runs are not of one kind")
	}
}

// short writes a metric with five digits.
func short(r row, name string) string {
	if v, ok := r.training.Metrics[name]; ok {
		return strconv.FormatFloat(v, 'g', 5, 64)
	}
	return "-"
}
