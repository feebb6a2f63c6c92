package figure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
)

// Words for the values of a selection.
var (
	centerWords = map[string]string{
		schemas.CenterMean:            "mean",
		schemas.CenterMedian:          "coordinate-wise median",
		schemas.CenterGeometricMedian: "geometric median",
		schemas.CenterMedoid:          "medoid",
	}
	metricWords = map[string]string{
		schemas.MetricEuclidean: "Euclidean distance",
		schemas.MetricCosine:    "cosine similarity",
	}
	reasonWords = map[string]string{
		schemas.ReasonConstant:   "blank",
		schemas.ReasonForeground: "next to empty",
		schemas.ReasonSaturated:  "saturated",
		schemas.ReasonBorder:     "cut by the border",
		schemas.ReasonSharpness:  "out of focus",
		schemas.ReasonNoise:      "noisy",
		schemas.ReasonMSE:        "badly reconstructed",
	}
)

// title returns the name of a panel of several groups.
func (s Set) title() string {
	return fmt.Sprintf("%s: %s, %s", upper(s.groupWords(2)), centerWords[s.Center], metricWords[s.Metric])
}

// groupWords returns what n groups of the scope are called.
func (s Set) groupWords(n int) string {
	word := ""
	switch {
	case s.Scope == schemas.ScopeGlobal:
		return "the collection"
	case s.Scope == schemas.ScopeCluster, s.Scope == schemas.ScopeLabel:
		word = s.Scope
	default:
		return words.Noun(n, "group", "groups") + " of " + schemas.ShortColumn(s.Scope)
	}
	return words.Noun(n, word, word+"s")
}

// name returns what the group is called in the figure.
func (g *Group) name() string {
	switch g.Scope {
	case schemas.ScopeGlobal:
		return "All images"
	case schemas.ScopeCluster:
		return "Cluster " + g.ID
	case schemas.ScopeLabel:
		return "label " + g.ID
	}
	return schemas.ShortColumn(g.Scope) + " " + g.ID
}

// Legend returns the text below the figure: what is shown, how it was chosen out of
// what, and at which scales.
func (f *Figure) Legend() string {
	var s []string
	s = append(s, f.subject()...)
	s = append(s, f.choice()...)
	s = append(s, f.exclusions(), f.shares(), f.hands())
	if len(f.c.Sets) == 1 {
		s = append(s, f.grade())
	}
	s = append(s, f.findings())
	if f.c.Decoded {
		s = append(s, "Framed at the left is the center of each group as the decoder draws it: a theoretical image, not data.")
	}
	s = append(s, f.scaleWords(), f.brightnessWords())
	return strings.Join(slices.DeleteFunc(s, func(v string) bool { return v == "" }), " ")
}

// subject says what the panels are.
func (f *Figure) subject() []string {
	m, set := f.c.Selection, f.c.Sets[0]
	images := "Images that represent "
	if m.Parameters.Picking.Strategy == schemas.StrategyRange { // which are not to represent it
		images = "Images that show the range of "
	}
	var s []string
	if len(f.c.Sets) > 1 {
		var panels []string
		for _, p := range f.panels {
			panels = append(panels, fmt.Sprintf("(%s) %s", p.letter, p.title))
		}
		s = append(s, images+collection(m)+". "+strings.Join(panels, "; ")+".")
	} else if set.Scope == schemas.ScopeGlobal {
		s = append(s, images+collection(m)+".")
	} else {
		first := fmt.Sprintf("%sthe %d %s of %s.", images, f.groups, set.groupWords(f.groups), collection(m))
		if all := groupsOf(m, set.Scope); f.groups < all {
			first = fmt.Sprintf("%s%d of the %d %s of %s, those with a pick.", images, f.groups, all, set.groupWords(all), collection(m))
		} else if f.groups == 1 {
			first = fmt.Sprintf("%sthe only %s of %s.", images, set.groupWords(1), collection(m))
		}
		if n := len(f.panels); n > 1 {
			first = strings.TrimSuffix(first, ".") + ", one panel each"
			if n <= maxLetters {
				first += fmt.Sprintf(" (%s–%s)", f.panels[0].letter, f.panels[n-1].letter)
			}
			first += "."
		}
		s = append(s, first)
	}
	if n := len(f.Groups()); n < f.groups {
		s = append(s, fmt.Sprintf("%s of %s groups are shown, the first in their order.", words.Count(n), words.Count(f.groups)))
	}
	if m.Parameters.Gate.Mode == schemas.GateOff {
		return append(s, "n is the number of images in the group.")
	}
	return append(s, "n is the number of images in the group that passed the quality gate.")
}

// groupsOf returns the number of groups of a scope, with picks or without.
func groupsOf(m *schemas.SelectionManifest, scope string) int {
	return summary(m, scope).Groups
}

// collection says what the images were chosen out of.
func collection(m *schemas.SelectionManifest) string {
	if len(m.Parameters.Where) == 0 {
		return "a collection of " + counted(m.Rows)
	}
	return fmt.Sprintf("the %s with %s, of a collection of %s", counted(m.Inside()), m.Parameters.Where, counted(m.Rows))
}

// choice says how the images were chosen.
func (f *Figure) choice() []string {
	m := f.c.Selection
	p := m.Parameters
	shown, picked, include, kept := 0, 0, 0, 0
	for _, g := range f.Groups() {
		shown += len(g.Picks)
		picked += g.Picked
		before := p.Picking.Kept(g.Scope, g.ID, g.Center, g.Metric)
		for _, pick := range g.Picks {
			_, asked := slices.BinarySearch(p.Picking.Include, pick.ImageID)
			switch {
			case asked:
				include++
			case slices.Contains(before.ImageIDs, pick.ImageID):
				kept++
			}
		}
	}
	s := []string{f.rule()}
	if slices.ContainsFunc(f.c.Sets, func(s Set) bool { return s.Scope == schemas.ScopeCluster || schemas.CrossesClusters(s.Scope) }) {
		auto := ""
		if p.Auto {
			auto = "their number chosen by the silhouette, "
		}
		how := fmt.Sprintf("k-means (%s%s", auto, words.Noun(p.Restarts, "one start", fmt.Sprintf("best of %d starts", p.Restarts)))
		if p.Hierarchical() {
			how = fmt.Sprintf("hierarchical k-means (%d fine clusters, %s", p.FineClusters, words.Noun(p.ResamplingSteps, "one resampling step", fmt.Sprintf("%d resampling steps", p.ResamplingSteps)))
		}
		s = append(s, fmt.Sprintf("%s of %s, seed %d).", words.Noun(clusters(m), "The one cluster is that", fmt.Sprintf("The %d clusters are those", clusters(m))), how, p.Seed))
	}
	if include > 0 {
		s = append(s, fmt.Sprintf("%d of the images shown %s asked for by name.", include, words.Noun(include, "was", "were")))
	}
	if kept > 0 {
		s = append(s, fmt.Sprintf("%d of the images shown %s kept from an earlier selection.", kept, words.Noun(kept, "was", "were")))
	}
	for _, b := range p.Picking.Balance {
		s = append(s, fmt.Sprintf("All picks together have the values of %s in %s, as nearly as whole numbers allow.", schemas.ShortColumn(b.Column), b.Shared()))
	}
	if p.Picking.MinDistance > 0 {
		than := "a better one"
		if p.Picking.Strategy == schemas.StrategyRepresentative || p.Picking.Strategy == schemas.StrategyRange { // which rank none
			than = "a pick"
		}
		s = append(s, fmt.Sprintf("Images nearer than %s to %s were passed over.", number(p.Picking.MinDistance), than))
	}
	passed := 0
	for _, set := range m.Sets {
		if slices.Contains(f.c.Sets, Set{set.Scope, set.Center, set.Metric}) {
			passed += len(set.Duplicates)
		}
	}
	if passed > 0 {
		what := words.Plural(passed, "near duplicate of a pick was", "near duplicates of a pick were")
		if p.Picking.Duplicates == schemas.DuplicatesEqual {
			what = words.Plural(passed, "image equal to a pick was", "images equal to a pick were")
		}
		s = append(s, what+" passed over.")
	}
	if shown < picked {
		s = append(s, fmt.Sprintf("Of %s picks %s are shown, by rank.", words.Count(picked), words.Count(shown)))
	}
	return s
}

// rule says by what images were picked.
func (f *Figure) rule() string {
	m := f.c.Selection
	space := fmt.Sprintf("%d %s", m.Space.Dimension, f.c.Vectors)
	switch m.Space.Kind {
	case "zscore":
		space += ", each in units of its standard deviation"
	case "whiten":
		space = fmt.Sprintf("%d whitened principal components of %s", m.Space.Dimension, f.c.Vectors)
	}
	switch m.Parameters.Picking.Strategy {
	case schemas.StrategyRepresentative:
		return fmt.Sprintf("Images were picked so that together they lie near all images and are distributed as these are, in the space of %s%s.", space, byEye(m))
	case schemas.StrategyFacility:
		return fmt.Sprintf("Images were picked one after the other so that they stand for a sample of their group (facility location), in the space of %s%s.", space, byEye(m))
	}
	by := "the center that the panel names, by its measure"
	if len(f.c.Sets) == 1 {
		by = "the " + centerWords[f.c.Sets[0].Center] + " of their group by " + metricWords[f.c.Sets[0].Metric]
		if f.c.Sets[0].Scope == schemas.ScopeGlobal {
			by = "the " + centerWords[f.c.Sets[0].Center] + " of all by " + metricWords[f.c.Sets[0].Metric]
		}
	}
	if m.Parameters.Picking.Strategy == schemas.StrategyRange {
		roots := ""
		if slices.ContainsFunc(f.c.Sets, func(s Set) bool { return s.Metric == schemas.MetricCosine }) {
			roots = ", by cosine of their square roots"
		}
		return fmt.Sprintf("Shown, from the left, are images at positions among the distances to %s: typical, the nearest; those at 25 %% and at 75 %% of the inliers; extreme, the farthest inlier; and last, where the name of a group says so, outliers, those beyond the upper fence of the distances, Q3 + 1.5 (Q3 - Q1)%s; in the space of %s%s.", by, roots, space, byEye(m))
	}
	if m.Parameters.Picking.Middle() {
		by += ", of those in the middle of their group in quality"
	}
	return fmt.Sprintf("Shown, from the left, are the images nearest to %s, in the space of %s%s.", by, space, byEye(m))
}

// byEye says that nobody named an image, where that is so.
func byEye(m *schemas.SelectionManifest) string {
	if verdict.ByEye(m) {
		return ""
	}
	return "; none was chosen by eye"
}

// hands says how many images somebody named, to be picked or not to be.
func (f *Figure) hands() string {
	var s []string
	for _, text := range verdict.Hands(f.c.Selection) {
		s = append(s, words.Sentence(text))
	}
	return strings.Join(s, " ")
}

// clusters returns the number of clusters.
func clusters(m *schemas.SelectionManifest) int {
	if m.Clustering != nil {
		return m.Clustering.Clusters
	}
	return m.Parameters.Clusters
}

// exclusions says what was left out before.
func (f *Figure) exclusions() string {
	m := f.c.Selection
	if m.Parameters.Gate.Mode == schemas.GateOff {
		return "No image was left out for its quality."
	}
	var parts []string
	for _, e := range m.ExcludedByReason() {
		parts = append(parts, fmt.Sprintf("%s %s", words.Count(e.Images), e.Of(reasonWords[e.Reason])))
	}
	if len(parts) == 0 {
		return fmt.Sprintf("The quality gate left out none of %s.", counted(m.Inside()))
	}
	return fmt.Sprintf("Before that, the quality gate left out %s of %s: %s.", words.Count(m.Excluded), counted(m.Inside()), strings.Join(parts, ", "))
}

// grade quotes how well the picks represent the collection.
func (f *Figure) grade() string {
	if f.c.Selection.Grade == nil {
		return ""
	}
	for _, g := range f.c.Selection.Grade.Sets {
		if (Set{g.Scope, g.Center, g.Metric}) == f.c.Sets[0] && len(g.Spaces) > 0 {
			return verdict.Sentence(&g, f.c.Selection.Grade)
		}
	}
	return ""
}

// findings counts the warnings about what is shown.
func (f *Figure) findings() string {
	switch n := len(f.warnings()); n {
	case 0:
		return ""
	case 1:
		return "There is a warning about these picks, listed with this legend in " + TextFile + "."
	default:
		return fmt.Sprintf("There are %d warnings about these picks, listed with this legend in %s.", n, TextFile)
	}
}

// warnings are what the verdict says against what is shown.
func (f *Figure) warnings() (list []string) {
	for _, p := range verdict.Of(f.c.Selection).Points {
		if p.Alarm && slices.ContainsFunc(f.c.Sets, func(s Set) bool {
			return (p.Scope == "" || p.Scope == s.Scope) && (p.Center == "" || p.Center == s.Center) && (p.Metric == "" || p.Metric == s.Metric)
		}) {
			list = append(list, p.Text)
		}
	}
	return list
}

// scaleWords says how pixels became pixels.
func (f *Figure) scaleWords() string {
	var s string
	switch l := f.layout; {
	case l.enlarge > 1:
		s = fmt.Sprintf("Every pixel of an image is a square of %d x %d pixels here (%d dpi).", l.enlarge, l.enlarge, DPI)
	case l.reduce > 1:
		s = fmt.Sprintf("Every pixel here is the mean of %d x %d pixels of an image (%d dpi).", l.reduce, l.reduce, DPI)
	default:
		s = fmt.Sprintf("Every pixel of an image is one pixel here (%d dpi).", DPI)
	}
	if bar := f.scaleBar(); bar.pixels > 0 {
		s += fmt.Sprintf(" Scale bar, %s, for all images.", bar.label)
	}
	return s
}

// brightnessWords says which pixel values are black and white.
func (f *Figure) brightnessWords() string {
	v := &f.c.View
	if len(v.Channels) > 0 {
		return f.channelWords()
	}
	s := fmt.Sprintf("All images have one scale of brightness, linear from %s (black) to %s (white)", number(v.Low), number(v.High))
	if v.Name != "" {
		s = "The images are of the channel " + v.Name + ". " + s
	}
	if f.c.Shape.Channels == 3 {
		s = fmt.Sprintf("All images have one scale of brightness, the same for red, green and blue, linear from %s (none) to %s (full)", number(v.Low), number(v.High))
	}
	if v.Low == 0 && v.High == v.Full {
		return s + ", the whole range."
	}
	beyond := "brighter pixels are shown white"
	switch rgb := f.c.Shape.Channels == 3; {
	case rgb && v.Low > 0:
		beyond = "values beyond are shown as none or full"
	case rgb:
		beyond = "larger values are shown full"
	case v.Low > 0:
		beyond += ", darker ones black"
	}
	return s + fmt.Sprintf(" of 0 to %s; %s.", number(v.Full), beyond)
}

// channelWords says which colors the channels have, and which values are black and full.
func (f *Figure) channelWords() string {
	v := &f.c.View
	colors := "colors that people with any color vision tell apart"
	switch {
	case v.Own:
		colors = "the colors of the files"
	case v.Replaced:
		colors += ", in place of those of the files"
	}
	s := fmt.Sprintf("Each image is the sum of its channels, in %s, each on a linear scale of its own that all images share, from black to the full color: %s, of 0 to %s; values beyond are shown black or full.",
		colors, v.Words(number), number(v.Full))
	if left := v.Left(); len(left) > 0 {
		s += fmt.Sprintf(" Not shown: %s.", words.And(left))
	}
	return s
}

// text returns the file beside the figure: legend, warnings, and what is shown.
func (f *Figure) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", oneLine(f.Legend()))
	if list := f.warnings(); len(list) > 0 {
		b.WriteString("\nWarnings\n")
		for _, w := range list {
			fmt.Fprintf(&b, "- %s\n", oneLine(w))
		}
	}
	m := f.c.Selection
	fmt.Fprintf(&b, "\nSelection %s, model %s, exemplar %s\n", m.Fingerprint, m.ModelSHA256, m.CodeVersion)
	weighted, ranged := f.weighted(), m.Parameters.Picking.Strategy == schemas.StrategyRange
	b.WriteString("\npanel\tscope\tgroup\tn\tcenter\tmetric\trank\timage_id\tdistance\tpercentile\tsha256")
	if weighted {
		b.WriteString("\tweight\tof_images")
	}
	if ranged {
		b.WriteString("\tposition")
	}
	b.WriteString("\n")
	for _, p := range f.panels {
		for _, g := range p.groups {
			for _, pick := range g.Picks {
				fmt.Fprintf(&b, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%s\t%s\t%s", p.letter, oneLine(g.Scope), oneLine(g.ID), g.Size, g.Center, g.Metric,
					pick.Rank, oneLine(pick.ImageID), strconv.FormatFloat(pick.Distance, 'g', -1, 64), strconv.FormatFloat(pick.Percentile, 'g', -1, 64), pick.SHA256)
				if weighted {
					fmt.Fprintf(&b, "\t%s\t%d", strconv.FormatFloat(pick.Weight, 'g', -1, 64), summary(m, g.Scope).Images)
				}
				if ranged {
					b.WriteString("\t" + pick.Position)
				}
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// oneLine writes control characters, and others that are not seen, as Go does.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || visible.Unseen(r) }) {
		return s
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}

// upper returns a text with a capital at the start.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// counted returns a number of images.
func counted(n int64) string {
	return words.Plural(n, "image", "images")
}

// number writes a figure without noise.
func number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e9 {
		return words.Count(int64(v))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
