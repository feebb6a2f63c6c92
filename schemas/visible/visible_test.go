package visible

import "testing"

// TestText: nothing in a name acts on what shows it, nothing hides in it, and nothing
// else is changed.
func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"two lines\n\tof 細胞 ä🙂":        "two lines\n\tof 細胞 ä🙂",
		"e\u0301 \u2764\ufe0f \u0600":  "e\u0301 \u2764\ufe0f \u0600", // accents, variants and number signs are seen
		"\x1b[31mred\a":                `\x1b[31mred\a`,
		"a\u202egnp.exe":               `a\u202egnp.exe`,
		"\u2066x\u2069\u200f\u061c":    `\u2066x\u2069\u200f\u061c`,
		"\x9b0m \u009b0m \r \x7f \x00": `\x9b0m \u009b0m \r \x7f \x00`,
		"G\u200b1\u200c\u200d\u2060":   `G\u200b1\u200c\u200d\u2060`,
		"\ufeffG\u00ad1\u2028\u3164":   `\ufeffG\u00ad1\u2028\u3164`,
		"G\U000e0041":                  `G\U000e0041`,
	} {
		if got := Text(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
