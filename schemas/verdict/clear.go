package verdict

import (
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// clearOf says of a selection without alarms what was looked at, and what was not: that
// nothing was found says nothing of what nobody measured.
func clearOf(m *schemas.SelectionManifest, notes []Point) string {
	g := m.Grade
	if g == nil || g.Reason != "" || len(g.Sets) == 0 || slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool { return len(s.Spaces) == 0 }) {
		return ""
	}
	good := []string{"the picks are better than random images in every space", "no figure is worse than in every random selection"}
	if slices.ContainsFunc(notes, func(p Point) bool { return p.Kind == KindDesign }) {
		good[1] += " but where the way of picking makes it so"
	}
	var not []string
	say := func(is bool, found, unseen string) {
		if is {
			good = append(good, found)
		} else {
			not = append(not, unseen)
		}
	}
	s := g.Stability
	stable := s != nil && s.Reason == ""
	clustered := m.Parameters.Clustered()
	if KeptMeansPicks(m) {
		say(stable && len(s.PicksKept) == len(g.Sets), "at least half of the picks return with another seed", "whether all picks return with another seed")
	}
	say(!slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool { return s.Repicked == nil || s.Repicked.Reason != "" }),
		"other samples of the collection give these picks or near ones", "what other samples of the collection give")
	if clustered {
		say(stable, "other seeds give much the same clusters", "whether other seeds give the same clusters")
	}
	if m.Gate.Judged > 0 { // vectors of another program have no pixels
		good = append(good, "no pick is blank")
		say(g.Pixels != nil, "pixels, which no way of picking has seen, are among these spaces", "how the picks represent the pixels (--shards)")
		say(!slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool { return s.Blur == nil || s.Blur.Reason != "" }),
			"the picks are not measurably more blurred in the pixels than their groups", "whether the picks are blurred in the pixels")
	}
	say(slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool {
		return slices.ContainsFunc(s.Bias, func(b schemas.Bias) bool { return b.Reason == "" })
	}), "the picks are as their groups in every column of numbers", "whether the picks are more blurred, dimmer or easier to reconstruct than their groups")
	say(slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool {
		return slices.ContainsFunc(s.Batches, func(b schemas.BatchTest) bool {
			return b.Reason == "" && (m.Parameters.Picking.Strategy == schemas.StrategyRepresentative || !schemas.Divides(s.Scope, b.Column))
		})
	}), "no batch is over-represented", "whether batches are over-represented")
	if byCenter(m) { // the other ways pick by no average
		n := len(g.Mixtures)
		say(n > 0, words.Noun(n, "the one group that is large enough to be tested is no mixture", "none of the "+words.Count(n)+" groups that are large enough to be tested is a mixture")+" of separate populations",
			"whether groups are mixtures of separate populations")
	}
	text := words.Sentence(strings.Join(good, "; "))
	if len(not) > 0 {
		text += " Not measured: " + words.And(not) + "."
	}
	return text
}
