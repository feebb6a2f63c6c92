package selecting

import (
	"context"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestFormulas: a selection says which of its names spreadsheet programs take for
// formulas, when it is made and when there is nothing to do, and keeps them as they are.
func TestFormulas(t *testing.T) {
	const label, run = "=HYPERLINK(\"http://x\",\"a label that is longer than shown\")", "@run"
	dir := t.TempDir()
	rows := collection(60)
	for i := range rows {
		if rows[i].Label == "mitosis" {
			rows[i].Label = label
		}
		rows[i].Metadata[0] = []string{"-3", "+1.5", run}[i%3]
	}
	write(t, dir, rows, 2, "none")
	c := config(dir, "label")
	check(t, c.Validate())
	var before string
	for _, made := range []bool{true, false} {
		r, err := Run(context.Background(), c, runner)
		check(t, err)
		if r.Made != made || r.Formulas.Count != 2 {
			t.Errorf("made %v: %+v", r.Made, r.Formulas)
		}
		const want = `warning: 2 names or labels begin with "=", "+", "-", "@" or a control character, the first `
		if w := r.Warning(); !strings.HasPrefix(w, want) || !strings.HasSuffix(w, "take them for formulas; import selection.csv as text") || strings.Contains(w, "longer than shown") {
			t.Errorf("the warning is %s", w)
		}
		table := tree(t, c.Output)[schemas.SelectionCSV]
		if !strings.Contains(table, `,"=HYPERLINK(""http://x"",""a label that is longer than shown"")",`) || !strings.Contains(table, ",@run,") {
			t.Errorf("the table holds other names:\n%s", table)
		}
		if !made && table != before {
			t.Error("the table was changed")
		}
		before = table
	}
	if w := (&Result{Manifest: &schemas.SelectionManifest{Images: true}, Formulas: Formulas{1, "=1"}}).Warning(); !strings.Contains(w, `1 name or label begins `) ||
		!strings.HasSuffix(w, `the first "=1": spreadsheet programs take it for a formula; import selection.csv and metadata.csv as text`) {
		t.Error(w)
	}
}
