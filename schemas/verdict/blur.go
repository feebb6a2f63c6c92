package verdict

import (
	"fmt"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// judgeBlur says of a set whether its picks are more blurred than the images of their groups, by
// the measure that no way of picking has seen. That they are is an alarm.
func judgeBlur(m *schemas.SelectionManifest, s *schemas.SetGrade, add func(Point)) {
	b := s.Blur
	if b == nil {
		return
	}
	p := Point{Kind: KindBlur, Scope: s.Scope, Center: s.Center, Metric: s.Metric}
	if b.Reason != "" {
		p.Text = fmt.Sprintf("whether the picks are blurred was not measured in the pixels (%s): %s", b.Column, b.Reason)
		add(p)
		return
	}
	how, than := "not measurably more blurred than", "the other images of their groups"
	if s.Scope == schemas.ScopeGlobal {
		than = "the other images of the collection"
	}
	if b.Found() {
		p.Alarm, how = b.Percentile.Value < 50, "more blurred than"
		if !p.Alarm {
			how = "sharper than"
		}
	}
	p.Text = fmt.Sprintf("the picks are %s %s: by %s, taken from the pixels, which no way of picking has seen, their mean percentile is %s (95 %% %s to %s, %s); random images have 50",
		how, than, b.Column, words.Figure(b.Percentile.Value, 2), words.Figure(b.Percentile.Low, 2), words.Figure(b.Percentile.High, 2), Chance(b.Adjusted))
	if p.Alarm {
		p.Text += unbiased(m)
	}
	add(p)
}

// judgePixels says why the pixels were not looked at, where nobody did.
func judgePixels(m *schemas.SelectionManifest, add func(Point)) {
	g := m.Grade
	any := func(has func(schemas.SetGrade) bool) bool { return slices.ContainsFunc(g.Sets, has) }
	earlier := !any(func(s schemas.SetGrade) bool { return s.Repicked != nil })
	switch {
	case g.Pixels != nil && !any(func(s schemas.SetGrade) bool { return s.Blur != nil }):
		add(Point{Kind: KindUnknown, Text: "whether the picks are blurred was not measured in the pixels: the selection is of an earlier version, which did not ask"})
	case g.Pixels != nil || earlier || g.Reason != "":
	case m.Images:
		add(Point{Kind: KindUnknown, Text: "the picks were not compared in the pixels, which no way of picking has seen: the shards are compressed, and would be read whole for that, or the images are alike; nor was it measured there whether they are blurred"})
	case m.Gate.Judged > 0: // vectors of another program have no pixels
		add(Point{Kind: KindUnknown, Text: "the picks were not compared in the pixels, which no way of picking has seen, nor was it measured there whether they are blurred: name the shards, by --shards"})
	}
}

// unbiased says what picks less biased images, instead of picks that were to be average.
func unbiased(m *schemas.SelectionManifest) string {
	switch {
	case !byCenter(m), m.Parameters.Picking.Strategy == schemas.StrategyRange:
		return ""
	case m.Parameters.Picking.Middle():
		return "; --strategy=representative picks images distributed as all are"
	}
	return "; those nearest to a center are average images, --candidates=middle corrects it, and --strategy=representative picks images distributed as all are"
}

// Chance writes a p-value, also one that is too small for a number.
func Chance(p float64) string {
	if p == 0 {
		return "p < 1e-300"
	}
	return "p " + words.Figure(p, 2)
}
