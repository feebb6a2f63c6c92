package grading

import (
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
)

// Thresholds of findings.
const (
	batchP         = 0.01 // over the number of columns
	balanceCrowded = 0.5
	stabilityLow   = 0.5
	mixtureNamed   = 4 // populations
)

// sentence says in one line how many random images do as well as the picks.
func sentence(s *schemas.SetGrade, g *schemas.Grade) string {
	if len(s.Spaces) == 0 {
		return "Not graded: " + s.Reason + "."
	}
	text := fmt.Sprintf("%s represent%s the collection %s", words.Plural(s.Picks, "pick", "picks"), words.Noun(s.Picks, "s", ""), equivalent(s.Spaces[0].Equivalent, s.Picks, g))
	for _, sp := range s.Spaces[1:] {
		e := sp.Equivalent
		text += fmt.Sprintf("; %s: %s%s (%s to %s)", sp.Space, more(e, g.Draws), words.Count(e.Random), words.Count(e.Low), words.Count(e.High))
	}
	return text + "."
}

func equivalent(e schemas.Equivalent, picks int, g *schemas.Grade) string {
	only := ""
	if e.Random < picks {
		only = "only "
	}
	return fmt.Sprintf("%sas well as %s%s random images (%s to %s in %d draws)", only, more(e, g.Draws), words.Count(e.Random), words.Count(e.Low), words.Count(e.High), g.Draws)
}

// more says that the number is a lower bound: not even the pool was enough.
func more(e schemas.Equivalent, draws int) string {
	if 2*e.Beyond >= draws {
		return "more than "
	}
	return ""
}

// find collects what a reader must know.
func (g *grader) find(grade *schemas.Grade) {
	add := func(f schemas.Finding, format string, args ...any) {
		f.Text = fmt.Sprintf(format, args...)
		grade.Findings = append(grade.Findings, f)
	}
	for i := range grade.Sets {
		s := &grade.Sets[i]
		about := func(kind string) schemas.Finding {
			return schemas.Finding{Kind: kind, Scope: s.Scope, Center: s.Center, Metric: s.Metric}
		}
		if s.Blank > 0 {
			add(about(schemas.FindingBlank), "%s blank", words.Plural(s.Blank, "pick is", "picks are"))
		}
		found := map[string]bool{} // the first space in which something shows tells it
		once := func(kind, format string, args ...any) {
			if !found[kind] {
				add(about(kind), format, args...)
			}
			found[kind] = true
		}
		for j := range s.Spaces {
			sp := &s.Spaces[j]
			if sp.Skill.High < 0 {
				once(schemas.FindingSkill, "the picks represent the collection worse than as many random images, %s (skill %.2f, %.2f to %.2f)",
					verdict.SpaceName(sp.Space), sp.Skill.Value, sp.Skill.Low, sp.Skill.High)
			}
			if worse, graded := worseGroups(sp); graded > 1 && 2*worse > graded {
				once(schemas.FindingGroups, "in %d of %d groups the picks represent their group worse than as many random images of it, %s",
					worse, graded, verdict.SpaceName(sp.Space))
			}
			if sp.Outliers.Picks > sp.Outliers.High && sp.Outliers.Picks > 0.01 {
				once(schemas.FindingOutlier, "%s of the picks are outliers, %s of random images are, %s",
					words.Percent(sp.Outliers.Picks, 3), words.Percent(sp.Outliers.Random, 3), verdict.SpaceName(sp.Space))
			}
		}
		g.findBatches(s, about, add)
	}
	findMixed(grade, add)
	if s := grade.Stability; s != nil && s.Reason == "" && s.Reseeded.Value < stabilityLow {
		add(schemas.Finding{Kind: schemas.FindingStability, Scope: schemas.ScopeCluster},
			"the clusters depend on the seed: adjusted Rand index %.2f with other seeds; fewer clusters may be more stable", s.Reseeded.Value)
	}
}

func (g *grader) findBatches(s *schemas.SetGrade, about func(string) schemas.Finding, add func(schemas.Finding, string, ...any)) {
	// Clusters of hierarchical k-means are of very different sizes, on purpose.
	apart := s.Scope == schemas.ScopeCluster && g.Hierarchy.Fine > 0
	for _, b := range s.Balance {
		if b.Column == schemas.ScopeCluster && !apart && b.Variation.Picks > b.Variation.High && b.Variation.Picks >= balanceCrowded {
			add(about(schemas.FindingBalance), "the picks are crowded in few clusters (total variation %.2f, %.2f at most in random selections)",
				b.Variation.Picks, b.Variation.High)
		}
	}
	tests := 0
	for _, b := range s.Batches {
		if b.Reason == "" {
			tests++
		}
	}
	for _, b := range s.Batches {
		if b.Reason != "" || !(b.P < batchP/float64(tests)) {
			continue
		}
		over := ""
		if len(b.Over) > 0 && b.Over[0].Picks > 1 { // one pick says nothing
			over = fmt.Sprintf("; most of all %s=%s, %s where %s are expected", b.Column, b.Over[0].Value, words.Plural(b.Over[0].Picks, "pick", "picks"), expected(b.Over[0].Expected))
		}
		add(about(schemas.FindingBatch), "picks do not come from %s as images do: χ² %.1f, p %.2g%s", b.Column, b.ChiSquare, b.P, over)
	}
}

// expected writes a number of picks with a digit behind the point, or with two
// significant ones where that would be 0.
func expected(n float64) string {
	if n >= 0.1 {
		return fmt.Sprintf("%.1f", n)
	}
	return words.Figure(n, 2)
}

// findMixed warns of each group whose centres are averages of populations that lie
// apart.
func findMixed(grade *schemas.Grade, add func(schemas.Finding, string, ...any)) {
	for _, m := range grade.Mixtures {
		if !m.Mixed {
			continue
		}
		var shares []string
		for _, p := range m.Populations[:min(len(m.Populations), mixtureNamed)] {
			shares = append(shares, words.Percent(p, 2))
		}
		if len(m.Populations) > mixtureNamed {
			shares = append(shares, "…")
		}
		add(schemas.Finding{Kind: schemas.FindingMixed, Scope: m.Scope, Group: m.Group},
			"%s of %s: an average of %d populations that lie apart (%s of its images), between them at most %.0f %% as dense as beside; the picks may stand for none of them",
			strings.ReplaceAll(strings.Join(m.Centers, ", "), "_", " "), groupName(m.Scope, m.Group), len(m.Populations), strings.Join(shares, ", "), 100*m.Between)
	}
}

// worseGroups counts the groups of which every random selection is better.
func worseGroups(s *schemas.SpaceGrade) (worse, graded int) {
	for _, g := range s.Groups {
		if g.Reason != "" {
			continue
		}
		graded++
		if g.Skill.High < 0 {
			worse++
		}
	}
	return worse, graded
}

func groupName(scope, group string) string {
	if scope == schemas.ScopeGlobal {
		return "the whole collection"
	}
	return scope + " " + group
}
