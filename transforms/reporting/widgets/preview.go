package widgets

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"exemplar/schemas/visible"
	"exemplar/transforms/reporting"
)

// moduleText is a module as the preview holds it.
type moduleText struct {
	Name  string `json:"name"`
	Title string `json:"-"`
	Text  string `json:"text"`
}

// preview returns a page that shows all figures, opened from disk. Its policy lets run its
// own script and the modules, which are in it, and loads nothing.
func preview(title string, modules []moduleText, list []content, missing []reporting.Missing) ([]byte, error) {
	data, err := json.Marshal(modules) // escapes <, > and &
	if err != nil {
		return nil, err
	}
	var figures strings.Builder
	for _, c := range list {
		fmt.Fprintf(&figures, "<section aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n<div id=\"%s\"></div>\n<p class=\"caption\">%s <code>%s</code></p>\n</section>\n",
			c.name, c.name, html.EscapeString(c.title), c.name, html.EscapeString(c.caption), c.label)
	}
	for _, m := range missing {
		fmt.Fprintf(&figures, "<p>Left out: %s, since %s.</p>\n", m.Figure, html.EscapeString(m.Why))
	}
	page, script := asset("preview.html"), asset("script/preview.js")
	own := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	policy := fmt.Sprintf("default-src 'none'; img-src data:; style-src %s %s; script-src %s blob:; base-uri 'none'; form-action 'none'", source(own), source(style()), source(script))
	before, after, _ := strings.Cut(page, "{{modules}}")
	put := strings.NewReplacer("{{policy}}", policy, "{{title}}", html.EscapeString(visible.Text(title)), "{{figures}}", figures.String(), "{{script}}", script)
	return []byte(put.Replace(before) + string(data) + put.Replace(after)), nil
}

// source allows an inline element with this content.
func source(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
