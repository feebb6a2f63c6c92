package caught

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// started are the files that start goroutines without this package's Group and Tasks, and
// what becomes of a panic there.
var started = map[string]string{
	"schemas/caught/caught.go":                  "kept for Wait",
	"transforms/parallel/parallel.go":           "rethrown by the consumer of Map",
	"transforms/dataset/epoch.go":               "rethrown by the consumer of Batches",
	"transforms/store/scan.go":                  "rethrown by the consumer of Scan",
	"transforms/lock/lease.go":                  "caught: a lock that is not renewed ends",
	"model/training/crew.go":                    "kept for the caller of each",
	"pipelines/internal/cli/door.go":            "becomes an error of the start",
	"pipelines/internal/cli/exit.go":            "it ends the program at a signal: nobody waits for it",
	"pipelines/internal/enginetest/dataflow.go": "of tests",
}

// TestGoroutinesAreGuarded reads the program: whatever starts a goroutine hands its
// panics on.
func TestGoroutinesAreGuarded(t *testing.T) {
	for _, root := range []string{"model", "pipelines", "schemas", "tfrecord", "transforms"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				return err
			}
			starts := false
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					starts = true
				case *ast.ImportSpec:
					starts = starts || n.Path.Value == `"golang.org/x/sync/errgroup"`
				case *ast.SelectorExpr:
					x, _ := n.X.(*ast.Ident)
					starts = starts || x != nil && x.Name == "sync" && n.Sel.Name == "WaitGroup"
				}
				return true
			})
			if _, known := started[strings.TrimPrefix(filepath.ToSlash(name), "../../")]; starts && !known {
				t.Errorf("%s starts goroutines whose panics would end the program with a page of stacks: use caught.Group or caught.Tasks", name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
