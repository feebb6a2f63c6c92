package main

import (
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// known are the words that are no package of the house. Each returns what of a package
// shows that it enters, or "".
var known = map[string]func(h *house, p *pkg) string{
	"Beam":          linked("github.com/apache/beam/"),
	"Parquet":       linked("github.com/parquet-go/"),
	"Gorgonia":      linked("gorgonia.org/"),
	"plots":         linked("gonum.org/v1/plot", "gonum.org/v1/plot/"),
	"networks":      linked("net", "net/http"),
	"other modules": func(_ *house, p *pkg) string { return first(p.links, foreign) },
	"test helpers": func(_ *house, p *pkg) string {
		return first(p.links, regexp.MustCompile(`/(storetest|runtest|vectorstest|enginetest|e2e)$|fake-gcs-server|^testing$`).MatchString)
	},
	"flags":    func(_ *house, p *pkg) string { return p.found(flags) },
	"printing": func(_ *house, p *pkg) string { return p.found(printing) },
	"files": func(h *house, p *pkg) string {
		if at := first(p.links, func(path string) bool { return path == h.module+"/transforms/store" }); at != "" {
			return at
		}
		for at, other := range h.packages {
			if p.links[h.module+"/"+at] {
				if found := other.found(files); found != "" {
					return found + " in " + at
				}
			}
		}
		return ""
	},
}

// enters returns what of a package shows that something enters it, or "". ok reports
// whether the word is known.
func (h *house) enters(p *pkg, word string) (found string, ok bool) {
	if f := known[word]; f != nil {
		return f(h, p), true
	}
	folder, ok := h.named(word)
	return first(p.links, func(path string) bool { return within(path, h.module+"/"+folder) }), ok
}

// linked finds packages with these import paths, and those below one that ends in a slash.
func linked(paths ...string) func(*house, *pkg) string {
	return func(_ *house, p *pkg) string {
		return first(p.links, func(at string) bool {
			return slices.ContainsFunc(paths, func(path string) bool {
				return at == path || strings.HasSuffix(path, "/") && strings.HasPrefix(at, path)
			})
		})
	}
}

// foreign reports whether an import path is neither of the house nor of Go itself.
func foreign(path string) bool {
	root, _, _ := strings.Cut(path, "/")
	return strings.Contains(root, ".")
}

// first returns the first of the paths that is so.
func first(paths map[string]bool, is func(string) bool) string {
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if is(path) {
			return path
		}
	}
	return ""
}

// found returns the first piece of the package's own source that a function names.
func (p *pkg) found(what func(ast.Node) string) (found string) {
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if found == "" && n != nil {
				found = what(n)
			}
			return found == ""
		})
	}
	return found
}

// flagName is a flag in a message.
var flagName = regexp.MustCompile(`(^|[\s(,"'])--[a-z][a-z_]+`)

// flags finds what reads flags or names them.
func flags(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		if n.Path.Value == `"flag"` {
			return n.Path.Value
		}
	case *ast.BasicLit:
		if n.Kind == token.STRING && flagName.MatchString(n.Value) {
			return n.Value
		}
	}
	return ""
}

// printing finds what writes to the terminal.
func printing(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ImportSpec:
		if n.Path.Value == `"log"` {
			return n.Path.Value
		}
	case *ast.SelectorExpr:
		return member(n, map[string]string{"fmt": "Print Printf Println", "os": "Stdout Stderr"})
	}
	return ""
}

// files finds what opens or changes a file.
func files(n ast.Node) string {
	if s, ok := n.(*ast.SelectorExpr); ok {
		return member(s, map[string]string{"os": "Open OpenFile OpenRoot OpenInRoot Create CreateTemp ReadFile WriteFile ReadDir DirFS Mkdir MkdirAll MkdirTemp Remove RemoveAll Rename Link Symlink Truncate Stat Lstat"})
	}
	return ""
}

// member returns the selector as text if it is one of the names of a package.
func member(s *ast.SelectorExpr, of map[string]string) string {
	x, ok := s.X.(*ast.Ident)
	if ok && slices.Contains(strings.Fields(of[x.Name]), s.Sel.Name) {
		return x.Name + "." + s.Sel.Name
	}
	return ""
}
