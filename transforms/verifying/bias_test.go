package verifying

import (
	"os"
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

// TestAGradeWithoutBlurHolds: earlier versions did not measure blur in the pixels, which is said; what a
// grade says of it is checked, where the shards are at hand.
func TestAGradeWithoutBlurHolds(t *testing.T) {
	f := forger{t, workflow(t)}
	again(t, f.dir, func(c *selecting.Config) {})
	whole := Config{Input: filepath.Join(f.dir, "selection")}
	run := func() *Report {
		r, err := Run(t.Context(), whole)
		check(t, err)
		return r
	}
	if r := run(); len(r.Problems) > 0 {
		t.Fatalf("problems %q", r.Problems)
	}
	var was *schemas.Bias
	forge := func(change func(i int, s *schemas.SetGrade)) {
		f.selection(func(m *schemas.SelectionManifest) {
			for i := range m.Grade.Sets {
				change(i, &m.Grade.Sets[i])
			}
		})
	}
	forge(func(i int, s *schemas.SetGrade) {
		if s.Blur == nil {
			t.Fatalf("set %d has no blur", i)
		}
		if i == 0 {
			s.Blur.Percentile.Value += 3
			was = s.Blur
		}
	})
	if r := run(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "grade.sets[0].blur.percentile.value is") {
		t.Errorf("another percentile: %q", r.Problems)
	}
	forge(func(_ int, s *schemas.SetGrade) { s.Blur = nil })
	if r := run(); len(r.Problems) > 0 || !slices.ContainsFunc(r.Unchecked, func(s string) bool { return strings.HasPrefix(s, "whether picks are blurred") }) {
		t.Errorf("without: problems %q, unchecked %q", r.Problems, r.Unchecked)
	}
	forge(func(_ int, s *schemas.SetGrade) { s.Blur = was })
	check(t, os.Rename(filepath.Join(f.dir, "shards"), filepath.Join(f.dir, "elsewhere")))
	if r := run(); len(r.Problems) > 0 || !slices.ContainsFunc(r.Unchecked, func(s string) bool {
		return strings.HasPrefix(s, "how the picks represent the pixels, and whether they are blurred there: ")
	}) {
		t.Errorf("without shards: problems %q, unchecked %q", r.Problems, r.Unchecked)
	}
}
