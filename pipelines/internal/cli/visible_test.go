package cli

import (
	"bytes"
	"testing"
)

// TestVisible: nothing in a name acts on a terminal, and nothing else is changed.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"two lines\n\tof 細胞 ä🙂":        "two lines\n\tof 細胞 ä🙂",
		"\x1b[31mred\a":                `\x1b[31mred\a`,
		"a\u202egnp.exe":               `a\u202egnp.exe`,
		"\u2066x\u2069\u200f\u061c":    `\u2066x\u2069\u200f\u061c`,
		"\x9b0m \u009b0m \r \x7f \x00": `\x9b0m \u009b0m \r \x7f \x00`,
	} {
		var b bytes.Buffer
		n, err := (&output{to: &b}).Write([]byte(text))
		if b.String() != want || n != len(text) || err != nil {
			t.Errorf("%q becomes %q (%d of %d bytes, %v), want %q", text, b.String(), n, len(text), err, want)
		}
	}
}
