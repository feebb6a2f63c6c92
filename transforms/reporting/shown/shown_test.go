package shown

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"exemplar/schemas/visible"
)

// TestNeeded: exactly JSON with unseen characters needs the script.
func TestNeeded(t *testing.T) {
	for text, want := range map[string]bool{
		`C:\runs\beta\u202e<b>&` + "\n\t ä細胞🙂": false, // backslashes of its own
		"a\u202egnp":   true,
		"\x1b[31m":     true,
		"\r":           true,
		"\b":           true,
		"\f":           true,
		"\x7f":         true,
		"\u0085":       true,
		"\u2028":       true,
		"G\u200b1":     true,
		"\U000e0041":   true,
		"\u2764\ufe0f": false,
		"\xff":         false, // JSON has U+FFFD in its place, which is seen
	} {
		data, err := json.Marshal(map[string][]string{"names": {"a", text}})
		if err != nil {
			t.Fatal(err)
		}
		if got := Needed(data); got != want {
			t.Errorf("%s: %v, want %v", data, got, want)
		}
	}
}

// TestScript: the script knows exactly the characters that are not seen, and holds
// nothing that ends its element.
func TestScript(t *testing.T) {
	s := Script()
	if strings.Contains(s, classMark) || strings.Contains(s, "</") || strings.Contains(s, "<!--") {
		t.Error("the script is not ready for a page")
	}
	found := regexp.MustCompile(`const unseen = /(\[.*?\])/gu;`).FindStringSubmatch(s)
	if found == nil {
		t.Fatal("the script has no class of unseen characters")
	}
	class := regexp.MustCompile(strings.ReplaceAll(found[1], `\u{`, `\x{`))
	for r := rune(0); r <= unicode.MaxRune; r += 1 + r/0x4000*7 {
		if got := class.MatchString(string(r)); got != visible.Unseen(r) {
			t.Errorf("%U: %v", r, got)
		}
	}
}
