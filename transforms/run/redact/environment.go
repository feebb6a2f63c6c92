package redact

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// secretVariable are the environment variables that hold secrets, going by their
// names; notSecret those of them that say where one is.
var (
	secretVariable = regexp.MustCompile(`(?i)passw(or)?d|passphrase|secret|token|credential|_pass$|(^|_)key(_id)?$|api_?key|access_?key|private_?key|authorization`)
	notSecret      = regexp.MustCompile(`(?i)^google_application_credentials$|_(file|path|dir|folder|sock|url|uri|endpoint|region)$`)
)

// shortest is the length below which a value is no secret: it would be found in
// words that have nothing to do with it.
const shortest = 8

// values hides the values of secret environment variables in text.
func values(text string) string {
	if len(text) < shortest {
		return text
	}
	for _, v := range secretValues() {
		text = strings.ReplaceAll(text, v, Hidden)
	}
	return text
}

// secretValues returns the values to hide, the longest first: one may hold another.
func secretValues() []string {
	var all []string
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		value = strings.TrimSpace(value)
		if len(value) < shortest || !secretVariable.MatchString(name) || notSecret.MatchString(name) {
			continue
		}
		if _, err := os.Stat(value); err == nil { // where a secret is, not what it is
			continue
		}
		all = append(all, value)
		if escaped := url.QueryEscape(value); escaped != value {
			all = append(all, escaped)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
