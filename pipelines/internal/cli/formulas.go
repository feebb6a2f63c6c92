package cli

import (
	"fmt"
	"io"

	"exemplar/schemas/words"
)

// WarnOfFormulas says how many image ids of a table spreadsheet programs may take for
// formulas. They stay what they are, for other programs join on them.
func WarnOfFormulas(out io.Writer, n int64, first, table string) {
	if n > 0 {
		fmt.Fprintf(out, `warning: %s with "=", "+", "-", "@" or a control character, the first %.40q: spreadsheet programs may take them for formulas; import %s as text`+"\n", words.Plural(n, "image id begins", "image ids begin"), first, table)
	}
}
