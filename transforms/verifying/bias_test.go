package verifying

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/selecting"
)

// TestAGradeWithoutBiasHolds: earlier versions did not ask whether picks are biased, which
// is said; a grade that says it of some of its sets is not theirs.
func TestAGradeWithoutBiasHolds(t *testing.T) {
	f := forger{t, workflow(t)}
	strip := func(sets int) {
		f.selection(func(m *schemas.SelectionManifest) {
			for i := range m.Grade.Sets[:min(sets, len(m.Grade.Sets))] {
				if m.Grade.Sets[i].Bias == nil {
					t.Fatalf("set %d has no percentiles", i)
				}
				m.Grade.Sets[i].Bias = nil
			}
			if sets >= len(m.Grade.Sets) {
				m.Grade.Findings = slices.DeleteFunc(m.Grade.Findings, func(f schemas.Finding) bool { return f.Kind == schemas.FindingBias })
			}
		})
	}
	again(t, f.dir, func(c *selecting.Config) { c.Parameters.Centers = []string{"mean", "medoid"} })
	strip(1)
	if problems := verify(t, f.dir, "selection"); len(problems) != 1 || !strings.Contains(problems[0], "bias is missing, the latents give a list of") {
		t.Errorf("one set without percentiles: %q", problems)
	}
	again(t, f.dir, func(c *selecting.Config) {})
	strip(9)
	r, err := Run(t.Context(), Config{Input: filepath.Join(f.dir, "selection")})
	check(t, err)
	if len(r.Problems) > 0 || !slices.ContainsFunc(r.Unchecked, func(s string) bool { return strings.HasPrefix(s, "whether picks are biased: ") }) {
		t.Errorf("no set has percentiles: problems %q, unchecked %q", r.Problems, r.Unchecked)
	}
}
