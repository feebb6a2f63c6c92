// Package verdict says in plain words how good a selection is: what speaks for it,
// and everything that speaks against it.
//
// It is the one place where the figures of a selection.json become a judgment.
// Console, page, legend and methods print what stands here, so that none of them
// leaves out bad news that another one tells. The limits are those of the figures
// themselves: the range of the random selections, chance, half of the picks; none is
// a matter of taste.
//
// Its sentences stand in pages and manifests, for those who run the programs: what these
// may give is named by its flag, and not as a field of a Config.
//
// What lives here: sentences about a manifest. What never enters: networks; new figures,
// and how the sentences are shown.
package verdict

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// Kinds of a Point, beside those of schemas.Finding.
const (
	KindModel   = "model"   // the model has learned nothing
	KindChance  = "chance"  // no better than random picks, in one of the spaces
	KindWorse   = "worse"   // a figure is worse than in every random selection
	KindDesign  = "design"  // the same, where the way of picking makes it so
	KindWhere   = "where"   // a condition that images satisfy
	KindHands   = "hands"   // images that somebody named
	KindPicks   = "picks"   // how many picks return with another seed
	KindAgain   = "again"   // how many return with other samples of the collection
	KindBlur    = "blur"    // whether they are more blurred than other images, by what no way of picking has seen
	KindShares  = "shares"  // picks that cannot have the values of a column as asked
	KindSample  = "sample"  // how certain a figure is that is of a sample
	KindHint    = "hint"    // what would make the picks better
	KindUnknown = "unknown" // nothing, or something, was not graded
)

// Verdict is the judgment of a selection.
type Verdict struct {
	Sets   []Set   `json:"sets"`   // of the grade
	Points []Point `json:"points"` // alarms first
	// Clear says what was looked at and found to be good, and what was not looked at. It is
	// "" where there is an alarm, or where some picks are not graded.
	Clear string `json:"clear,omitempty"`
}

// Set is the result for the picks of one scope, center and metric.
type Set struct {
	Scope    string `json:"scope"`
	Center   string `json:"center"`
	Metric   string `json:"metric"`
	Sentence string `json:"sentence"`
}

// Point is one thing to know, in a sentence without capital and full stop.
type Point struct {
	Kind string `json:"kind"`
	// Alarm is a figure that is bad; what is only to be known has none.
	Alarm  bool   `json:"alarm"`
	Scope  string `json:"scope,omitempty"`
	Center string `json:"center,omitempty"`
	Metric string `json:"metric,omitempty"`
	Group  string `json:"group,omitempty"`
	Text   string `json:"text"`
}

// ofRange are the kinds of what follows from the intention of schemas.StrategyRange, and is no
// alarm there.
var ofRange = []string{schemas.FindingSkill, schemas.FindingGroups, schemas.FindingOutlier, schemas.FindingBias, schemas.FindingBalance, KindChance, KindWorse}

// Of judges a selection.
func Of(m *schemas.SelectionManifest) *Verdict {
	v := &Verdict{Sets: []Set{}, Points: []Point{}}
	var alarms, notes []Point
	ranged := m.Parameters.Picking.Strategy == schemas.StrategyRange
	add := func(p Point) {
		p.Alarm = p.Alarm && !(ranged && slices.Contains(ofRange, p.Kind))
		if p.Alarm {
			alarms = append(alarms, p)
		} else {
			notes = append(notes, p)
		}
	}
	if text := m.Learned.Warning(); text != "" {
		if slices.ContainsFunc(m.Gate.Limits, func(l schemas.GateLimit) bool { return l.Reason == schemas.ReasonMSE }) {
			text += "; the quality gate's limit on the reconstruction error says nothing of the images (--max_mse=off leaves it out)"
		}
		if m.Grade != nil && len(m.Grade.Sets) > 0 {
			text += "; and the grade compares picks by such vectors"
		}
		add(Point{Kind: KindModel, Alarm: true, Text: text})
	}
	if ranged {
		add(Point{Kind: KindDesign, Text: "the picks show how far each group reaches (--strategy=range): most lie away from its center on purpose, at its edge and beyond, so that they are not distributed as the collection; that they cover it worse, have outliers among them or differ in quality from their groups follows from that, and is no alarm"})
	}
	if g := m.Grade; g == nil {
		add(Point{Kind: KindUnknown, Text: "the picks are not graded: the selection holds no grade"})
	} else {
		if g.Reason != "" {
			add(Point{Kind: KindUnknown, Text: "the picks are not graded: " + g.Reason})
		}
		for i := range g.Sets {
			s := &g.Sets[i]
			v.Sets = append(v.Sets, Set{s.Scope, s.Center, s.Metric, Sentence(s, g)})
			judgeSet(m, s, add)
			judgeAgain(s, add)
			judgeBlur(m, s, add)
		}
		nearest := byCenter(m) && !ranged
		for _, f := range g.Findings {
			switch {
			case f.Kind == schemas.FindingMixed && !byCenter(m):
				continue // no image was picked by that average
			case (f.Kind == schemas.FindingGroups || f.Kind == schemas.FindingSkill) && nearest:
				f.Text += "; those nearest to a center are much alike, --strategy=facility spreads them over their group"
			case f.Kind == schemas.FindingBias:
				f.Text += unbiased(m)
			}
			add(Point{f.Kind, true, f.Scope, f.Center, f.Metric, f.Group, f.Text})
		}
		judgePixels(m, add)
		if figure := "MMD²"; slices.ContainsFunc(append(slices.Clip(alarms), notes...), func(p Point) bool { return strings.Contains(p.Text, figure) }) {
			sayOwnTerm(g, add)
		}
		judgeStability(m, add)
		for i := range g.Sets {
			advise(m, &g.Sets[i], add)
		}
	}
	judgeShares(m, add)
	if len(m.Parameters.Where) > 0 {
		add(Point{Kind: KindWhere, Text: fmt.Sprintf("the selection is of the %s, of %s, with %s (--where): what is said of the collection is said of these",
			words.Plural(m.Inside(), "image", "images"), words.Count(m.Rows), m.Parameters.Where)})
	}
	for _, text := range Hands(m) {
		add(Point{Kind: KindHands, Text: text})
	}
	v.Points = append(append(v.Points, alarms...), notes...)
	if len(alarms) == 0 && !ranged { // which is not better than random images, nor meant to be
		v.Clear = clearOf(m, notes)
	}
	return v
}

// judgeStability says how many of the picks return with another seed. Less than half
// of them is an alarm: most picks are then a matter of the seed.
func judgeStability(m *schemas.SelectionManifest, add func(Point)) {
	s := m.Grade.Stability
	if s == nil || s.Reason != "" || !KeptMeansPicks(m) {
		return
	}
	for _, k := range s.PicksKept {
		p := Point{Kind: KindPicks, Alarm: k.Kept.Value < 0.5, Scope: schemas.ScopeCluster, Center: k.Center, Metric: k.Metric}
		some := ""
		if p.Alarm {
			some = "only "
		}
		p.Text = fmt.Sprintf("%s%s of the picks are re-selected with another seed (%s to %s)", some, words.Percent(k.Kept.Value, 3),
			words.Figure(100*k.Kept.Low, 3), words.Percent(k.Kept.High, 3))
		if p.Alarm {
			p.Text += ": most of them are one choice among many that are as good"
		}
		add(p)
	}
}

// knownNear is the share of picks with a near image among random ones above which that of
// the picks says nothing: so many picks are near to everything.
const knownNear = 0.95

// judgeAgain says how many picks return with other samples of the collection, or have a near image
// in their place. Less than half of them, or no more than by chance, is an alarm: which images
// are picked then says little of the collection.
func judgeAgain(s *schemas.SetGrade, add func(Point)) {
	r := s.Repicked
	if r == nil || r.Reason != "" {
		return
	}
	again, more := r.Resampled, r.Doubled
	p := Point{Kind: KindAgain, Alarm: again.Near.Value < 0.5 || again.Near.High <= r.Chance && r.Chance < knownNear, Scope: s.Scope, Center: s.Center, Metric: s.Metric}
	p.Text = fmt.Sprintf("of another sample of the collection %s of the picks return, and %s return or have one of their 1 %% nearest images in their place (of random picks %s); of twice as many images %s and %s",
		words.Percent(again.Same.Value, 2), words.Percent(again.Near.Value, 2), words.Percent(r.Chance, 2), words.Percent(more.Same.Value, 2), words.Percent(more.Near.Value, 2))
	if p.Alarm {
		p.Text = "the picks are unstable: " + p.Text
	}
	add(p)
}

// advise says what would make the picks of a set better, and what it came to where it was tried.
func advise(m *schemas.SelectionManifest, s *schemas.SetGrade, add func(Point)) {
	instead := ""
	switch p := &m.Parameters; {
	case p.Top > 0:
		instead = fmt.Sprintf(", and no --top=%d", p.Top)
	case p.Picking.Quota != "" && p.Picking.Quota != schemas.QuotaSqrt: // which is that of no flag
		instead = ", and no --quota"
	}

	for _, h := range s.Hints {
		flags := []string{}
		if h.Flags.Strategy != "" {
			flags = append(flags, "--strategy="+h.Flags.Strategy, fmt.Sprintf("--budget=%d%s", h.Flags.Budget, instead))
		}
		if h.Flags.Balance != "" {
			flags = append(flags, "--balance="+h.Flags.Balance)
		}
		add(Point{Kind: KindHint, Scope: s.Scope, Center: s.Center, Metric: s.Metric, Text: fmt.Sprintf(
			"try %s: on %s it came to %s of the energy distance of random images to the collection instead of %s, and %s of their error instead of %s; 0 is perfect, 1 is chance",
			strings.Join(flags, " "), words.Plural(h.Images, "image", "images"), words.Figure(h.Would.Energy, 2), words.Figure(h.Is.Energy, 2), words.Figure(h.Would.Error, 2), words.Figure(h.Is.Error, 2))})
	}
}

// judgeShares warns of equal shares of more values than there are picks.
func judgeShares(m *schemas.SelectionManifest, add func(Point)) {
	for i := range m.Sets {
		s := &m.Sets[i]
		for _, b := range s.Balance {
			due := 0
			for _, v := range b.Counts {
				if v.Due > 0 {
					due++
				}
			}
			if none := b.Values - due; b.Shares == schemas.QuotaEqual && none > 0 {
				add(Point{Kind: KindShares, Alarm: true, Scope: s.Scope, Center: s.Center, Metric: s.Metric, Text: fmt.Sprintf(
					"equal shares of %s were asked for (--balance), which has more values than there are picks: %s of %s, %s due none",
					b.Column, words.Plural(s.Picks, "pick", "picks"), words.Plural(b.Values, "value", "values"), words.Plural(none, "value is", "values are"))})
			}
		}
	}
}

// KeptMeansPicks reports whether the share of picks that return with another seed is of
// the picks: it is measured by the images nearest to the new centers.
func KeptMeansPicks(m *schemas.SelectionManifest) bool {
	return byCenter(m) && !m.Parameters.Picking.Middle() && m.Parameters.Picking.Strategy != schemas.StrategyRange
}

// byCenter reports whether images were picked by the distance to a center, which is an average.
func byCenter(m *schemas.SelectionManifest) bool { return !m.Parameters.Picking.Sampled() }

// Hands says what somebody chose by hand: images by name, to be picked or not to be,
// here or in the selection that this one extends, and limits of the quality gate, in
// one text for each way of doing so. It is empty where every image was treated alike,
// by limits that follow from the data.
func Hands(m *schemas.SelectionManifest) (list []string) {
	p, h := &m.Parameters.Picking, m.EarlierHands
	if h == nil {
		h = &schemas.EarlierHands{}
	}
	say := func(format string, n int, singular, plural string) {
		if n > 0 {
			list = append(list, fmt.Sprintf(format, words.Plural(n, singular, plural)))
		}
	}
	was := func(format string, n int) { say(format, n, "image was", "images were") }
	was("%s excluded by hand, by name (--exclude)", len(p.Exclude))
	was("%s asked for by name (--include)", len(p.Include))
	if conditionNames(m) {
		list = append(list, "images were named in the condition (--where)")
	}
	if p.Extend != nil {
		n := 0
		for _, t := range p.Extend.Targets {
			n += len(t.ImageIDs)
		}
		say("%s kept from an earlier selection (--extend)", n, "pick was", "picks were")
		say("%s thrown out, by name, and others took the places (--exclude)", len(h.Dropped), "pick of the earlier selection was", "picks of the earlier selection were")
		was("%s asked for by name when the earlier selection was made", len(h.Include))
		was("%s excluded by hand, by name, when the earlier selection was made", len(h.Exclude))
		if m.EarlierHands == nil || h.Unknown {
			list = append(list, "whether images were asked for or excluded by name when earlier selections were made is not recorded: earlier versions did not")
		}
	}
	return append(list, gateHands(&m.Parameters.Gate)...)
}

// gateHands says which limits of the quality gate were given.
func gateHands(g *schemas.GateParameters) (list []string) {
	if g.Mode == schemas.GateOff {
		return []string{"the quality gate was switched off by hand (--gate=off)"}
	}
	var given []string
	for _, f := range g.Flags() {
		if f.Bound.Given || f.Bound.Off {
			given = append(given, fmt.Sprintf("--%s=%v", f.Name, f.Bound))
		}
	}
	if n := len(given); n > 0 {
		list = append(list, fmt.Sprintf("%s of the quality gate %s set by hand (%s)", words.Plural(n, "limit", "limits"), words.Noun(n, "was", "were"), strings.Join(given, ", ")))
	}
	return list
}

// ByEye reports whether somebody named images that are picked, or are not, in lists or in the
// condition, here or, as far as is known, in a selection that this one extends.
func ByEye(m *schemas.SelectionManifest) bool {
	p := &m.Parameters.Picking
	return conditionNames(m) || len(p.Include)+len(p.Exclude) > 0 || p.Extend != nil && (m.EarlierHands == nil || !m.EarlierHands.None())
}

// conditionNames reports whether the condition names images.
func conditionNames(m *schemas.SelectionManifest) bool {
	return slices.ContainsFunc(m.Parameters.Where, func(c schemas.Comparison) bool { return c.Column == schemas.ColImageID })
}

// SpaceName says in half a sentence what a space is.
func SpaceName(space string) string {
	switch {
	case space == schemas.SpaceRaw:
		return "in the latents as encoded"
	case space == schemas.SpacePixels:
		return "in the pixels (averaged, whitened), which no way of picking has seen,"
	case space == schemas.SpaceWhitened:
		return "with all directions of the latents weighted alike (whitened)"
	case strings.HasPrefix(space, "whiten"):
		return "in the whitened space that the picks were chosen in"
	}
	return "in the " + space + " space that the picks were chosen in"
}
