package deepzoom

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// policyMark is where the policy goes, which depends on the rest of the page.
const policyMark = "<!-- policy -->"

var (
	inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
	inlineStyle  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	viewerStyle  = regexp.MustCompile(`\.textContent="(@media[^"\\]*)"`) // that the viewer makes
)

// withPolicy puts a content security policy into a page: nothing is loaded but from
// beside it (file: for a page from disk, which is no origin of its own), and nothing
// runs but its script, the viewer and the index. The style that the viewer adds to the
// page is allowed as well.
func withPolicy(page string) []byte {
	policy := fmt.Sprintf("default-src 'none'; img-src 'self' file: data:; style-src %s; script-src 'self' file: %s; base-uri 'none'; form-action 'none'",
		sources(inlineStyle, page)+" "+sources(viewerStyle, string(viewer)), sources(inlineScript, page))
	return []byte(strings.Replace(page, policyMark, `<meta http-equiv="Content-Security-Policy" content="`+policy+`">`, 1))
}

// sources allows the inline elements of a page, or of what a script makes.
func sources(elements *regexp.Regexp, text string) string {
	var all []string
	for _, m := range elements.FindAllStringSubmatch(text, -1) {
		sum := sha256.Sum256([]byte(m[1]))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return strings.Join(all, " ")
}
