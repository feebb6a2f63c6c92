package selectcmd

import (
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selecting"
)

// TestSummaryWarnsOfFormulas: the last line says what spreadsheet programs make of
// names, whether the selection was made or was there; without such names there is none.
func TestSummaryWarnsOfFormulas(t *testing.T) {
	for _, made := range []bool{true, false} {
		r := &selecting.Result{Manifest: &schemas.SelectionManifest{}, Made: made}
		var plain, warned strings.Builder
		summarize(&plain, "selection", r, true)
		r.Formulas = selecting.Formulas{Count: 3, First: "=cmd|1"}
		summarize(&warned, "selection", r, true)
		want := plain.String() + `warning: 3 names or labels begin with "=", "+", "-", "@" or a control character, the first "=cmd|1": ` +
			"spreadsheet programs take them for formulas; import selection.csv as text\n"
		if warned.String() != want {
			t.Errorf("made %v:\n%s\nwant\n%s", made, warned.String(), want)
		}
	}
}
