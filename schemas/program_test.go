package schemas

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// program calls f with every file of the program that is no test, by its name below the
// root of the module.
func program(t *testing.T, f func(name string, text []byte)) {
	root := os.DirFS("..")
	for _, dir := range []string{"model", "pipelines", "schemas", "tfrecord", "transforms"} {
		err := fs.WalkDir(root, dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if err == nil {
				f(name, text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// inspect calls f with all that a file consists of.
func inspect(t *testing.T, name string, text []byte, f func(n ast.Node)) {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool { f(n); return true })
}

// member returns the names of a selector of a package: "json" and "Unmarshal".
func member(s *ast.SelectorExpr) (of, name string) {
	if x, ok := s.X.(*ast.Ident); ok {
		of = x.Name
	}
	return of, s.Sel.Name
}

// translated are the files that decode JSON without showing the error: what they
// read is the program's own, of this process, or a fault means "not there".
var translated = map[string]string{
	"model/keras/config.go":                      "", // each call goes through it, or names the field
	"transforms/selection/clustering/scan.go":    "of this process",
	"transforms/selection/clustering/survey.go":  "of this process",
	"transforms/verifying/grade.go":              "of this process",
	"transforms/run/lock/owner.go":               "not there",
	"transforms/data/records/index.go":           "not there",
	"transforms/data/images/describe.go":         "not there",
	"transforms/data/listing/own.go":             "not there",
	"transforms/verifying/indexes.go":            "not there",
	"transforms/run/redact/args.go":              "not there",
	"transforms/importing/run.go":                "not there",
	"transforms/data/modeldir/modeldir.go":       "not there",
	"transforms/reporting/publish/earlier.go":    "not there",
	"transforms/data/sample/sample.go":           "not there",
	"pipelines/internal/cli/runner/beamflags.go": "not there",
	"pipelines/internal/enginetest/dataflow.go":  "of tests",
}

// TestErrorsAreTranslated reads the program: whatever decodes JSON shows its errors
// through JSONError, or is known not to show them.
func TestErrorsAreTranslated(t *testing.T) {
	program(t, func(name string, text []byte) {
		if _, known := translated[name]; known || !bytes.Contains(text, []byte(`"encoding/json"`)) || bytes.Contains(text, []byte("JSONError(")) {
			return
		}
		inspect(t, name, text, func(n ast.Node) {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if of, call := member(s); of == "json" && (call == "Unmarshal" || call == "NewDecoder") {
					t.Errorf("%s decodes JSON, but shows its errors without schemas.JSONError", name)
				}
			}
		})
	})
}

// started are the files that start goroutines without Group and Tasks of package caught, and
// what becomes of a panic there.
var started = map[string]string{
	"schemas/caught/caught.go":                  "kept for Wait",
	"transforms/run/parallel/parallel.go":       "rethrown by the consumer of Map",
	"transforms/data/dataset/epoch.go":          "rethrown by the consumer of Batches",
	"transforms/store/scan.go":                  "rethrown by the consumer of Scan",
	"transforms/run/lock/lease.go":              "caught: a lock that is not renewed ends",
	"model/training/crew.go":                    "kept for the caller of each",
	"pipelines/internal/cli/runner/door.go":     "becomes an error of the start",
	"pipelines/internal/cli/exit.go":            "it ends the program at a signal: nobody waits for it",
	"pipelines/internal/enginetest/dataflow.go": "of tests",
}

// TestGoroutinesAreGuarded reads the program: whatever starts a goroutine hands its
// panics on.
func TestGoroutinesAreGuarded(t *testing.T) {
	program(t, func(name string, text []byte) {
		if _, known := started[name]; known {
			return
		}
		starts := false
		inspect(t, name, text, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.GoStmt:
				starts = true
			case *ast.ImportSpec:
				starts = starts || n.Path.Value == `"golang.org/x/sync/errgroup"`
			case *ast.SelectorExpr:
				of, what := member(n)
				starts = starts || of == "sync" && what == "WaitGroup"
			}
		})
		if starts {
			t.Errorf("%s starts goroutines whose panics would end the program with a page of stacks: use caught.Group or caught.Tasks", name)
		}
	})
}

// launched are the files that print how a step of its own program is started, and why.
var launched = map[string]string{
	"pipelines/internal/cli/cli.go": "the help of go run ./pipelines/shard is called as its user called it",
}

// TestStepsAreNamedAsCommands reads the program: a message names a step by the command
// that runs it in any folder, "exemplar shard", and not by its folder in the repository.
func TestStepsAreNamedAsCommands(t *testing.T) {
	for name := range launched {
		if _, err := os.Stat("../" + name); err != nil {
			t.Error(err)
		}
	}
	program(t, func(name string, text []byte) {
		if _, known := launched[name]; known {
			return
		}
		inspect(t, name, text, func(n ast.Node) {
			if s, ok := n.(*ast.BasicLit); ok && strings.Contains(s.Value, "pipelines/") && !strings.HasPrefix(s.Value, `"exemplar/pipelines/`) {
				t.Errorf("%s: %s names a step by its folder: write exemplar and its name", name, s.Value)
			}
		})
	})
}
