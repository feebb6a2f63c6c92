package train

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/training"
)

// summarizeCurve prints the table of how much training is enough, and what it says.
func summarizeCurve(out io.Writer, c *training.Curve, table bool) {
	if c == nil {
		return
	}
	fmt.Fprintf(out, "  how much training is enough, on %s %s, see %s:\n", noun(int64(c.Images), table), c, schemas.CurveFile)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	mse := slices.ContainsFunc(c.Rows, func(r curves.Row) bool { return !math.IsNaN(r.MSE) && r.MSE != r.Loss })
	errors := []string{"val_loss"}
	if mse {
		errors = append(errors, "val_mse")
	}
	fmt.Fprintf(w, "  share of the run\tseen\tepochs\t%s\tpicks\tskill (s.e.)\tmore at the end (s.e.)\t\n", strings.Join(errors, "\t"))
	figure := func(v float64) string {
		if math.IsNaN(v) {
			return "-"
		}
		return words.Figure(v, 3)
	}
	for _, r := range c.Rows {
		skill, change := "-", "-"
		if !math.IsNaN(r.Skill) {
			skill = fmt.Sprintf("%.3f (%.3f)", r.Skill, r.Error)
		}
		if !math.IsNaN(r.Change) {
			change = fmt.Sprintf("%+.3f (%.3f)", r.Change, r.ChangeError)
		}
		if errors = []string{figure(r.Loss)}; mse {
			errors = append(errors, figure(r.MSE))
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", curves.Percent(r.Share), words.Count(r.Images), figure(r.Epochs), strings.Join(errors, "\t"), figure(r.Picks), skill, change)
	}
	_ = w.Flush() // a writer that fails has said so before
	fmt.Fprintf(out, "  %s\n", curves.Sentence(c.Rows))
}
