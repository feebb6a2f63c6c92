package deepzoom

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestPolicy: the policy allows the inline elements of the page as they are, and no
// other.
func TestPolicy(t *testing.T) {
	page := string(withPolicy(policyMark + "<style>a</style><script src=\"x.js\"></script><script>b</script>"))
	for _, want := range []string{
		`content="default-src 'none'; `,
		"style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=' 'sha256-9xTiqzfwFaL2SGb1rmr8gysEwVVjIvqWAgmZgqFqpEE=';", // as browsers ask for,
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

// TestUnseenNames: the index has names as they are, and the page the script that shows
// them, which the policy allows; without such a name the page has no such script.
func TestUnseenNames(t *testing.T) {
	const name, mark = "a\u202egnp\x1b.tif", "new MutationObserver"
	for _, change := range []func(groups []Group){
		func([]Group) {},
		func(groups []Group) { groups[1].Images[2].ID = name },
		func(groups []Group) { groups[1].Name = name },
	} {
		groups := groupsOf(3, 4)
		change(groups)
		changed := groups[1].Images[2].ID == name || groups[1].Name == name
		c := Config{Shape: schemas.ImageShape{Height: 4, Width: 4, Channels: 1, Bits: 8}, Title: "of a\u200b1"}
		_, dir := written(t, c, groups)
		data, err := os.ReadFile(filepath.Join(dir, PageFile))
		if err != nil {
			t.Fatal(err)
		}
		page := string(data)
		if !strings.Contains(page, `<title>of a\u200b1: contact sheet</title>`) {
			t.Error("the title is not shown")
		}
		scripts := inlineScript.FindAllStringSubmatch(page, -1)
		if got := strings.Contains(scripts[0][1], mark); got != changed || len(scripts) > 1 != changed {
			t.Errorf("a name that is not seen: %v; script that shows it: %v, %d scripts", changed, got, len(scripts))
		}
		if !strings.Contains(page, "file: "+sources(inlineScript, page)+";") {
			t.Error("the policy does not allow the scripts")
		}
		index, err := os.ReadFile(filepath.Join(dir, IndexDir, "0.js"))
		if err != nil {
			t.Fatal(err)
		}
		if groups[1].Images[2].ID == name && !strings.Contains(string(index), `"a`+"\u202e"+`gnp\u001b.tif"`) {
			t.Errorf("the index holds another name: %s", index)
		}
	}
}
