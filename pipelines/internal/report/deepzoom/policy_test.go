package deepzoom

import (
	"strings"
	"testing"
)

// TestPolicy: the policy allows the inline elements of the page as they are, and no
// other.
func TestPolicy(t *testing.T) {
	page := string(withPolicy(policyMark + "<style>a</style><script src=\"x.js\"></script><script>b</script>"))
	for _, want := range []string{
		`content="default-src 'none'; `,
		"style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=';",
		"script-src 'self' file: 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=';",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s lacks %s", page, want)
		}
	}
	if strings.Contains(page, "unsafe") || strings.Contains(page, policyMark) {
		t.Error(page)
	}
}
