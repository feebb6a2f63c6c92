package verdict

import (
	"fmt"
	"strings"

	"exemplar/schemas/words"
)

// mostApart is the number of sets of picks up to which the lines of each are printed.
const mostApart = 3

// Lines are the points as a console prints them: "warning: …", "note: …" and "hint: …". Of
// more sets than mostApart, a point that is made of several is one line: with the figures of the first
// of them, and the names of the others, whose figures are in the manifest and on the page.
func (v *Verdict) Lines() (list []string) {
	type line struct {
		text   string
		others []string
	}
	var lines []line
	first := map[string]int{}
	for _, p := range v.Points {
		about := ""
		if len(v.Sets) > 1 && p.Center != "" && p.Metric != "" {
			about = fmt.Sprintf("%s, %s, %s", p.Scope, p.Center, p.Metric)
		}
		kind := fmt.Sprint(p.level(), p.Kind, p.Group, p.claim())
		if at, known := first[kind]; known && about != "" && len(v.Sets) > mostApart {
			lines[at].others = append(lines[at].others, about)
			continue
		}
		if about != "" {
			first[kind], about = len(lines), about+": "
		}
		lines = append(lines, line{text: p.level() + ": " + about + p.Text})
	}
	for _, l := range lines {
		if n := len(l.others); n > 0 {
			l.text += fmt.Sprintf(". So it is, with other figures, with %s: %s", words.Plural(n, "other set", "other sets"), strings.Join(l.others, "; "))
		}
		list = append(list, l.text)
	}
	return list
}

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

// claim is what a point says before its figures; of a hint, with those that are its flags.
func (p *Point) claim() string {
	before := "(:0123456789"
	if p.Kind == KindHint {
		before = ":"
	}
	if i := strings.IndexAny(p.Text, before); i >= 0 {
		return p.Text[:i]
	}
	return p.Text
}
