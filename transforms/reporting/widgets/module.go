package widgets

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"exemplar/transforms/reporting/shown"
)

//go:embed script preview.html
var assets embed.FS

// unseenMark is where the characters that are not seen go in common.js.
const unseenMark = "{{unseen}}"

// common is what all modules share.
var common = sync.OnceValue(func() string { return strings.Replace(asset("script/common.js"), unseenMark, shown.Class(), 1) })

// style returns the style sheet of a module.
func style() string { return asset("script/style.css") }

// module returns the ES module of a figure. JSON as encoding/json writes it is an
// expression of JavaScript, without the characters that end an element of HTML.
func module(c *content) (string, error) {
	data, err := json.Marshal(c.data)
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", c.name, err)
	}
	css, err := json.Marshal(style())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("// %s: a figure of Exemplar, for anywidget and MyST. It loads nothing.\nconst data = %s;\nconst css = %s;\n%s%s", c.title, data, css, asset("script/"+c.name+".js"), common()), nil
}

func asset(name string) string {
	b, err := assets.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return string(b)
}
