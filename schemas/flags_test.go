package schemas

import (
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// typed are the files below the commands that write flags, and why: what they write is
// read by those who run the programs, whoever made it.
var typed = map[string]string{
	"schemas/verdict/verdict.go":           "sentences of pages and manifests",
	"schemas/verdict/clear.go":             "as verdict.go",
	"schemas/verdict/blur.go":              "as verdict.go",
	"schemas/verdict/orientation.go":       "as verdict.go",
	"transforms/reporting/commands.go":     "the commands that a page tells its reader to type",
	"transforms/reporting/references.go":   "the dash between the pages of an article",
	"transforms/data/images/bounds.go":     "lines of errors.jsonl",
	"transforms/data/images/joined.go":     "lines of errors.jsonl",
	"transforms/data/images/omeplanes.go":  "lines of errors.jsonl",
	"transforms/data/images/fit.go":        "lines of errors.jsonl",
	"transforms/data/images/images.go":     "lines of errors.jsonl",
	"transforms/data/images/named.go":      "lines of errors.jsonl",
	"transforms/data/images/numbers.go":    "lines of errors.jsonl, and a note of shards.json",
	"transforms/data/images/project.go":    "lines of errors.jsonl",
	"transforms/data/images/samples.go":    "lines of errors.jsonl",
	"transforms/data/listing/cells.go":     "lines of errors.jsonl",
	"transforms/data/records/parse.go":     "lines of _errors.jsonl",
	"transforms/sharding/convert.go":       "lines of errors.jsonl",
	"transforms/store/storetest/server.go": "arguments of another program",
	"transforms/training/fit/run.go":       "the reason for an early end that a model keeps",
}

// flagTyped is a flag as it is typed.
var flagTyped = regexp.MustCompile(`(^|[^-\w])--(?:%s|[a-z])`)

// TestMessagesNameFields reads the program: what is below the commands names what a user
// chooses as Config.Field, since a flag means nothing to a program that uses a package,
// and something else to another command. Package cli puts flags there.
func TestMessagesNameFields(t *testing.T) {
	found := map[string]bool{}
	program(t, func(name string, text []byte) {
		if strings.HasPrefix(name, "pipelines/") {
			return
		}
		inspect(t, name, text, func(n ast.Node) {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return
			}
			said, err := strconv.Unquote(lit.Value)
			if err != nil || !flagTyped.MatchString(said) && said != "--" {
				return
			}
			found[name] = true
			if typed[name] == "" {
				t.Errorf("%s names a flag: %q; name the field, Config.Field", name, said)
			}
		})
	})
	for name := range typed {
		if !found[name] {
			t.Errorf("%s writes no flags: take it off the list", name)
		}
	}
}
