package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// built makes a house of packages, each a path, what it links, its doc and its source.
func built(t *testing.T, packages ...[4]string) *house {
	t.Helper()
	h := &house{module: "m", packages: map[string]*pkg{}}
	for _, of := range packages {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+of[3], 0)
		if err != nil {
			t.Fatal(err)
		}
		p := &pkg{path: of[0], links: map[string]bool{"m/" + of[0]: true}, doc: of[2], files: []*ast.File{f}}
		for _, path := range strings.Fields(of[1]) {
			p.links[path] = true
		}
		h.packages[p.path] = p
	}
	return h
}

const none = "What never enters: Beam, Gorgonia."

func TestSigns(t *testing.T) {
	for name, c := range map[string]struct {
		links, doc, source string
		want               string // part of the only problem, "" for none
	}{
		"as it says":      {"m/b", "Package a.\n\nWhat never\nenters: Beam, Gorgonia; what b says. Further.", "", ""},
		"no sentence":     {"", "Package a.", "", "does not say"},
		"Beam":            {"github.com/apache/beam/sdks/v2/go/pkg/beam", none, "", "Beam never enters, says the doc of transforms/a; it has github.com/apache/beam/"},
		"Beam unsaid":     {"", "What never enters: Gorgonia.", "", "links no Beam"},
		"Gorgonia unsaid": {"", "What never enters: Beam.", "", "links no Gorgonia"},
		"Gorgonia":        {"gorgonia.org/gorgonia", none, "", "Gorgonia never enters"},
		"house":           {"m/b", "What never enters: Beam, Gorgonia, b.", "", "b never enters"},
		"wing":            {"m/transforms/run/lock", "What never enters: Beam, Gorgonia, lock.", "", "lock never enters"},
		"folder":          {"m/transforms/run/lock", "What never enters: Beam, Gorgonia, run.", "", "run never enters"},
		"like a prefix":   {"m/transforms/runner", "What never enters: Beam, Gorgonia, run.", "", ""},
		"unknown":         {"", "What never enters: Beam, Gorgonia, Baem.", "", `"Baem"`},
		"prose":           {"", "What never enters: Beam, Gorgonia; figures, and flags.", "", "flags never enters, but behind the semicolon"},
		"flags":           {"", "What never enters: Beam, Gorgonia, flags.", "var x = \"give --input\"", "flags never enters"},
		"dashes":          {"", "What never enters: Beam, Gorgonia, flags.", "var x = \"a--b -- c\"", ""},
		"flag":            {"", "What never enters: Beam, Gorgonia, flags.", "import \"flag\"", "flags never enters"},
		"printing":        {"", "What never enters: Beam, Gorgonia, printing.", "import \"os\"\nvar x = os.Stderr", "printing never enters"},
		"files":           {"", "What never enters: Beam, Gorgonia, files.", "import \"os\"\nvar x = os.ReadFile", "files never enters"},
		"files below":     {"m/b", "What never enters: Beam, Gorgonia, files.", "", "os.Create in b"},
		"other modules":   {"fmt m/b", "What never enters: Beam, Gorgonia, other modules.", "", ""},
		"module":          {"golang.org/x/sys/unix", "What never enters: Beam, Gorgonia, other modules.", "", "other modules never enters"},
	} {
		h := built(t, [4]string{"transforms/a", c.links, c.doc, c.source},
			[4]string{"b", "", none, "import \"os\"\nvar x = os.Create"},
			[4]string{"transforms/run/lock", "", none, ""}, [4]string{"transforms/runner", "", none, ""})
		problems := h.signs()
		if !strings.HasPrefix(c.want, "links no") { // which is so as well of a doc that cannot be read
			problems = slices.DeleteFunc(problems, func(p string) bool { return c.want != "" && strings.Contains(p, "it links no") })
		}
		if c.want == "" && len(problems) > 0 || c.want != "" && (len(problems) != 1 || !strings.Contains(problems[0], c.want)) {
			t.Errorf("%s: %q, want %q", name, problems, c.want)
		}
	}
}

// TestBelow: a sentence may speak of all packages below but some.
func TestBelow(t *testing.T) {
	above := [4]string{"a", "", "What never enters here or below: Gorgonia but in training. What never enters: Beam.", ""}
	problems := built(t, above,
		[4]string{"a/b", "gorgonia.org/gorgonia", "What never enters: Beam.", ""},
		[4]string{"a/training/fit", "gorgonia.org/gorgonia", "What never enters: Beam.", ""},
		[4]string{"a/trainingday", "gorgonia.org/gorgonia", "What never enters: Beam.", ""},
		[4]string{"a/c", "", "What never enters: Beam.", ""}).signs()
	slices.Sort(problems)
	if len(problems) != 2 || !strings.HasPrefix(problems[0], "a/b: Gorgonia") || !strings.HasPrefix(problems[1], "a/trainingday: Gorgonia") {
		t.Errorf("%q", problems)
	}
}

func TestDoors(t *testing.T) {
	doc := "# Map\n\n\ta Open the first\n\ttransforms/b T.Do the second\n\tlost Open gone\n\tc Shut no door\n\tc - twice\n\td Open\n"
	problems := built(t, [4]string{"transforms", "", doc, ""},
		[4]string{"a", "", "", "func Open() {}"}, [4]string{"transforms/b", "", "", "type T[A any] struct{}\nfunc (t *T[A]) Do() {}"},
		[4]string{"c", "", "", ""}, [4]string{"d", "", "", "func Open() {}"}).doors()
	slices.Sort(problems)
	want := []string{"d: it is not on the map", `transforms: "d Open"`, "transforms: the map has a line for lost", "transforms: the map has two lines for c", "transforms: the map says that the door of c is Shut"}
	if len(problems) != len(want) {
		t.Fatalf("%q", problems)
	}
	for i := range want {
		if !strings.HasPrefix(problems[i], want[i]) {
			t.Errorf("%q, want %q", problems[i], want[i])
		}
	}
}
