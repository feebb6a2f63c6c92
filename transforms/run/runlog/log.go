package runlog

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"exemplar/transforms/run/redact"
)

// Log writes a line about what a DoFn has done, with attributes as slog takes
// them. In the process of the program it goes to the program's log; on a worker of
// a cluster to the Carrier, with the id of the run.
func Log(ctx context.Context, message string, attributes ...any) {
	if s := current(); s != nil {
		s.log.InfoContext(ctx, message, attributes...)
		return
	}
	if underway() || carrier == nil {
		return
	}
	if id := carrier.Run(); id != "" {
		carrier.Log(ctx, redact.Line(line(id, message, attributes)))
	}
}

// line writes a line of the log as text: message run=ID key=value.
func line(id, message string, attributes []any) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s run=%s", message, id)
	r := slog.Record{}
	r.Add(attributes...)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&text, " %s=%s", a.Key, quote(a.Value.String()))
		return true
	})
	return text.String()
}

// quote quotes a value that would not read as one.
func quote(v string) string {
	if v == "" || strings.ContainsAny(v, " \t\r\n\"=") {
		return strconv.Quote(v)
	}
	return v
}
