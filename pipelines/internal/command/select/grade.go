package selectcmd

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
)

// summarizeGrade prints how well the picks represent the collection, and all that a
// reader must know about them.
func summarizeGrade(out io.Writer, m *schemas.SelectionManifest) {
	if m.Grade != nil {
		summarizeFigures(out, m.Grade)
	}
	for _, line := range verdict.Of(m).Lines() {
		fmt.Fprintln(out, line)
	}
}

func summarizeFigures(out io.Writer, g *schemas.Grade) {
	if len(g.Sets) > 1 {
		summarizeSets(out, g)
	}
	for i := range g.Sets {
		if s := &g.Sets[i]; len(g.Sets) == 1 && len(s.Spaces) > 0 {
			fmt.Fprintln(out, verdict.Sentence(s, g))
			for _, sp := range s.Spaces {
				fmt.Fprintf(out, "  skill %s, %s space; 1 is perfect, 0 is chance\n", interval(sp.Skill), sp.Space)
			}
		}
	}
	if slices.ContainsFunc(g.Sets, func(s schemas.SetGrade) bool { return len(s.Spaces) > 0 }) {
		fmt.Fprintf(out, "how good: graded on %s, against %s out of %s; the ranges in brackets are those of the %s\n",
			words.Plural(g.Evaluated, "image", "images"), words.Plural(g.Draws, "random selection", "random selections"), words.Plural(g.Pool, "other", "others"), words.Plural(g.Draws, "draw", "draws"))
	}
	if s := g.Stability; s != nil && s.Reason == "" {
		fmt.Fprintf(out, "clusters of %s images with other seeds: adjusted Rand index %s, of halves %s; 1 is the same, 0 is chance\n",
			progress.Count(int64(s.Rows)), interval(s.Reseeded), words.Figure(s.Halves.Value, 2))
	}
}

// summarizeSets prints a table of several sets of picks.
func summarizeSets(out io.Writer, g *schemas.Grade) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  picks\tas good as random")
	for _, name := range spaceNames(g) {
		fmt.Fprintf(w, "\tskill, %s", name)
	}
	fmt.Fprintln(w)
	for i := range g.Sets {
		s := &g.Sets[i]
		if len(s.Spaces) == 0 && s.Reason == "" {
			continue
		}
		fmt.Fprintf(w, "  %s%s", setName(g, s.Scope, s.Center, s.Metric), progress.Count(int64(s.Picks)))
		if len(s.Spaces) == 0 {
			fmt.Fprintf(w, "\tnot graded: %s", s.Reason)
		}
		for j, sp := range s.Spaces {
			if e := sp.Equivalent; j == 0 {
				fmt.Fprintf(w, "\t%s", verdict.Random(e, g.Draws))
			}
			fmt.Fprintf(w, "\t%s", interval(sp.Skill))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

// spaceNames returns the names of the spaces that sets are graded in.
func spaceNames(g *schemas.Grade) (names []string) {
	for _, s := range g.Sets {
		for _, sp := range s.Spaces {
			names = append(names, sp.Space)
		}
		if len(names) > 0 {
			break
		}
	}
	return names
}

// interval writes a figure with its range, and no number that is not 0 as 0.
func interval(v schemas.Interval) string {
	return fmt.Sprintf("%s (%s to %s)", words.Figure(v.Value, 2), words.Figure(v.Low, 2), words.Figure(v.High, 2))
}

// setName tells the picks of one scope, center and metric from others, where
// there are others.
func setName(g *schemas.Grade, scope, center, metric string) string {
	if len(g.Sets) < 2 || center == "" || metric == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s, %s: ", scope, center, metric)
}
