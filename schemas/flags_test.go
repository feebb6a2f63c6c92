package schemas

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// typed are the files below the commands that write flags, and why: what they write is
// read by those who run the programs, whoever made it.
var typed = map[string]string{
	"schemas/verdict/verdict.go":           "sentences of pages and manifests",
	"transforms/reporting/commands.go":     "the commands that a page tells its reader to type",
	"transforms/reporting/references.go":   "the dash between the pages of an article",
	"transforms/store/storetest/server.go": "arguments of another program",
	"transforms/training/fit/run.go":       "the reason for an early end that a model keeps",
}

// unnamed are the packages whose messages name flags and not yet fields.
var unnamed = []string{
	"model/keras",
	"schemas",
	"transforms/data/dataset",
	"transforms/data/images",
	"transforms/data/latents",
	"transforms/data/listing",
	"transforms/data/records",
	"transforms/encoding",
	"transforms/exporting",
	"transforms/importing",
	"transforms/ingesting",
	"transforms/run/lock",
	"transforms/run/outdir",
	"transforms/run/preflight",
	"transforms/sharding",
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
			found[name], found[path.Dir(name)] = true, true
			if typed[name] == "" && !slices.Contains(unnamed, path.Dir(name)) {
				t.Errorf("%s names a flag: %q; name the field, Config.Field", name, said)
			}
		})
	})
	for _, name := range unnamed {
		if !found[name] {
			t.Errorf("%s names no flags any more: take it off the list", name)
		}
	}
	for name := range typed {
		if !found[name] {
			t.Errorf("%s writes no flags: take it off the list", name)
		}
	}
}
