package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"exemplar/schemas"
	"exemplar/transforms/progress"
)

// mostFindings is the number of warnings of one kind that are printed.
const mostFindings = 3

// summariseGrade prints how well the picks represent the collection, and what a
// reader must know about them.
func summariseGrade(out io.Writer, g *schemas.Grade) {
	if g == nil {
		return
	}
	if g.Reason != "" {
		fmt.Fprintf(out, "not graded: %s\n", g.Reason)
	}
	if len(g.Sets) > 1 {
		summariseSets(out, g)
	}
	for i := range g.Sets {
		if s := &g.Sets[i]; len(g.Sets) == 1 && s.Sentence != "" {
			fmt.Fprintln(out, s.Sentence)
			for _, sp := range s.Spaces {
				fmt.Fprintf(out, "  skill %.2f (%.2f to %.2f), %s space; 1 is perfect, 0 is chance\n", sp.Skill.Value, sp.Skill.Low, sp.Skill.High, sp.Space)
			}
		}
	}
	if g.Evaluated > 0 && g.Reason == "" {
		fmt.Fprintf(out, "graded on %s images, against %d random selections out of %s others\n",
			progress.Count(int64(g.Evaluated)), g.Draws, progress.Count(int64(g.Pool)))
	}
	if s := g.Stability; s != nil && s.Reason == "" {
		fmt.Fprintf(out, "clusters of %s images with other seeds: adjusted Rand index %.2f (%.2f to %.2f), of halves %.2f; 1 is the same, 0 is chance\n",
			progress.Count(int64(s.Rows)), s.Reseeded.Value, s.Reseeded.Low, s.Reseeded.High, s.Halves.Value)
	}
	printFindings(out, g)
}

// summariseSets prints a table of several sets of picks.
func summariseSets(out io.Writer, g *schemas.Grade) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "  picks\tas good as random")
	for _, name := range spaceNames(g) {
		fmt.Fprintf(w, "\tskill, %s", name)
	}
	fmt.Fprintln(w)
	for i := range g.Sets {
		s := &g.Sets[i]
		if s.Sentence == "" {
			continue
		}
		fmt.Fprintf(w, "  %s%s", setName(g, s.Scope, s.Center, s.Metric), progress.Count(int64(s.Picks)))
		if len(s.Spaces) == 0 {
			fmt.Fprintf(w, "\tnot graded: %s", s.Reason)
		}
		for j, sp := range s.Spaces {
			if e := sp.Equivalent; j == 0 {
				fmt.Fprintf(w, "\t%s%s (%s to %s)", more(e, g.Draws), progress.Count(int64(e.Random)), progress.Count(int64(e.Low)), progress.Count(int64(e.High)))
			}
			fmt.Fprintf(w, "\t%.2f (%.2f to %.2f)", sp.Skill.Value, sp.Skill.Low, sp.Skill.High)
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

// more says that a number is a lower bound: the whole pool was not enough.
func more(e schemas.Equivalent, draws int) string {
	if 2*e.Beyond >= draws {
		return "more than "
	}
	return ""
}

// printFindings prints the warnings, a few of each kind.
func printFindings(out io.Writer, g *schemas.Grade) {
	printed, hidden := map[string]int{}, 0
	for _, f := range g.Findings {
		if printed[f.Kind]++; printed[f.Kind] > mostFindings {
			hidden++
			continue
		}
		fmt.Fprintf(out, "warning: %s%s\n", setName(g, f.Scope, f.Center, f.Metric), f.Text)
	}
	if hidden > 0 {
		fmt.Fprintf(out, "warning: %s more of these in %s\n", progress.Count(int64(hidden)), schemas.SelectionFile)
	}
}

// setName tells the picks of one scope, center and metric from others, where
// there are others.
func setName(g *schemas.Grade, scope, center, metric string) string {
	if len(g.Sets) < 2 || center == "" || metric == "" {
		return ""
	}
	return fmt.Sprintf("%s, %s, %s: ", scope, center, metric)
}
