// Package page writes a report as one HTML file that opens from disk without a
// network.
//
// The file holds the report as JSON, one style sheet and one script; a policy in
// it lets the browser run this script and no other, and load nothing from
// elsewhere. The script builds the page with text nodes only, so whatever a name
// holds is shown and never read as HTML. Where a name holds what is not seen, the
// script of package shown goes in front of it.
//
// What lives here: the page's HTML, CSS and JavaScript (page.html, style.css, script/),
// and putting them together. What never enters: Beam, flags, printing, selecting;
// figures; every one is the report's.
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"exemplar/schemas/visible"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/shown"
)

//go:embed page.html style.css channels.css script/*.js
var assets embed.FS

// scripts in the order in which they become one script.
var scripts = []string{
	"dom", "format", "state", "pictures", "plots", "summary", "gallery", "why",
	"grade", "exclusions", "points", "map", "hover", "scatter", "legend", "orientation", "model", "provenance", "channels", "main",
}

// dataMark is the line of page.html where the report goes.
const dataMark = "{{data}}"

// Write writes the report as HTML.
func Write(w io.Writer, r *reporting.Report) error {
	data, err := json.Marshal(r) // escapes <, > and &: no name can end the element
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	before, after := frame(r.Title, r.Linked, shown.Needed(data), len(r.Channels) > 0)
	for _, part := range [][]byte{before, data, after} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// frame returns the page up to the report and after it; escaped says that names are
// shown as escapes, channels that pictures are composites.
func frame(title string, linked, escaped, channels bool) (before, after []byte) {
	style, script := asset("style.css"), joined(channels)
	if channels {
		style += asset("channels.css")
	}
	if escaped {
		script = shown.Script() + script
	}
	page := strings.NewReplacer(
		"{{policy}}", policy(style, script, linked),
		"{{title}}", html.EscapeString(visible.Text(title)),
		"{{style}}", style,
		"{{script}}", script,
	).Replace(asset("page.html"))
	before, after, found := bytes.Cut([]byte(page), []byte(dataMark))
	if !found {
		panic("page.html has no place for the report")
	}
	return before, after
}

// joined returns the scripts as one, with a scope of its own.
func joined(channels bool) string {
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range scripts {
		if name == "channels" && !channels {
			continue
		}
		b.WriteString(asset("script/" + name + ".js"))
	}
	b.WriteString("})();\n")
	return b.String()
}

// policy is the content security policy: nothing is loaded but pictures inside
// the page, or beside it where they are linked, and nothing runs but this script.
func policy(style, script string, linked bool) string {
	images := "data:"
	if linked {
		images += " 'self' file:" // a page from disk is no origin of its own
	}
	return fmt.Sprintf("default-src 'none'; img-src %s; style-src %s; script-src %s; base-uri 'none'; form-action 'none'",
		images, source(style), source(script))
}

// source allows an inline element with this content.
func source(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func asset(name string) string {
	b, err := assets.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return string(b)
}
