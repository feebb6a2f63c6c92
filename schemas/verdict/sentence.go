package verdict

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// Sentence says how many random images do as well as the picks of a set, in every
// space in which they were graded.
func Sentence(s *schemas.SetGrade, g *schemas.Grade) string {
	if len(s.Spaces) == 0 {
		if s.Reason == "" {
			return ""
		}
		return "Not graded: " + strings.TrimSuffix(s.Reason, ".") + "."
	}
	text := words.Noun(s.Picks, "This ", "These "+words.Count(s.Picks)+" ") + words.Noun(s.Picks, "pick", "picks")
	first := &s.Spaces[0]
	inDraws := func(e schemas.Equivalent) string { // the range, where there is one
		if e.Beyond >= g.Draws {
			return words.Noun(g.Draws, "in the one draw", "in each of "+words.Count(g.Draws)+" draws")
		}
		return between(e, g.Draws) + " in " + words.Plural(g.Draws, "draw", "draws")
	}
	text += fmt.Sprintf(" %s the collection %s %s would (%s).", words.Noun(s.Picks, "covers", "cover"), compared(first, "as well as"),
		equivalent(first.Equivalent, g.Draws), inDraws(first.Equivalent))
	it, is := words.Noun(s.Picks, "it", "they"), words.Noun(s.Picks, "is", "are")
	for i := range s.Spaces[1:] {
		sp := &s.Spaces[i+1]
		text += fmt.Sprintf(" %s %s %s %s %s.", upper(SpaceName(sp.Space)), it, is, compared(sp, "as good as"), Random(sp.Equivalent, g.Draws))
	}
	return text
}

// compared says how the picks are in a space; as stands before a number of random images.
func compared(s *schemas.SpaceGrade, as string) string {
	switch {
	case better(s):
		return as
	case worse(s):
		return "worse than as many random images: only " + as
	}
	return "no better than random images: " + as
}

// better and worse report whether the picks are so in comparison with every random
// selection; neither is chance.
func better(s *schemas.SpaceGrade) bool { return s.Skill.Low > 0 }
func worse(s *schemas.SpaceGrade) bool  { return s.Skill.High < 0 }

// equivalent writes a number of random images. Where most draws need all that there
// are, the number is a lower bound.
func equivalent(e schemas.Equivalent, draws int) string {
	text := number(e, draws) + " random " + words.Noun(e.Random, "image", "images")
	if 2*e.Beyond >= draws {
		return text + ", all that there are to compare with,"
	}
	return text
}

func number(e schemas.Equivalent, draws int) string {
	return bound(e.Random, 2*e.Beyond >= draws)
}

// between writes the range over the draws, of which the largest are those that do not get
// there with all images that there are.
func between(e schemas.Equivalent, draws int) string {
	low, high := bound(e.Low, e.Beyond >= draws), bound(e.High, e.Beyond > 0)
	if low == high {
		return low
	}
	return low + " to " + high
}

func bound(n int, more bool) string {
	if more {
		return "more than " + words.Count(n)
	}
	return words.Count(n)
}

// Random writes the number of random images that do as well, and its range.
func Random(e schemas.Equivalent, draws int) string {
	return number(e, draws) + " (" + between(e, draws) + ")"
}

func upper(s string) string { return strings.TrimSuffix(words.Sentence(s), ".") }

// measure is a figure of a space that is compared with the random selections.
type measure struct {
	name   string
	of     func(*schemas.SpaceGrade) schemas.Score
	more   bool // is better
	share  bool // of 1, written in percent
	design bool // equal shares per group make it worse
}

var measures = []measure{
	{"quantization error", func(s *schemas.SpaceGrade) schemas.Score { return s.Quantization }, false, false, false},
	{"median distance of an image to the nearest pick", func(s *schemas.SpaceGrade) schemas.Score { return s.RadiusP50 }, false, false, false},
	{"99th percentile of that distance", func(s *schemas.SpaceGrade) schemas.Score { return s.RadiusP99 }, false, false, false},
	{"largest distance of an image to the nearest pick", func(s *schemas.SpaceGrade) schemas.Score { return s.RadiusMax }, false, false, false},
	{"coverage", func(s *schemas.SpaceGrade) schemas.Score { return s.Coverage }, true, true, false},
	{"MMD²", func(s *schemas.SpaceGrade) schemas.Score { return s.MMD2 }, false, false, true},
	{"share of redundant picks", func(s *schemas.SpaceGrade) schemas.Score { return s.Redundant }, false, true, false},
	{"share of outliers", func(s *schemas.SpaceGrade) schemas.Score { return s.Outliers }, false, true, false},
}

// worseThanAll reports whether a score is worse than that of every random selection.
func worseThanAll(s schemas.Score, more bool) bool {
	if more {
		return s.Picks < s.Low
	}
	return s.Picks > s.High
}

// EqualShares reports whether small groups of a scope are picked as often as large
// ones, or nearly so: then the picks cannot have the shares of the images.
func EqualShares(m *schemas.SelectionManifest, scope string) bool {
	p := &m.Parameters.Picking
	return scope != schemas.ScopeGlobal && p.Strategy != schemas.StrategyRepresentative && (p.Budget == 0 || p.Quota != schemas.QuotaProportional)
}

// askedEqual reports whether the picks were to have the values of a column, of any where it is
// "", in equal shares.
func askedEqual(m *schemas.SelectionManifest, column string) bool {
	return slices.ContainsFunc(m.Parameters.Picking.Balance, func(b schemas.Balanced) bool {
		return b.Shares == schemas.QuotaEqual && (column == "" || b.Column == column)
	})
}

// judgeSet says where a set is at chance, and which figures are worse than those of
// every random selection. What a finding of the grade says already is left to it.
func judgeSet(m *schemas.SelectionManifest, s *schemas.SetGrade, add func(Point)) {
	point := func(kind string, alarm bool, format string, args ...any) {
		add(Point{kind, alarm, s.Scope, s.Center, s.Metric, "", fmt.Sprintf(format, args...)})
	}
	found := map[string]bool{}
	for _, f := range m.Grade.Findings {
		if f.Scope == s.Scope && f.Center == s.Center && f.Metric == s.Metric {
			found[f.Kind] = true
		}
	}
	if s.Reason != "" && len(s.Spaces) == 0 {
		point(KindUnknown, false, "the picks are not graded: %s", strings.TrimSuffix(s.Reason, "."))
	}
	for i := range s.Spaces {
		if sp := &s.Spaces[i]; !better(sp) && !(worse(sp) && found[schemas.FindingSkill]) {
			how := "no better than"
			if worse(sp) {
				how = "worse than as many"
			}
			point(KindChance, true, "%s the picks are %s random images (skill %s, %s to %s; 1 is perfect, 0 is chance)", SpaceName(sp.Space), how,
				words.Figure(sp.Skill.Value, 2), words.Figure(sp.Skill.Low, 2), words.Figure(sp.Skill.High, 2))
		}
	}
	equal := EqualShares(m, s.Scope)
	var bad, design, asked []string
	for i, x := range measures {
		where := worseIn(s, &x)
		if len(where) == 0 || i == 0 { // the quantization error is the skill
			continue
		}
		switch {
		case x.design && equal:
			design = append(design, where...)
		case x.design && askedEqual(m, ""):
			asked = append(asked, where...)
		default:
			bad = append(bad, where...)
		}
	}
	for _, b := range s.Balance {
		if b.Reason == "" && worseThanAll(b.Variation, false) {
			text := fmt.Sprintf("balance of %s (%s)", schemas.ShortColumn(b.Column), against(b.Variation, false))
			switch {
			case askedEqual(m, b.Column):
				asked = append(asked, text)
			case equal:
				design = append(design, text)
			default:
				bad = append(bad, text)
			}
		}
	}
	draws := "in the one random selection"
	if n := m.Grade.Draws; n != 1 {
		draws = fmt.Sprintf("in every one of %s random selections", words.Count(n))
	}
	if len(bad) > 0 {
		point(KindWorse, true, "worse than %s: %s", draws, strings.Join(bad, "; "))
	}
	if len(design) > 0 {
		point(KindDesign, false, "worse than %s, because small groups get as many picks as large ones, or nearly so: %s", draws, strings.Join(design, "; "))
	}
	if len(asked) > 0 {
		point(KindDesign, false, "worse than %s, because equal shares were asked for: %s", draws, strings.Join(asked, "; "))
	}
}

// worseIn lists the spaces in which a figure is worse than all random ones.
func worseIn(s *schemas.SetGrade, x *measure) (list []string) {
	for i := range s.Spaces {
		sp := &s.Spaces[i]
		score := x.of(sp)
		if !worseThanAll(score, x.more) {
			continue
		}
		name := x.name
		if len(s.Spaces) > 1 {
			name += ", " + shortSpace(sp.Space)
		}
		list = append(list, fmt.Sprintf("%s (%s)", name, against(score, x.share)))
	}
	return list
}

// shortSpace names a space within a list.
func shortSpace(space string) string {
	if space == schemas.SpaceRaw {
		return "latents as encoded"
	}
	return space
}

// against writes a figure beside the range of the random ones, with the digits that
// tell them apart.
func against(s schemas.Score, share bool) string {
	write := words.Figure
	if share {
		write = words.Percent
	}
	digits := 3
	for digits < 9 && (write(s.Picks, digits) == write(s.High, digits) || write(s.Picks, digits) == write(s.Low, digits)) {
		digits++
	}
	low, high := write(s.Low, digits), write(s.High, digits)
	if low == high {
		return fmt.Sprintf("%s, at random always %s", write(s.Picks, digits), low)
	}
	return fmt.Sprintf("%s, at random %s to %s", write(s.Picks, digits), low, high)
}

// sayOwnTerm says how certain the term of the MMD² is that the picks have no part in.
func sayOwnTerm(g *schemas.Grade, add func(Point)) {
	for i := range g.Sets {
		var list []string
		images := 0
		for _, sp := range g.Sets[i].Spaces {
			if own := sp.MMD2Own; own != nil {
				list, images = append(list, fmt.Sprintf("%s (%s)", words.Figure(own.Error, 2), shortSpace(sp.Space))), max(images, own.Images)
			}
		}
		if len(list) > 0 {
			add(Point{Kind: KindSample, Text: fmt.Sprintf("MMD² has a term of the collection with itself, the same for the picks and for random images: by a sample of %s its standard error is %s; it cancels where picks are compared with random ones",
				words.Plural(images, "image", "images"), words.And(list))})
			return
		}
	}
}
