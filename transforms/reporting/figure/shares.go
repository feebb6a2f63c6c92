package figure

import (
	"fmt"
	"slices"
	"strconv"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// shares says for which share of the images the picks that are shown stand, panel by panel
// where these have letters, and which images are beside these. It is "" where the picks
// have no weights, as those of earlier versions.
func (f *Figure) shares() string {
	if !f.weighted() {
		return ""
	}
	text := "Every image counts for the pick nearest to it: " + f.shownShares()
	if beside := f.besides(); len(beside) > 0 {
		text += "; beside these there are " + words.And(beside)
	}
	return text + "."
}

// weighted reports whether the picks that are shown have weights.
func (f *Figure) weighted() bool {
	return weightOf(f.Groups()) > 0 // not where one is NaN
}

// weightOf returns the sum of the weights of the picks of some groups.
func weightOf(groups []Group) (sum float64) {
	for _, g := range groups {
		for _, p := range g.Picks {
			sum += p.Weight
		}
	}
	return sum
}

// shownShares says for what the picks that are shown stand: "12 % (A) and 7 % (B) of 1,908
// images". Panels of several sets may be of unlike numbers of images.
func (f *Figure) shownShares() string {
	of := func(s Set) string { return " of " + counted(summary(f.c.Selection, s.Scope).Images) }
	if f.panels[0].letter == "" {
		n := len(f.Picks())
		return fmt.Sprintf("the %s shown %s for %s", words.Noun(n, "pick", words.Count(n)+" picks"), words.Noun(n, "stands", "stand"),
			share(weightOf(f.Groups()))) + of(f.c.Sets[0])
	}
	var parts []string
	for _, p := range f.panels {
		part := share(weightOf(p.groups))
		if len(f.c.Sets) > 1 {
			part += of(p.groups[0].Set)
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", part, p.letter))
	}
	text := "the picks shown stand for " + words.And(parts)
	if len(f.c.Sets) == 1 {
		text += of(f.c.Sets[0])
	}
	return text
}

// besides says which images the weights of the picks are no shares of.
func (f *Figure) besides() (list []string) {
	add := func(n int64, what string) {
		if n > 0 {
			list = append(list, words.Count(n)+" "+what)
		}
	}
	m := f.c.Selection
	add(m.Excluded, "left out by the quality gate")
	var told []string // scopes
	for _, set := range f.c.Sets {
		if !slices.Contains(told, set.Scope) {
			told = append(told, set.Scope)
			add(summary(m, set.Scope).Ungrouped, "in no "+set.groupWords(1))
		}
	}
	add(m.Outside, "outside the condition")
	return list
}

// summary returns the counts of a scope.
func summary(m *schemas.SelectionManifest, scope string) schemas.ScopeSummary {
	for _, s := range m.Scopes {
		if s.Scope == scope {
			return s
		}
	}
	return schemas.ScopeSummary{}
}

// share writes a share of 1 in percent.
func share(v float64) string {
	if v *= 100; v >= 9.95 {
		return strconv.FormatFloat(v, 'f', 0, 64) + " %"
	}
	return strconv.FormatFloat(v, 'g', 2, 64) + " %"
}
