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
			if sp.Space == schemas.SpacePixels {
				continue // package verdict judges it: without shards nobody could check what stands here
			}
			if sp.Skill.High < 0 {
				once(schemas.FindingSkill, "the picks represent the collection worse than as many random images, %s (skill %s, %s to %s)",
					verdict.SpaceName(sp.Space), words.Figure(sp.Skill.Value, 2), words.Figure(sp.Skill.Low, 2), words.Figure(sp.Skill.High, 2))
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
		findBias(s, about, add)
	}
	findMixed(grade, add)
	if s := grade.Stability; s != nil && s.Reason == "" && s.Reseeded.Value < stabilityLow {
		add(schemas.Finding{Kind: schemas.FindingStability, Scope: schemas.ScopeCluster},
			"the clusters depend on the seed: adjusted Rand index %s with other seeds; fewer clusters may be more stable", words.Figure(s.Reseeded.Value, 2))
	}
}

func (g *grader) findBatches(s *schemas.SetGrade, about func(string) schemas.Finding, add func(schemas.Finding, string, ...any)) {
	// Clusters of hierarchical k-means are of very different sizes, on purpose.
	apart := (s.Scope == schemas.ScopeCluster || schemas.CrossesClusters(s.Scope)) && g.Hierarchy.Fine > 0
	for _, b := range s.Balance {
		if b.Column == schemas.ScopeCluster && !apart && b.Variation.Picks > b.Variation.High && b.Variation.Picks >= balanceCrowded {
			add(about(schemas.FindingBalance), "the picks are crowded in few clusters (total variation %s, %s at most in random selections)",
				words.Figure(b.Variation.Picks, 3), words.Figure(b.Variation.High, 3))
		}
	}
	tests := 0
	for _, b := range s.Batches {
		if b.Reason == "" {
			tests++
		}
	}
	for _, b := range s.Batches {
		if b.Reason != "" || !(b.P < batchP/float64(tests)) || g.Parameters != nil && AsAsked(g.Parameters, s.Scope, b.Column) {
			continue
		}
		over := ""
		if len(b.Over) > 0 && b.Over[0].Picks > 1 { // one pick says nothing
			over = fmt.Sprintf(": %s, %s where %s are expected", b.Over[0].Value, words.Plural(b.Over[0].Picks, "pick", "picks"), expected(b.Over[0].Expected))
		}
		add(about(schemas.FindingBatch), "some values of %s are over-represented among the picks (χ² %s, %s)%s", b.Column, words.Figure(b.ChiSquare, 3), verdict.Chance(b.P), over)
	}
}

// AsAsked reports whether the picks of a scope have the values of a column in other shares than
// the images because that was asked for: the values are groups, and groups have picks of their own.
func AsAsked(p *schemas.SelectionParameters, scope, column string) bool {
	return p.Picking.Strategy != schemas.StrategyRepresentative && schemas.Divides(scope, column)
}

// expected writes a number of picks with a digit behind the point, or with two
// significant ones where that would be 0.
func expected(n float64) string {
	if n >= 0.1 {
		return fmt.Sprintf("%.1f", n)
	}
	return words.Figure(n, 2)
}

// findMixed warns of each group whose centers are averages of populations that lie
// apart.
func findMixed(grade *schemas.Grade, add func(schemas.Finding, string, ...any)) {
	for _, m := range grade.Mixtures {
		if !m.Mixed {
			continue
		}
		add(schemas.Finding{Kind: schemas.FindingMixed, Scope: m.Scope, Group: m.Group},
			"the %s of %s %s between %d separate populations (%s of its images), where images are at most %s as dense as on both sides; the picks may stand for none of them",
			strings.ReplaceAll(words.And(m.Centers), "_", " "), groupName(m.Scope, m.Group), words.Noun(len(m.Centers), "lies", "lie"),
			len(m.Populations), populations(m.Populations), words.Percent(m.Between, 2))
	}
}

// populations writes the shares of the largest.
func populations(list []float64) string {
	var shares []string
	for _, p := range list[:min(len(list), mixtureNamed)] {
		shares = append(shares, words.Percent(p, 2))
	}
	if len(list) > mixtureNamed {
		return strings.Join(shares, ", ") + ", …"
	}
	return words.And(shares)
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
