package widgets

import (
	"fmt"
	"regexp"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
)

// article returns the figures in MyST: each embeds a module by its name, has a picture in
// its place where none runs, a caption, and a label. Nothing in it is a user's text.
func article(list []content, missing []reporting.Missing) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%% Figures made by exemplar report, for MyST. They embed the modules of %s by their names: keep it, and the\n%% .mjs and .png files, beside this file, in one project. Other pages refer to the figures by their labels.\n", schemas.WidgetsModules)
	for _, m := range missing {
		fmt.Fprintf(&b, "%% Left out: %s, since %s.\n", m.Figure, m.Why)
	}
	for _, c := range list {
		fmt.Fprintf(&b, "\n:::{figure} #%s\n:label: %s\n:placeholder: %s\n:alt: %s\n\n%s\n:::\n", c.module, c.label, c.name+schemas.PictureSuffix, c.title, c.caption)
	}
	return []byte(b.String())
}

// targets returns the modules in MyST, each with the name that a figure embeds it by.
func targets(list []content) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: Interactive figures\n---\n\n%% Made by exemplar report; the figures are those of %s.\n", schemas.WidgetsArticle)
	for _, c := range list {
		fmt.Fprintf(&b, "\n(%s)=\n:::{anywidget} %s\n{}\n:::\n", c.module, c.name+schemas.ModuleSuffix)
	}
	return []byte(b.String())
}

var notInLabels = regexp.MustCompile(`[^a-z0-9]+`)

// slug returns what of a name may be in a label; of one without letters or digits of
// ASCII, the first digits of its sha256.
func slug(name string) string {
	s := strings.Trim(notInLabels.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if s == "" {
		return outdir.SHA256([]byte(name))[:8]
	}
	return s
}
