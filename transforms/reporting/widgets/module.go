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
	return fmt.Sprintf("// %s: a figure of Exemplar, for anywidget and MyST. It loads nothing.\nconst data = %s;\nconst css = %s;\n%s%s", c.title, data, css, asset("script/"+c.name+".js"), script(c)), nil
}

// What common.js says of brightness, of gray and RGB images, and of those with channels.
const (
	oneScale = "one scale for all pictures, black is ${number(data.low)} and white is ${number(data.high)} of ${number(data.full)}."
	channels = "pictures are the sum of channels, each on a scale of its own for all: ${data.channels.map((c) => `${shown(c.name)} ${c.color || \"left out\"} from ${number(c.low)} to ${number(c.high)}`).join(\", \")}."
)

// script returns what all modules share, with the words for the images of a figure.
func script(c *content) string {
	if c.data["channels"] == nil {
		return common()
	}
	return strings.Replace(common(), oneScale, channels, 1)
}

func asset(name string) string {
	b, err := assets.ReadFile(name)
	if err != nil {
		panic(err) // embedded
	}
	return string(b)
}
