package selectcmd

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/selection/picking"
)

// pickFlags adds the flags that say how many images are picked, and which.
func pickFlags(fs *flag.FlagSet, c *selecting.Config) {
	p := &c.Parameters.Picking
	fs.Var((*cli.Count)(&c.Parameters.Top), "top", "`number` of images to pick for every group, center and metric, instead of a budget; with --strategy=range at each position")
	fs.Var((*cli.Count)(&p.Budget), "budget", fmt.Sprintf("`number` of images to pick of all groups of a scope together, for every center and metric (default %d, or a tenth of a small collection)", selecting.DefaultBudget))
	fs.StringVar(&p.Quota, "quota", p.Quota, "`equal|proportional|sqrt`: how groups share the budget: equal, proportional (to their images) or sqrt (to the square root; the default). Each gets one image before any gets two")
	fs.StringVar(&p.Strategy, "strategy", p.Strategy, "`nearest|facility|representative|range`: which images are picked: nearest (to the center), facility (those that best stand for a sample of the group), range (how far a group reaches: typical, the nearest to the center; those at 25 % and at 75 % of the distances of its inliers; extreme, the farthest of these; and outliers apart; --top of each, 1 by default), or representative (those that together best stand for a sample of all groups: near to every image, and distributed as the images are, in quality too) (default: representative; nearest with --top, --quota, --centers, --metrics, a hierarchical clustering, a scope that is a column, or a budget above 2048; with --extend that of the folder)")
	fs.StringVar(&c.Balance, "balance", "", "`columns` whose values the picks have in fixed shares, with commas: Metadata_run (run is short for it) or label: as nearly as whole numbers allow in the proportions of the eligible images, or with :equal behind a column, the same for each value. What that costs is printed. For --strategy=representative, which is the default then")
	fs.StringVar(&p.Candidates, "candidates", "", "`all|middle`: of --strategy=nearest: which images of a group may be picked: all, or those in the middle half of it in every quality column, so that picks are not more blurred, dimmer or easier to reconstruct than their groups (default: all; with --extend as in the folder)")
	fs.Float64Var(&p.MinDistance, "min_distance", p.MinDistance, "least Euclidean `distance` between the embeddings of two picks of a scope, center and metric")
	fs.StringVar(&p.Duplicates, "duplicates", p.Duplicates, "`skip|equal|allow`: what to do with images that look like one that is picked: skip (equal pixels, or a distance far below that of ordinary neighbors), equal (skip those of equal pixels or vectors only) or allow (default: skip; of vectors of another program equal, since nothing says what looks alike, or skip where --extend names a folder of such made with it)")
	fs.StringVar(&c.Include, "include", "", "`file` of image ids that are picked in any case: one per line, or a CSV with a column image_id")
	fs.StringVar(&c.Exclude, "exclude", "", "`file` of image ids that are not picked")
	fs.StringVar(&c.Extend, "extend", "", "`folder` of an earlier selection: its picks keep their ranks, or where the collection has grown since their order, and new ones follow, or take the ranks of those that --exclude names")
}

// summarizePicks says how many images were picked, and which were passed over.
func summarizePicks(out io.Writer, m *schemas.SelectionManifest, unpicked [][]string) {
	p := m.Parameters
	share := fmt.Sprintf("up to %s per group", progress.Count(int64(p.Top)))
	if p.Picking.Strategy == schemas.StrategyRange {
		share = fmt.Sprintf("up to %s at each position of a group", progress.Count(int64(p.Top)))
	}
	if p.Picking.Budget > 0 {
		share = "a budget of " + progress.Count(int64(p.Picking.Budget))
		if p.Picking.Quota != "" {
			share += fmt.Sprintf(", %s quotas", p.Picking.Quota)
		}
	}
	fmt.Fprintf(out, "%s of %s: %s%s\n", words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Picked, "image", "images"), share, ruleOf(&p))
	for i, s := range m.Sets {
		var notes []string
		note := func(n int, one, many, what string) {
			if n > 0 {
				notes = append(notes, words.Plural(n, one, many)+" "+what)
			}
		}
		note(s.Fixed, "image", "images", "kept or asked for")
		if p.Picking.Duplicates == schemas.DuplicatesEqual {
			note(len(s.Duplicates), "image", "images", "equal to a pick passed over")
		} else {
			note(len(s.Duplicates), "near duplicate", "near duplicates", "passed over")
		}
		note(s.TooNear, "image", "images", "nearer than --min_distance passed over")
		note(s.Empty, "group", "groups", "without a pick")
		note(s.Short, "group", "groups", "ran out of candidates")
		if len(notes) > 0 {
			fmt.Fprintf(out, "  %s, %s, %s: %s\n", s.Scope, s.Center, s.Metric, strings.Join(notes, ", "))
		}
		if i < len(unpicked) && len(unpicked[i]) > 0 {
			fmt.Fprintf(out, "  %s, %s, %s: %s without a pick: %s\n", s.Scope, s.Center, s.Metric, words.Plural(len(unpicked[i]), "group", "groups"), someGroups(unpicked[i], schemas.CentersParquet))
		}
		if len(s.Spreads) > 0 {
			fmt.Fprintf(out, "  %s, %s, %s: %s\n", s.Scope, s.Center, s.Metric, outliersOf(s.Metric, s.Spreads))
		}
		if len(s.Replaced) > 0 {
			fmt.Fprintf(out, "  %s, %s, %s: %s\n", s.Scope, s.Center, s.Metric, replacedOf(&p, &s))
		}
		if s.Middle != nil && (i == 0 || m.Sets[i-1].Scope != s.Scope) { // all sets of a scope have the same
			fmt.Fprintf(out, "  %s: %s\n", s.Scope, middleOf(s.Middle))
		}
		if s.Objective != nil {
			fmt.Fprintf(out, "  %s, %s, %s: %s\n", s.Scope, s.Center, s.Metric, objectiveOf(s.Objective))
		}
		summarizeBalance(out, &s)
	}
}

// mostGroups bounds the groups that are named in a line.
const mostGroups = 10

// someGroups names the first of some groups, all of which are in a file.
func someGroups(ids []string, file string) string {
	names := visible.Text(strings.Join(ids[:min(len(ids), mostGroups)], ", "))
	if len(ids) > mostGroups {
		names += ", … (all groups are in " + file + ")"
	}
	return names
}

// outliersOf counts the images beyond the fences of their groups.
func outliersOf(metric string, spreads []schemas.Spread) string {
	images, groups, small := int64(0), 0, 0
	for i := range spreads {
		if images += spreads[i].Outliers; spreads[i].Outliers > 0 {
			groups++
		}
		if spreads[i].Fence == 0 {
			small++
		}
	}
	text := "no image"
	if images > 0 {
		text = words.Plural(images, "image", "images") + " of " + words.Plural(groups, "group", "groups")
	}
	text += " beyond the upper fence of the distances, Q3 + 1.5 (Q3 - Q1)"
	if metric == schemas.MetricCosine {
		text += " of their square roots" // see picking.Fence
	}
	if small > 0 {
		text += fmt.Sprintf("; %s no fence: fewer than 8 images, or equal quartiles", words.Plural(small, "group has", "groups have"))
	}
	return text
}

// mostReplaced is the number of replaced picks that are named.
const mostReplaced = 5

// replacedOf says which picks took the ranks of those that were struck out, and why some have
// no successor.
func replacedOf(p *schemas.SelectionParameters, s *schemas.PickSet) string {
	kept, by := map[string]int{}, map[string]int{} // of each group, and with "" of all
	for _, t := range p.Picking.Extend.Targets {
		if t.Scope == s.Scope && t.Center == s.Center && t.Metric == s.Metric {
			kept[t.GroupID] += len(t.ImageIDs)
			kept[""] += len(t.ImageIDs)
		}
	}
	for _, r := range s.Replaced {
		if r.By != "" {
			by[r.GroupID]++
			by[""]++
		}
	}
	var named []string
	full, bare := 0, 0
	for _, r := range s.Replaced {
		name, group, most := visible.Text(r.By), r.GroupID, p.Top
		if p.Picking.Budget > 0 {
			group, most = "", p.Picking.Budget
		}
		if r.By == "" {
			name = "none"
			if kept[group]+by[group] >= most {
				full++
			} else {
				bare++
			}
		}
		named = append(named, fmt.Sprintf("%s by %s (%s, rank %d)", visible.Text(r.ImageID), name, visible.Text(r.GroupID), r.Rank))
	}
	text := fmt.Sprintf("%d of %s replaced, the others keep their ranks: ", len(s.Replaced), words.Plural(kept[""]+len(s.Replaced), "earlier pick", "earlier picks"))
	if more := len(named) - mostReplaced; more > 0 {
		named = append(named[:mostReplaced:mostReplaced], fmt.Sprintf("and %d more, all in replaced of %s", more, schemas.SelectionFile))
	}
	text += strings.Join(named, ", ")
	if bare > 0 {
		text += fmt.Sprintf("; for %d of them the group has no other candidate, so that the picks behind move up", bare)
	}
	if full > 0 {
		most := fmt.Sprintf("a budget of %s leaves", progress.Count(int64(p.Picking.Budget)))
		if p.Picking.Budget == 0 {
			most = fmt.Sprintf("%d per group leave", p.Top)
		}
		text += fmt.Sprintf("; for %d of them %s no place, so that the picks behind move up", full, most)
	}
	return text
}

// middleOf says which images were candidates, and where these were more than the middle half.
func middleOf(m *schemas.Middle) string {
	text := fmt.Sprintf("from the middle half of each group in %s (quartiles of %s)", words.And(m.Columns), words.Plural(m.Rows, "image", "images"))
	if m.Widened > 0 {
		text += fmt.Sprintf("; %s fewer such images than picks: percentiles %s to %s at most there", words.Plural(m.Widened, "group has", "groups have"),
			words.Figure(50-m.Widest, 2), words.Figure(50+m.Widest, 2))
	}
	if left := without(m.Columns); len(left) > 0 {
		text += fmt.Sprintf("; %s had no say: constant, or not known of all", words.And(left))
	}
	return text
}

// without returns the quality columns that are not among some.
func without(columns []string) (left []string) {
	for _, column := range picking.BalancedColumns {
		earlier := column == schemas.ColObject && slices.Contains(columns, schemas.ColForeground)
		if !slices.Contains(columns, column) && !earlier {
			left = append(left, column)
		}
	}
	return left
}

// shortly names columns, of those of channels how many there are.
func shortly(columns []string) (list []string) {
	of := 0
	for _, column := range columns {
		if _, _, ok := schemas.ParseChannelColumn(column); ok {
			of++
			continue
		}
		list = append(list, column)
	}
	if of > 0 {
		list = append(list, words.Plural(of, "column", "columns")+" of channels")
	}
	return list
}

// objectiveOf says what representative picks reach, and which quality columns had no say.
func objectiveOf(o *schemas.Objective) string {
	terms := []string{"error " + words.Figure(o.Error, 2), "energy distance " + words.Figure(o.Energy, 2)}
	if o.Whitened > 0 {
		terms = append(terms, "that of whitened latents "+words.Figure(o.Whitened, 2))
	}
	if len(o.Columns) > 0 {
		terms = append(terms, fmt.Sprintf("that of quality (%s) %s", words.And(shortly(o.Columns)), words.Figure(o.Quality, 2)))
	}
	text := fmt.Sprintf("on %s, %s", words.Plural(int64(o.Rows), "image", "images"), words.And(terms))
	left := without(o.Columns)
	text += " of random images'; 0 is perfect, 1 is chance"
	if len(left) > 0 {
		text += fmt.Sprintf("; %s had no say: constant, or not known of all", words.And(left))
		pixels := slices.ContainsFunc(o.Columns, func(name string) bool { return name != schemas.ColMSE }) // rows of a table have none
		if pixels && slices.Contains(left, schemas.ColObject) {
			text += fmt.Sprintf(" (latents of an earlier version have no %s: exemplar encode --overwrite makes them with it)", schemas.ColObject)
		}
	}
	return text
}

// ruleOf says by what images are picked: nearest to the mean (Euclidean).
func ruleOf(p *schemas.SelectionParameters) string {
	metrics := strings.ReplaceAll(words.And(p.Metrics), schemas.MetricEuclidean, "Euclidean")
	switch p.Picking.Strategy {
	case schemas.StrategyRepresentative:
		return fmt.Sprintf(", representative of all groups together (%s distance)", metrics)
	case schemas.StrategyRange:
		return fmt.Sprintf(": the nearest to the %s (%s), at 25 %% and 75 %% of the distances of inliers, the farthest of these, and outliers", strings.ReplaceAll(words.And(p.Centers), "_", " "), metrics)
	case schemas.StrategyFacility:
		return fmt.Sprintf(", by facility location (%s distance)", metrics)
	}
	return fmt.Sprintf(", nearest to the %s (%s)", strings.ReplaceAll(words.And(p.Centers), "_", " "), metrics)
}
