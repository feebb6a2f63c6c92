package publish

import (
	"strings"
	"testing"

	"exemplar/transforms/reporting"
)

// TestOrientationOnTheConsole: where the latents follow the orientation that is said, and what to do; else nothing.
func TestOrientationOnTheConsole(t *testing.T) {
	o := &reporting.Orientation{Sentence: "How the objects lie explains 18 % of it.", Advice: "Make shards with --align=moments."}
	r := &Result{Report: &reporting.Report{Orientation: o}}
	if !strings.Contains(r.Summary(), "\norientation: How the objects lie explains 18 % of it. Make shards with --align=moments.\n") {
		t.Error(r.Summary())
	}
	o.Advice = ""
	if strings.Contains(r.Summary(), "orientation") {
		t.Error(r.Summary())
	}
}
