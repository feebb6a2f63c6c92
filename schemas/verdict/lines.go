package verdict

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas/words"
)

// mostApart is the number of sets of picks up to which the lines of each are printed.
const mostApart = 3

// Lines are the points as a console prints them: "warning: …", "note: …" and "hint: …". Of
// more sets than mostApart, a point that is made of several in the same words is one line: with the figures of
// the first of them, and the names of the others, whose figures are in the manifest and on the page.
func (v *Verdict) Lines() (list []string) {
	var lines []line
	first := map[string]int{}
	for _, p := range v.Points {
		about, before := "", ""
		if len(v.Sets) > 1 && p.Center != "" && p.Metric != "" {
			about = fmt.Sprintf("%s, %s, %s", p.Scope, p.Center, p.Metric)
		}
		kind := fmt.Sprint(p.level(), p.Kind, p.Group, p.claim())
		if at, known := first[kind]; known && about != "" && len(v.Sets) > mostApart && !lines[at].of(about) {
			lines[at].others = append(lines[at].others, about)
			continue
		}
		if about != "" {
			first[kind], before = len(lines), about+": "
		}
		lines = append(lines, line{text: p.level() + ": " + before + p.Text, set: about})
	}
	for _, l := range lines {
		if n := len(l.others); n > 0 {
			l.text += fmt.Sprintf(". So it is, with other figures, with %s: %s", words.Plural(n, "other set", "other sets"), strings.Join(l.others, "; "))
		}
		list = append(list, l.text)
	}
	return list
}

// line is a point, and the other sets of which it is made, too.
type line struct {
	text, set string
	others    []string
}

// of reports whether a line is of a set: another point of it is a line of its own.
func (l *line) of(set string) bool { return l.set == set || slices.Contains(l.others, set) }

// level is what a point is to who reads it.
func (p *Point) level() string {
	switch {
	case p.Kind == KindHint:
		return "hint"
	case p.Alarm:
		return "warning"
	}
	return "note"
}

// claim is what a point says without its figures; of a hint, the flags that it names. Points
// with one claim differ in figures alone: what is bad, and why, is in it.
func (p *Point) claim() string {
	if p.Kind == KindHint {
		before, _, _ := strings.Cut(p.Text, ":")
		return before
	}
	text := p.Text
	for shorter := ""; shorter != text; { // from the innermost out
		shorter, text = text, brackets.ReplaceAllString(text, "")
	}
	return figures.ReplaceAllString(text, "$1")
}

// Figures are numbers that are words of their own: those in names of columns are no figures.
var (
	brackets = regexp.MustCompile(`\([^()]*\)`)
	figures  = regexp.MustCompile(`(^|\s)[-+−]?[0-9][0-9.,]*(?:e[-+]?[0-9]+)?(?:[%;:,.]|\b)`)
)
